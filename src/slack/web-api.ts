import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '@slack/bolt';
import { WebClient } from '@slack/web-api';
import type { z } from 'zod';
import { Failure } from '../failure.ts';
import { slackFailure } from './failures.ts';

/** One call of a Web API method. What Slack answers is parsed; the members that are asked for are all that gets in. */
export type CallSlack = <Answer>(
  method: string,
  args: Readonly<Record<string, unknown>>,
  answer: z.ZodType<Answer>,
) => Promise<Answer>;

export type WebApiOptions = {
  readonly token: string;
  /** Base of the Web API, as `http://127.0.0.1:3000/api/`; Slack's own without it. */
  readonly apiUrl?: string | undefined;
  readonly logger: Logger;
  /** One attempt, from the first byte to the last. */
  readonly timeoutMs?: number;
  /** How long one call may wait in all because Slack asked to slow down. */
  readonly patienceMs?: number;
};

const TIMEOUT_MS = 10_000;
const PATIENCE_MS = 30_000;

/**
 * Options for every client that we or Bolt make. Always a fresh object, for Bolt's Socket Mode client writes into what it
 * is given. Nothing is retried (a second chat.postMessage is a second message), every attempt ends in time, and a client
 * never pauses all of its calls because one channel is limited.
 */
export function clientOptions(options: Omit<WebApiOptions, 'token'>) {
  return {
    ...(options.apiUrl === undefined ? {} : { slackApiUrl: options.apiUrl }),
    retryConfig: { retries: 0 },
    timeout: options.timeoutMs ?? TIMEOUT_MS,
    rejectRateLimitedCalls: true,
    allowAbsoluteUrls: false,
    logger: options.logger,
  };
}

/**
 * The Web API with one kind of patience: a call that Slack limited did not happen, so it alone waits as long as Slack
 * says and goes again, while all other calls go on. Everything else is thrown at once as a `Failure` (`slackFailure`).
 */
export function webApi(options: WebApiOptions): CallSlack {
  const client = new WebClient(options.token, clientOptions(options));
  const patience = options.patienceMs ?? PATIENCE_MS;
  return async (method, args, answer) => {
    let waited = 0;
    for (;;) {
      try {
        return read(method, await client.apiCall(method, { ...args }), answer);
      } catch (thrown) {
        const failure = slackFailure(method, thrown);
        const wait = (failure.retryAfter ?? Number.POSITIVE_INFINITY) * 1_000;
        if (failure.kind !== 'busy' || waited + wait > patience) throw failure;
        // A limiter that says "0 seconds" must not be asked in a tight circle.
        const pause = Math.max(wait, 250);
        waited += pause;
        await sleep(pause);
      }
    }
  };
}

/** An answer that is not what the method documents says nothing about whether the act happened: a doubt. */
function read<Answer>(method: string, answer: unknown, schema: z.ZodType<Answer>): Answer {
  const parsed = schema.safeParse(answer);
  if (parsed.success) return parsed.data;
  throw new Failure(
    'unreachable',
    `Slack gave no sensible answer to ${method}.`,
    'Look at status.slack.com, or at the server behind SLACK_API_URL.',
    { cause: parsed.error },
  );
}
