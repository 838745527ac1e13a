import { randomBytes } from 'node:crypto';
import type { Route, Upgrade } from '../http.ts';
import { type Clock, systemClock } from '../ports/clock.ts';
import { guarded, isWelcome } from './door.ts';
import { readManifest } from './manifest.ts';
import { type Oddities, OddityBook } from './oddities.ts';
import { pageRoutes } from './page/routes.ts';
import { peopleRoutes } from './people/routes.ts';
import type { Scenarios } from './scenarios.ts';
import { announceChanges } from './socket/announcer.ts';
import { OneTimeKeys } from './socket/one-time-keys.ts';
import { SOCKET_PATH, SocketMode } from './socket/socket-mode.ts';
import type { Site } from './web-api/method.ts';
import { slackRoutes } from './web-api/routes.ts';
import { Archive } from './workspace/archive.ts';
import { Files } from './workspace/files.ts';
import { type Channel, DEFAULT_CHANNELS } from './workspace/identities.ts';
import { Workspace } from './workspace/workspace.ts';

export type PlaygroundOptions = {
  readonly scenarios: Scenarios;
  /** Where `playground.db` goes; without it nothing outlives the process. */
  readonly folder?: string;
  /** The app's manifest: scopes, events and commands are taken from it. Without a file everything is allowed. */
  readonly manifest?: string;
  /** `Host` names to answer to besides this machine's own; `*` for any. */
  readonly allowedHosts?: readonly string[];
  /** Where incidents go; made when it is not among the channels. Default: `incidents`. */
  readonly defaultChannel?: string;
  readonly channels?: readonly Omit<Channel, 'id'>[];
  readonly clock?: Clock;
  /** How long Slack looks at an uploaded file before it may stand in a message. Default: 150 ms. */
  readonly fileDelayMs?: number;
  /** How long the bot may take to acknowledge. Default: Slack's three seconds. */
  readonly ackTimeoutMs?: number;
  /** Waits before an event that nobody acknowledged comes again. Default: Slack's at once, a minute, five minutes. */
  readonly redeliverAfterMs?: readonly number[];
  /** After how long a socket is asked to reconnect. Default: never. */
  readonly refreshAfterMs?: number;
  readonly keepMessages?: number;
  readonly keepBytes?: number;
  /** Seconds with which a Web API call is answered 429, for tests. */
  readonly limit?: (method: string) => number | undefined;
};

export type Playground = {
  readonly routes: readonly Route[];
  readonly upgrades: readonly Upgrade[];
  /** The path that `slackApiUrl` points at, as `http://127.0.0.1:3000/playground/slack/api/`. */
  readonly slackApiPath: string;
  readonly botToken: string;
  readonly appToken: string;
  readonly defaultChannel: string;
  oddities(): Oddities;
  /** Asks the connected bot to connect anew, as Slack does now and then. */
  refreshSockets(): void;
  close(): void;
};

const SLACK_API_PATH = '/playground/slack/api/';

/**
 * A stand-in for Slack on this machine, strict where Slack is strict, with one page to look at it:
 *
 *     people ── page, JSON API ──▶ workspace ◀── Web API ── the unmodified bot
 *                                      │                        ▲
 *                                      └── events, clicks ── Socket Mode
 *
 * Tokens are made anew for every process. Throws a `Failure` of kind `misconfigured` for a manifest that is none.
 */
export function createPlayground(options: PlaygroundOptions): Playground {
  const clock = options.clock ?? systemClock;
  const grant = readManifest(options.manifest);
  const channels = options.channels ?? DEFAULT_CHANNELS;
  const defaultChannel = (options.defaultChannel ?? 'incidents').replace(/^#/, '');
  const incidents = { name: defaultChannel, purpose: 'What is broken right now, and why', joined: true };
  const archive = new Archive(options.folder);
  const workspace = new Workspace({
    archive,
    clock,
    botName: grant.botName,
    channels: channels.some((one) => one.name === defaultChannel) ? channels : [incidents, ...channels],
    keepMessages: options.keepMessages ?? 2_000,
  });
  const files = new Files({ archive, clock, keepBytes: options.keepBytes ?? 256 * 1024 * 1024 });
  const timers = new Set<NodeJS.Timeout>();
  const later = (work: () => void, delayMs: number) => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      work();
    }, delayMs);
    timers.add(timer.unref());
  };
  const socket = new SocketMode({
    ackTimeoutMs: options.ackTimeoutMs ?? 3_000,
    redeliverAfterMs: options.redeliverAfterMs ?? [0, 60_000, 300_000],
    ...(options.refreshAfterMs === undefined ? {} : { refreshAfterMs: options.refreshAfterMs }),
    later,
  });
  const keys = new OneTimeKeys();
  const oddities = new OddityBook();
  const site: Site = {
    workspace,
    files,
    grant,
    oddities,
    fileDelayMs: options.fileDelayMs ?? 150,
    later,
    socketPath: () => socket.ticket(),
    spendTrigger: (id) => keys.spendTrigger(id),
  };
  const stage = { site, workspace, grant, socket, keys };
  const botToken = `xoxb-playground-${randomBytes(12).toString('hex')}`;
  const appToken = `xapp-playground-${randomBytes(12).toString('hex')}`;
  const stopAnnouncing = announceChanges(workspace, files, grant, socket);
  const page = pageRoutes({ stage, scenarios: options.scenarios, defaultChannel });
  const web = slackRoutes({
    site,
    botToken,
    appToken,
    keys,
    apiPath: SLACK_API_PATH,
    ...(options.limit === undefined ? {} : { limit: options.limit }),
  });
  const allowed = options.allowedHosts ?? [];
  const everything = [...web, ...peopleRoutes(stage, options.scenarios, defaultChannel), ...page.routes];

  return {
    routes: everything.map((route) => guarded(route, allowed)),
    upgrades: [
      {
        path: SOCKET_PATH,
        handle(request, stream, head) {
          if (isWelcome(request, allowed)) socket.upgrade(request, stream, head);
          else stream.end('HTTP/1.1 401 Unauthorized\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
        },
      },
    ],
    slackApiPath: SLACK_API_PATH,
    botToken,
    appToken,
    defaultChannel,
    oddities: () => oddities.read(),
    refreshSockets: () => socket.refresh(),
    close() {
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
      stopAnnouncing();
      page.close();
      socket.close();
      archive.close();
    },
  };
}
