import { setTimeout as sleep } from 'node:timers/promises';
import fetch, { type Headers, type Response } from 'node-fetch';
import { Failure } from '../failure.ts';
import { type EpochMicros, MILLISECOND, type Micros, SECOND } from '../model/units.ts';
import { type Clock, systemClock } from '../ports/clock.ts';
import { type Answer, bodyOf, headOf } from './answer.ts';
import { Circuit } from './circuit.ts';
import { agentOf, baseOf, type Connection, headersOf } from './connection.ts';
import { Gate } from './gate.ts';
import { failureOf, failureOfNetwork, mayPass, type Refused } from './refusal.ts';

/** Sent this often at most, counting the first. */
const ATTEMPTS = 3;
const FIRST_WAIT_MS = 200;
/** A longer `Retry-After` is the job queue's business: the failure carries it. */
const LONGEST_WAIT_MS = 5_000;
/** So much of an error's body is read, to tell what it says. */
const ERROR_BYTES = 4_096;

export type Request = {
  /** Behind the base address, each part already escaped; begins with a slash. */
  readonly path: string;
  readonly params?: readonly (readonly [string, string])[];
  /** With a body it is a POST. Only questions are asked, so that asking twice does no harm. */
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Statuses besides 2xx that are answers to this question, as 404 to a trace that is not there. */
  readonly answers?: readonly number[];
};

export type Client = {
  /** For messages, as `Jaeger at http://127.0.0.1:16686`. */
  readonly title: string;
  /**
   * Asks and hands the answer to `read`, which may be called again when an answer breaks off in the middle, so it must
   * start from nothing each time. Throws a `Failure` that names the backend and what to do; an abort closes the connection
   * and rejects with the signal's reason.
   */
  ask<T>(request: Request, read: (answer: Answer) => Promise<T>, signal: AbortSignal): Promise<T>;
  /** How far the server's clock is ahead of ours, by the `Date` of its last answer; undefined where it sends none. */
  ahead(): Micros | undefined;
};

/** What decides when; tests hold it. */
export type Pace = {
  readonly clock: Clock;
  readonly random: () => number;
  readonly wait: (milliseconds: number, signal: AbortSignal) => Promise<void>;
};

const PACE: Pace = {
  clock: systemClock,
  random: Math.random,
  wait: async (milliseconds, signal) => {
    await sleep(milliseconds, undefined, { signal }).catch(() => signal.throwIfAborted());
  },
};

/**
 * The manners of the bot towards a backend, which may be sick when it is needed most:
 *
 * ```
 *   gate (so many at a time) → circuit (leave it alone) → pause (Retry-After) → request, at most `timeoutSeconds`
 *        └──────────── twice more, with growing and random waits, where it may help ────────────┘
 * ```
 *
 * Tried again: 429, 502, 503, 504 and connections that broke. Not tried again: a time-out, which would double the load that
 * caused it, a 500, and everything that will be the same next time.
 */
export function createClient(kind: string, connection: Connection, pace: Pace = PACE): Client {
  const base = baseOf(connection);
  const title = `${kind} at ${base}`;
  const agent = agentOf(connection);
  const gate = new Gate(connection.concurrency);
  const circuit = new Circuit(pace.clock);
  let pausedUntil: EpochMicros = 0;
  let ahead: Micros | undefined;

  async function ask<T>(request: Request, read: (answer: Answer) => Promise<T>, signal: AbortSignal): Promise<T> {
    const leave = await gate.enter(signal);
    try {
      for (let attempt = 1; ; attempt += 1) {
        await pause(signal);
        circuit.admit(title);
        try {
          const result = await once(request, read, signal);
          circuit.succeeded();
          return result;
        } catch (thrown) {
          if (signal.aborted) {
            circuit.forgotten();
            throw signal.reason;
          }
          const { failure, again } = judged(thrown);
          if (failure.kind === 'unreachable' || failure.kind === 'timed-out') circuit.failed();
          else circuit.succeeded();
          const waitMs = waitBefore(attempt, failure.retryAfter);
          if (!again || attempt >= ATTEMPTS || waitMs > LONGEST_WAIT_MS) throw failure;
          if (failure.kind === 'busy') pausedUntil = Math.max(pausedUntil, pace.clock.now() + waitMs * MILLISECOND);
          else await pace.wait(waitMs, signal);
        }
      }
    } finally {
      leave();
    }
  }

  /** A backend that asked for patience gets it from every request, not only from the one that it told. */
  async function pause(signal: AbortSignal): Promise<void> {
    const rest = pausedUntil - pace.clock.now();
    if (rest > 0) await pace.wait(rest / MILLISECOND, signal);
    signal.throwIfAborted();
  }

  /** Full jitter: many bots that failed together do not come back together. */
  function waitBefore(attempt: number, retryAfter: number | undefined): number {
    const jittered = FIRST_WAIT_MS * 2 ** (attempt - 1) * (0.5 + pace.random());
    return retryAfter === undefined ? jittered : Math.max(retryAfter * 1_000, jittered);
  }

  async function once<T>(request: Request, read: (answer: Answer) => Promise<T>, signal: AbortSignal): Promise<T> {
    const own = new AbortController();
    const abort = () => own.abort(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      own.abort();
    }, connection.timeoutSeconds * 1_000);
    let response: Response | undefined;
    try {
      signal.throwIfAborted();
      response = await fetch(addressOf(base, request), {
        method: request.body === undefined ? 'GET' : 'POST',
        ...(request.body === undefined ? {} : { body: request.body }),
        headers: { accept: 'application/json', ...(await headersOf(connection)), ...request.headers },
        redirect: 'manual',
        agent,
        signal: own.signal,
      });
      const date = Date.parse(response.headers.get('date') ?? '');
      if (!Number.isNaN(date)) ahead = date * MILLISECOND - pace.clock.now();
      const answer = bodyOf(response, connection.maxMegabytes * 1e6, title);
      if (response.ok || request.answers?.includes(response.status) === true) return await read(answer);
      const refused = { ...refusedBy(response, pace.clock), text: await headOf(answer, ERROR_BYTES) };
      throw new Refusal(failureOf(title, request.path, refused), mayPass(response.status));
    } catch (thrown) {
      if (late && !signal.aborted) throw tooSlow(title, connection.timeoutSeconds);
      throw thrown;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      // Whatever was not read is not wanted any more: the connection is closed rather than drained.
      own.abort();
      response?.body?.resume?.();
    }
  }

  return { title, ask, ahead: () => ahead };

  function judged(thrown: unknown): { readonly failure: Failure; readonly again: boolean } {
    if (thrown instanceof Refusal) return { failure: thrown.failure, again: thrown.again };
    if (thrown instanceof Failure) return { failure: thrown, again: false };
    const failure = failureOfNetwork(title, thrown);
    return { failure, again: failure.kind === 'unreachable' };
  }
}

/** A refusal on its way from the answer to the loop that may try again. */
class Refusal extends Error {
  readonly failure: Failure;
  readonly again: boolean;

  constructor(failure: Failure, again: boolean) {
    super(failure.message);
    this.failure = failure;
    this.again = again;
  }
}

function addressOf(base: string, { path, params = [] }: Request): string {
  const query = new URLSearchParams(params.map(([name, value]): [string, string] => [name, value])).toString();
  return query === '' ? `${base}${path}` : `${base}${path}?${query}`;
}

function refusedBy(response: Response, clock: Clock): Omit<Refused, 'text'> {
  const location = response.headers.get('location');
  return {
    status: response.status,
    contentType: response.headers.get('content-type') ?? '',
    location: location === null ? undefined : plainAddress(location, response.url),
    retryAfter: secondsOf(response.headers, clock),
  };
}

/** Host and path only: the query of a login page may hold what nobody should read. */
function plainAddress(location: string, from: string): string | undefined {
  if (!URL.canParse(location, from)) return undefined;
  const { origin, pathname } = new URL(location, from);
  return `${origin}${pathname}`;
}

/** `Retry-After` in seconds or as a date (RFC 9110, 10.2.3). */
function secondsOf(headers: Headers, clock: Clock): number | undefined {
  const value = headers.get('retry-after');
  if (value === null) return undefined;
  if (/^\d{1,6}$/.test(value.trim())) return Number(value);
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, Math.ceil((date * MILLISECOND - clock.now()) / SECOND));
}

function tooSlow(title: string, seconds: number): Failure {
  return new Failure(
    'timed-out',
    `${title} did not finish its answer within ${seconds} s.`,
    'Look at its load, ask for a shorter time, or raise `backend.timeoutSeconds`.',
  );
}
