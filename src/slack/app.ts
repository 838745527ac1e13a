import { App } from '@slack/bolt';
import { z } from 'zod';
import { Failure } from '../failure.ts';
import type { Route } from '../http.ts';
import type { Chat } from '../ports/chat.ts';
import type { Clock } from '../ports/clock.ts';
import type { Intake } from '../ports/intake.ts';
import type { Log } from '../ports/log.ts';
import type { Questions } from '../ports/questions.ts';
import { boltLogger, redacted } from './bolt-logger.ts';
import { httpMode } from './http-mode.ts';
import { listen } from './listeners.ts';
import { attendant, deliveries, type InFlight, inFlight } from './listening.ts';
import { SCOPES } from './scopes.ts';
import { socketMode } from './socket-mode.ts';
import { slackSurface } from './surface.ts';
import type { Transport } from './transport.ts';
import { type CallSlack, clientOptions, webApi } from './web-api.ts';

export type SlackOptions = {
  readonly mode: 'socket' | 'http';
  /** `xoxb-…` */
  readonly botToken: string;
  /** `xapp-…`, for Socket Mode. */
  readonly appToken?: string;
  /** For HTTP mode. */
  readonly signingSecret?: string;
  /** Base of another server that speaks Slack's Web API, as `http://127.0.0.1:3000/api/`. */
  readonly apiUrl?: string;
  readonly intake: Intake;
  readonly questions: Questions;
  readonly log: Log;
  readonly clock: Clock;
};

export type SlackHealth = { readonly ok: boolean; readonly detail: string; readonly hint?: string };

export type SlackApp = {
  readonly chat: Chat;
  /** What to mount on the HTTP server: `POST /slack/events` in HTTP mode, nothing in Socket Mode. */
  readonly routes: readonly Route[];
  /** Resolves once events arrive; throws a `Failure` when Slack does not let us in. */
  start(): Promise<void>;
  /** Takes no more events, then waits at most `drainMs` for what is under way. Resolves with how much was left undone. */
  stop(drainMs: number): Promise<number>;
  /** Whether the token is good and every scope granted, for `/readyz` and `doctor`. Never throws but for an abort. */
  check(signal: AbortSignal): Promise<SlackHealth>;
  /** Listeners that acknowledged and still work. */
  readonly inFlight: number;
};

const identity = z.object({
  user_id: z.string(),
  bot_id: z.string().optional(),
  team: z.string().optional(),
  response_metadata: z.object({ scopes: z.array(z.string()).optional() }).optional(),
});

/**
 * Connects the bot to Slack. Asks auth.test who the bot is before anything else, so that a bad token is a `Failure` with a
 * hint here rather than an unhandled rejection inside Bolt.
 */
export async function createSlackApp(options: SlackOptions): Promise<SlackApp> {
  const { log, clock, apiUrl } = options;
  const transport = transportOf(options);
  const call = webApi({ token: options.botToken, apiUrl, logger: boltLogger(log) });
  const self = await call('auth.test', {}, identity);
  const chat = slackSurface({ call, clock, botUserId: self.user_id });

  const app = await boltApp(options, transport, self);
  const going = inFlight();
  listen(app, {
    intake: options.intake,
    questions: options.questions,
    chat,
    call,
    botUserId: self.user_id,
    isNew: deliveries(),
    attend: attendant(log, going),
  });
  app.error(async (error) => {
    log.error({ part: 'slack', code: error.code }, redacted(error.message));
  });

  return {
    chat,
    routes: transport.routes,
    start: transport.start,
    stop: (drainMs) => stop(transport, going, drainMs, log),
    check: (signal) => check(call, signal),
    get inFlight() {
      return going.size;
    },
  };
}

function transportOf({ mode, appToken, signingSecret, apiUrl, log }: SlackOptions): Transport {
  if (mode === 'socket') {
    if (appToken) return socketMode({ appToken, apiUrl, log });
    throw new Failure(
      'misconfigured',
      'Socket Mode needs an app-level token.',
      'Set SLACK_APP_TOKEN (xapp-…, with the scope connections:write), or SLACK_SIGNING_SECRET for HTTP. See docs/slack.md.',
    );
  }
  if (signingSecret) return httpMode({ signingSecret, log });
  throw new Failure(
    'misconfigured',
    'HTTP mode needs the signing secret.',
    'Set SLACK_SIGNING_SECRET, from Basic Information of the app. See docs/slack.md.',
  );
}

/** Bolt, told who the bot is, so that it asks nobody. Its memory of conversations is off: it would only grow. */
async function boltApp(
  { botToken, apiUrl, log, mode }: SlackOptions,
  { receiver }: Transport,
  self: z.infer<typeof identity>,
): Promise<App> {
  const logger = boltLogger(log);
  const app = new App({
    token: botToken,
    botUserId: self.user_id,
    ...(self.bot_id === undefined ? {} : { botId: self.bot_id }),
    tokenVerificationEnabled: false,
    deferInitialization: true,
    receiver,
    socketMode: mode === 'socket',
    convoStore: false,
    logger,
    clientOptions: { ...clientOptions({ apiUrl, logger }), fetch: fetchInTime },
  });
  await app.init();
  return app;
}

/** `respond()` has no time limit of its own. */
const RESPOND_MS = 10_000;
const fetchInTime: typeof fetch = (input, init) =>
  fetch(input, { ...init, signal: init?.signal ?? AbortSignal.timeout(RESPOND_MS) });

async function stop(transport: Transport, going: InFlight, drainMs: number, log: Log): Promise<number> {
  await transport.stop();
  const left = await going.drain(drainMs);
  if (left > 0) log.warn({ part: 'slack', left }, 'Stopped before every listener was done.');
  return left;
}

async function check(call: CallSlack, signal: AbortSignal): Promise<SlackHealth> {
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    const self = await Promise.race([call('auth.test', {}, identity), aborted.promise]);
    const granted = self.response_metadata?.scopes;
    const missing = granted === undefined ? [] : SCOPES.filter((scope) => !granted.includes(scope));
    if (missing.length === 0) return { ok: true, detail: `Slack workspace ${self.team ?? 'unnamed'}` };
    return {
      ok: false,
      detail: `The bot lacks ${missing.join(', ')}.`,
      hint: 'Add them under OAuth & Permissions (manifest.yml has them all) and install the app again.',
    };
  } catch (thrown) {
    signal.throwIfAborted();
    const failure = Failure.from(thrown);
    return { ok: false, detail: failure.message, hint: failure.hint };
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
