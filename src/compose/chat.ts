import { setTimeout as sleep } from 'node:timers/promises';
import type { ChatConfig } from '../config.ts';
import { Failure } from '../failure.ts';
import { type Route, sendJson } from '../http.ts';
import type { Chat } from '../ports/chat.ts';
import type { Clock } from '../ports/clock.ts';
import type { Intake } from '../ports/intake.ts';
import type { Log } from '../ports/log.ts';
import type { Questions } from '../ports/questions.ts';
import { createSlackApp, type SlackApp } from '../slack/app.ts';

export type SlackAccess = Extract<ChatConfig, { kind: 'slack' }>;

/**
 * Slack, which may come later than the bot: while it cannot be reached, webhooks are taken in and queued all the same, and
 * the way in is tried again until it opens or turns out to be locked.
 */
export type Connection = {
  readonly chat: Chat;
  /** What must be mounted before Slack is there. */
  readonly routes: readonly Route[];
  connected(): boolean;
  /** Resolves after the first try; goes on trying in the background if Slack was out of reach. Throws when a token is bad. */
  connect(access: SlackAccess): Promise<void>;
  stop(drainMs: number): Promise<void>;
};

export function slackConnection(parts: {
  readonly intake: Intake;
  readonly questions: Questions;
  readonly clock: Clock;
  readonly log: Log;
}): Connection {
  const { log } = parts;
  const stopping = new AbortController();
  let app: SlackApp | undefined;

  async function open(access: SlackAccess): Promise<void> {
    const { kind: _, apiUrl, ...rest } = access;
    const fresh = await createSlackApp({ ...parts, ...rest, ...(apiUrl === undefined ? {} : { apiUrl }) });
    await fresh.start();
    app = fresh;
  }

  async function keepTrying(access: SlackAccess): Promise<void> {
    for (let waitMs = 1_000; !stopping.signal.aborted; waitMs = Math.min(2 * waitMs, 60_000)) {
      await sleep(waitMs, undefined, { signal: stopping.signal }).catch(() => {});
      if (stopping.signal.aborted) return;
      try {
        return await open(access);
      } catch (thrown) {
        const failure = Failure.from(thrown);
        log.warn({ reason: failure.message, hint: failure.hint }, 'Slack is still out of reach');
      }
    }
  }

  const there = (): SlackApp => {
    if (app !== undefined) return app;
    throw new Failure(
      'unreachable',
      'The bot is not connected to Slack yet.',
      'Nothing is lost: it goes on as soon as Slack answers.',
    );
  };

  return {
    chat: {
      open: (...given) => there().chat.open(...given),
      amend: (...given) => there().chat.amend(...given),
      reply: (...given) => there().chat.reply(...given),
      upload: (...given) => there().chat.upload(...given),
      find: (...given) => there().chat.find(...given),
      permalink: (...given) => there().chat.permalink(...given),
    },
    routes: [
      {
        method: 'POST',
        path: '/slack/events',
        handle: (exchange) => {
          const route = app?.routes.find(({ path }) => path === '/slack/events');
          if (route !== undefined) return route.handle(exchange);
          // Slack sends again what is answered 503, so an event that comes too early is not lost.
          exchange.request.resume();
          sendJson(exchange.response, app === undefined ? 503 : 404, {
            error: app === undefined ? 'not connected to Slack yet' : 'events come over Socket Mode',
          });
        },
      },
    ],
    connected: () => app !== undefined,
    connect: async (access) => {
      try {
        await open(access);
      } catch (thrown) {
        const failure = Failure.from(thrown);
        if (!failure.retryable) throw failure;
        log.warn({ reason: failure.message, hint: failure.hint }, 'Slack is out of reach; trying again');
        void keepTrying(access);
      }
    },
    stop: async (drainMs) => {
      stopping.abort();
      await app?.stop(drainMs);
    },
  };
}
