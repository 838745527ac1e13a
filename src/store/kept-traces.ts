import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { z } from 'zod';
import { Failure } from '../failure.ts';
import type { Attributes, SpanRecord } from '../model/span.ts';

/** The most that one investigation may keep of its traces, compressed. */
export const KEPT_LIMIT = 2 * 1024 * 1024;
/** A packed text never unfolds to more bytes than this: 2 MB of gzip could become 2 GB. */
const UNPACKED_LIMIT = 256 * 1024 * 1024;
/** Spans that become text between two turns of the event loop. */
const SPANS_A_TURN = 500;

/**
 * Spans as gzip of JSON lines: the first names the format, each other is one span.
 * Throws a `Failure` of kind `too-large` as soon as the result passes 2 MB; the caller decides what to leave out.
 */
export async function packSpans(spans: readonly SpanRecord[]): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  await pipeline(linesOf(spans), createGzip({ level: 6 }), async (packed: AsyncIterable<Buffer>) => {
    for await (const chunk of packed) {
      chunks.push(chunk);
      size += chunk.length;
      if (size > KEPT_LIMIT) throw tooLarge(spans.length);
    }
  });
  return Buffer.concat(chunks, size);
}

/** Reads back what `packSpans` wrote. Throws a `Failure` of kind `internal` when it is damaged. */
export async function unpackSpans(packed: Uint8Array): Promise<readonly SpanRecord[]> {
  const spans: SpanRecord[] = [];
  try {
    await pipeline([packed], createGunzip(), async (unpacked: AsyncIterable<Buffer>) => {
      let first = true;
      for await (const line of linesIn(unpacked)) {
        if (first) formatLine.parse(JSON.parse(line));
        else spans.push(spanRecord.parse(JSON.parse(line)));
        first = false;
      }
      if (first) throw new Error('empty');
    });
    return spans;
  } catch (thrown) {
    throw new Failure(
      'internal',
      'The kept traces of an investigation cannot be read.',
      'Ask for the traces again with /trace, while the backend still has them.',
      { cause: thrown },
    );
  }
}

function* linesOf(spans: readonly SpanRecord[]): Generator<string> {
  yield '{"causeway":"spans","version":1}\n';
  for (let from = 0; from < spans.length; from += SPANS_A_TURN) {
    const turn = spans.slice(from, from + SPANS_A_TURN);
    yield turn.map((span) => `${JSON.stringify(span)}\n`).join('');
  }
}

async function* linesIn(unpacked: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let size = 0;
  let begun = '';
  for await (const chunk of unpacked) {
    size += chunk.length;
    if (size > UNPACKED_LIMIT) throw new Error('too much text');
    const lines = (begun + decoder.decode(chunk, { stream: true })).split('\n');
    begun = lines.pop() ?? '';
    yield* lines;
  }
  if (begun !== '') throw new Error('the last line is cut off');
}

function tooLarge(spans: number): Failure {
  return new Failure(
    'too-large',
    `The cited traces (${spans} spans) take more than ${KEPT_LIMIT} bytes, even compressed.`,
    'Keep fewer traces, or fewer spans of each.',
  );
}

const formatLine = z.object({ causeway: z.literal('spans'), version: z.literal(1) });
/** JSON writes NaN and the infinities as null. */
const notFinite = z.null().transform(() => Number.NaN);
const scalar = z.union([z.string(), z.number(), z.boolean(), notFinite]);
const attributes: z.ZodType<Attributes> = z.record(z.string(), z.union([scalar, z.array(scalar)]));

const spanRecord: z.ZodType<SpanRecord> = z.looseObject({
  traceId: z.string(),
  spanId: z.string(),
  parentSpanId: z.string().optional(),
  service: z.string(),
  name: z.string(),
  kind: z.enum(['unspecified', 'internal', 'server', 'client', 'producer', 'consumer']),
  start: z.number(),
  end: z.number(),
  status: z.enum(['unset', 'ok', 'error']),
  statusMessage: z.string().optional(),
  attributes,
  resource: attributes,
  events: z.array(z.looseObject({ name: z.string(), time: z.number(), attributes })),
  links: z.array(z.looseObject({ traceId: z.string(), spanId: z.string(), attributes })),
  scope: z.string().optional(),
  probability: z.number().optional(),
});
