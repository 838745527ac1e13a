import { hash } from 'node:crypto';
import { z } from 'zod';
import { Failure } from '../failure.ts';
import { type EpochMicros, MINUTE } from '../model/units.ts';
import { microsOf } from './times.ts';

/** Optional text as senders write it: there, null, or missing. */
export const Text = z.string().nullish();

const KEY_LIMIT = 200;
/** Only such a text can hold a whole number that JavaScript cannot. */
const LONG_NUMBER = /\d{16}/;
/** Keeps nothing between two bodies; making one takes as long as reading a small body. */
const UTF8 = new TextDecoder('utf-8', { fatal: true });

/**
 * The body as JSON. Whole numbers beyond 2^53 (ids, nanoseconds) arrive as text, digit by digit as they were sent, since
 * `JSON.parse` alone would round them. Throws a `Failure` of kind `bad-input` that repeats nothing of the body.
 */
export function parseJson(body: Uint8Array): unknown {
  try {
    const text = UTF8.decode(body);
    return LONG_NUMBER.test(text) ? JSON.parse(text, exactly) : JSON.parse(text);
  } catch (thrown) {
    throw new Failure(
      'bad-input',
      'The body is not JSON in UTF-8.',
      'Let the sender send it whole and unchanged, uncompressed.',
      { cause: thrown },
    );
  }
}

/** `JSON.parse` hands the source text of a primitive to its reviver as a third argument (ECMAScript 2026). */
function exactly(_key: string, value: unknown, ...context: readonly unknown[]): unknown {
  if (typeof value !== 'number' || !Number.isInteger(value) || Number.isSafeInteger(value)) return value;
  const [told] = context;
  const source = typeof told === 'object' && told !== null && 'source' in told ? told.source : undefined;
  return typeof source === 'string' && /^-?\d+$/.test(source) ? source : value;
}

/** The value in the schema's shape, or a `Failure` of kind `bad-input` that names the field and not what it held. */
export function check<T>(schema: z.ZodType<T>, value: unknown, sender: string, at: readonly string[] = []): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const field = [...at, ...(issue?.path ?? [])].map(String).join('.') || 'the body';
  throw new Failure(
    'bad-input',
    `${field} is not what ${sender} documents: ${issue?.message ?? 'invalid'}.`,
    `Compare the payload with the webhook documentation of ${sender}.`,
  );
}

/** A time that must be there; the failure names the field. */
export function timeAt(time: unknown, field: string): EpochMicros {
  const micros = microsOf(time);
  if (micros !== undefined) return micros;
  throw new Failure('bad-input', `${field} is not a time.`, 'Send it as ISO 8601, as 2026-01-31T03:12:00Z.');
}

/** A sender's key as it is, or, where it is too long to be stored, its beginning and a digest that tells it apart. */
export function keyOf(key: string): string {
  if (key.length <= KEY_LIMIT && key.isWellFormed()) return key;
  return `${key.slice(0, 100).toWellFormed()}…${digestOf([key])}`;
}

/** 32 hex digits that are the same for the same parts: a key of our own where the sender has none. */
export function digestOf(parts: readonly unknown[] | Uint8Array): string {
  const content = parts instanceof Uint8Array ? parts : JSON.stringify(parts);
  return hash('sha256', content).slice(0, 32);
}

/**
 * The delivery of a sender that names neither a delivery nor a time: what it says, within ten minutes. So a second try is a
 * duplicate, and the same words an hour later are news.
 */
export function timelessDelivery(parts: readonly unknown[], now: EpochMicros): string {
  return digestOf([...parts, Math.floor(now / (10 * MINUTE))]);
}
