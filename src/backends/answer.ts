import type { Response } from 'node-fetch';
import type { z } from 'zod';
import { Failure } from '../failure.ts';
import { TraceText } from '../formats/trace-text.ts';
import type { SpanRecord } from '../model/span.ts';
import { isPage, pageInstead } from './refusal.ts';

/** What came back, its body still on the wire. */
export type Answer = {
  readonly title: string;
  readonly status: number;
  readonly contentType: string;
  /** Decompressed; throws a `Failure` of kind `too-large` beyond the cap, and of kind `misconfigured` for a web page. */
  readonly body: AsyncIterable<Buffer>;
};

export function bodyOf(response: Response, limit: number, title: string): Answer {
  const contentType = response.headers.get('content-type') ?? '';
  return {
    title,
    status: response.status,
    contentType,
    body: capped(response, limit, title),
  };
}

async function* capped(response: Response, limit: number, title: string): AsyncGenerator<Buffer> {
  if (response.body === null) return;
  let size = 0;
  for await (const chunk of response.body) {
    const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk);
    size += bytes.length;
    if (size > limit) {
      throw new Failure(
        'too-large',
        `${title} sends more than ${Math.round(limit / 1e6)} MB in one answer.`,
        'Ask for fewer traces or a shorter time, or raise `backend.maxMegabytes`.',
      );
    }
    yield bytes;
  }
}

/** The first bytes as text, for errors. */
export async function headOf(answer: Answer, limit: number): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of answer.body) {
      parts.push(chunk);
      size += chunk.length;
      if (size >= limit) break;
    }
  } catch {
    // The status is known and says more than a body that cannot be read.
  }
  return Buffer.concat(parts).subarray(0, limit).toString('utf8');
}

export async function bytesOf(answer: Answer): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const chunk of answer.body) {
    if (parts.length === 0 && isPage(answer.contentType, chunk)) throw pageInstead(answer.title);
    parts.push(chunk);
  }
  return Buffer.concat(parts);
}

/** A JSON body of a known shape. */
export async function jsonOf<Shape extends z.ZodType>(answer: Answer, shape: Shape): Promise<z.output<Shape>> {
  const text = (await bytesOf(answer)).toString('utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (thrown) {
    throw strange(answer.title, 'it is not JSON, or was cut off', thrown);
  }
  const result = shape.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw strange(answer.title, `${issue?.path.join('.') || 'the answer'}: ${issue?.message ?? 'has another shape'}`);
}

/**
 * The spans of a JSON body in whatever dialect, each batch handed on as soon as it is complete, so that an answer of many
 * traces is never in memory as a whole.
 */
export async function readSpans(answer: Answer, take: (batch: readonly SpanRecord[]) => void): Promise<void> {
  const text = new TraceText('answer');
  let head = '';
  try {
    for await (const chunk of answer.body) {
      if (text.size === 0 && isPage(answer.contentType, chunk)) throw pageInstead(answer.title);
      if (head.length < 256) head += chunk.toString('latin1', 0, 256);
      for (const batch of text.push(chunk)) take(batch);
    }
    for (const batch of text.end()) take(batch);
    if (text.lists === 0 && !EMPTY.test(head)) throw strange(answer.title, 'it holds no list of traces');
  } catch (thrown) {
    if (thrown instanceof Failure && thrown.kind === 'bad-input') throw strange(answer.title, thrown.message, thrown);
    throw thrown;
  }
}

/** How an answer begins that has no list because it has no traces: `{"result":{}}`, `{"data":null}`. */
const EMPTY = /^\s*(\{\s*"(result|data|trace|batches|resourceSpans)"|\{\s*\})/;

/** Something that is no answer we know. */
export function strange(title: string, what: string, cause?: unknown): Failure {
  return new Failure(
    'refused',
    `${title} gives an answer that we do not understand: ${what.replace(/\.$/, '')}.`,
    'Check that `backend.url` names the server you mean; if it does, please report it with this line.',
    cause === undefined ? {} : { cause },
  );
}
