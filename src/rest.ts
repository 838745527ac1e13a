import { setTimeout as sleep } from 'node:timers/promises';
import fetch, { FetchError, type Headers, type Response } from 'node-fetch';
import { z } from 'zod';
import { Failure } from './failure.ts';

/** How to reach somebody's REST interface. */
export type RestOptions = {
  /** For messages, as `PagerDuty`. */
  readonly title: string;
  /** As `https://api.pagerduty.com`; what stands behind the host stays in front of every path. */
  readonly base: string;
  /** Sent with every request; whoever proves us stands here. */
  readonly headers: Readonly<Record<string, string>>;
  /** What to do when we are not let in. */
  readonly hint: string;
  /** One request may take this long, its answer included. */
  readonly timeoutMs?: number;
  /** Bytes of the longest answer that is read. */
  readonly answerLimit?: number;
  /** How long a request may wait where the other side asks for patience; more is the caller's business. */
  readonly patienceMs?: number;
};

export type RestRequest<T> = {
  readonly method: 'GET' | 'POST';
  /** Behind the base, each part already escaped. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** JSON, or text that is sent byte by byte as it is. */
  readonly body?: unknown;
  readonly answer: z.ZodType<T>;
};

export type Rest = {
  readonly title: string;
  /** Asks once; throws a `Failure` that names the other side. An abort rejects with the signal's reason. */
  ask<T>(request: RestRequest<T>, signal: AbortSignal): Promise<T>;
};

const TIMEOUT_MS = 10_000;
const ANSWER_LIMIT = 1024 * 1024;
/** So much of a refusal is repeated. */
const SAID_LIMIT = 200;

/**
 * A small client for services that people configured: JSON both ways, bounded in time and size, no redirects (a token must
 * not follow one), and every answer but 2xx turned into the failure that tells the caller whether to try again.
 */
export function createRest(options: RestOptions): Rest {
  const { title } = options;
  const base = options.base.replace(/\/+$/, '');

  async function ask<T>(request: RestRequest<T>, signal: AbortSignal): Promise<T> {
    try {
      return await once(request, signal);
    } catch (thrown) {
      // A refusal because of too many requests did nothing, so that asking again is safe for a POST as well.
      if (!(thrown instanceof Failure) || thrown.kind !== 'busy') throw thrown;
      const waitMs = (thrown.retryAfter ?? 1) * 1_000;
      if (options.patienceMs === undefined || waitMs > options.patienceMs) throw thrown;
      await sleep(waitMs, undefined, { signal }).catch(() => signal.throwIfAborted());
      return await once(request, signal);
    }
  }

  async function once<T>(request: RestRequest<T>, signal: AbortSignal): Promise<T> {
    signal.throwIfAborted();
    const late = AbortSignal.timeout(options.timeoutMs ?? TIMEOUT_MS);
    try {
      const response = await fetch(addressOf(base, request), {
        method: request.method,
        headers: { ...(request.body === undefined ? {} : JSON_BODY), ...options.headers, ...request.headers },
        ...(request.body === undefined ? {} : { body: textOf(request.body) }),
        redirect: 'manual',
        size: options.answerLimit ?? ANSWER_LIMIT,
        signal: AbortSignal.any([signal, late]),
      });
      const text = await response.text();
      if (!response.ok) throw refusal(response, text, options);
      return read(request.answer, text, title);
    } catch (thrown) {
      if (thrown instanceof Failure) throw thrown;
      if (signal.aborted) throw signal.reason;
      throw late.aborted ? tooSlow(title) : ofNetwork(title, thrown);
    }
  }

  return { title, ask };
}

const JSON_BODY = { 'content-type': 'application/json' } as const;

function textOf(body: unknown): string {
  return typeof body === 'string' ? body : JSON.stringify(body);
}

function addressOf(base: string, { path, query = {} }: Pick<RestRequest<unknown>, 'path' | 'query'>): string {
  const search = new URLSearchParams(query).toString();
  return `${base}${path}${search === '' ? '' : `?${search}`}`;
}

/** An empty answer is read as `{}`: some say nothing with a 202. What is not JSON is left to the schema, as undefined. */
function read<T>(schema: z.ZodType<T>, text: string, title: string): T {
  const result = schema.safeParse(text.trim() === '' ? {} : parsedOrNothing(text));
  if (result.success) return result.data;
  throw new Failure(
    'refused',
    `${title} answered something that is not what it documents.`,
    'Look at its status page.',
    {
      cause: result.error,
    },
  );
}

function refusal(response: Response, text: string, { title, hint }: RestOptions): Failure {
  const { status } = response;
  const said = saidBy(text);
  const because = said === '' ? '' : `: ${said}`;
  const retryAfter = patienceOf(response.headers);
  const wait = retryAfter === undefined ? {} : { retryAfter };
  if (status === 429)
    return new Failure('busy', `${title} has had too many requests.`, 'It is tried again later.', wait);
  if (status === 401 || status === 403)
    return new Failure('unauthorized', `${title} did not let us in (${status})${because}.`, hint);
  if (status === 404) return new Failure('not-found', `${title} does not know it (404)${because}.`, hint);
  if (status === 408 || status >= 500)
    return new Failure('unreachable', `${title} failed (${status}).`, 'It is tried again later.', wait);
  return new Failure('refused', `${title} refused it (${status})${because}.`, hint);
}

const Said = z.union([
  z.object({ error: z.object({ message: z.string(), errors: z.array(z.string()).optional() }) }),
  z.object({ message: z.string() }),
  z.object({ errors: z.array(z.object({ message: z.string() })).min(1) }),
]);

/** The sentence of a refusal in the shapes that these services document; nothing of any other body is repeated. */
function saidBy(text: string): string {
  const parsed = Said.safeParse(parsedOrNothing(text));
  if (!parsed.success) return '';
  const { data } = parsed;
  const sentences =
    'error' in data
      ? [data.error.message, ...(data.error.errors ?? [])]
      : 'message' in data
        ? [data.message]
        : data.errors.map(({ message }) => message);
  const line = sentences
    .join(', ')
    .toWellFormed()
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim()
    .replace(/\.$/, '');
  return [...line].slice(0, SAID_LIMIT).join('');
}

function parsedOrNothing(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Seconds to wait, as `Retry-After` (RFC 9110, 10.2.3), PagerDuty's `ratelimit-reset` or Opsgenie's period says; at most an
 * hour. A date is held against the answer's own, so that nobody's clock has to be right.
 */
function patienceOf(headers: Headers): number | undefined {
  for (const name of ['retry-after', 'ratelimit-reset', 'x-ratelimit-period-in-sec']) {
    const value = headers.get(name)?.trim() ?? '';
    const seconds = /^\d{1,6}$/.test(value)
      ? Number(value)
      : Math.ceil((Date.parse(value) - Date.parse(headers.get('date') ?? '')) / 1_000);
    if (!Number.isNaN(seconds)) return Math.min(Math.max(0, seconds), 3_600);
  }
  return undefined;
}

function tooSlow(title: string): Failure {
  return new Failure('timed-out', `${title} did not answer in time.`, 'It is tried again later.');
}

function ofNetwork(title: string, thrown: unknown): Failure {
  if (thrown instanceof FetchError && thrown.type === 'max-size')
    return new Failure('too-large', `${title} answered more than is read.`, 'Nothing is to be done.', {
      cause: thrown,
    });
  const code = thrown instanceof FetchError && thrown.code !== undefined ? ` (${thrown.code})` : '';
  return new Failure('unreachable', `${title} cannot be reached${code}.`, 'Check its address and the way to it.', {
    cause: thrown,
  });
}
