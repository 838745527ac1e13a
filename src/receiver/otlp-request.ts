import { promisify } from 'node:util';
import { gunzip, inflate } from 'node:zlib';
import { Failure } from '../failure.ts';
import { readOtlpJson } from '../formats/otlp-json.ts';
import { readOtlpProtobuf } from '../formats/otlp-protobuf.ts';
import type { SpanSink } from '../formats/reading.ts';
import type { Encoding } from './otlp-answer.ts';

/** The specification's cap on a request, before and after decompression. */
export const BODY_LIMIT = 64 * 1024 * 1024;

const gunzipped = promisify(gunzip);
const inflated = promisify(inflate);

/**
 * The body as it was before the sender compressed it. Decompression stops at `limit` bytes, so that a small body cannot
 * become a huge one. Throws a `Failure`: `unsupported`, `too-large` or `bad-input`.
 */
export async function decompress(body: Buffer, contentEncoding: string | undefined, limit: number): Promise<Buffer> {
  const encoding = (contentEncoding ?? '').trim().toLowerCase();
  try {
    switch (encoding) {
      case '':
      case 'identity':
        return body;
      case 'gzip':
      case 'x-gzip':
        return await gunzipped(body, { maxOutputLength: limit });
      case 'deflate':
        return await inflated(body, { maxOutputLength: limit });
    }
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ERR_BUFFER_TOO_LARGE') {
      throw tooLarge(limit);
    }
    throw new Failure('bad-input', `The body is not valid ${encoding}.`, 'Check the exporter’s compression.', {
      cause: thrown,
    });
  }
  throw new Failure(
    'unsupported',
    'The body is compressed in a way that is not understood.',
    'Use gzip, deflate or no compression.',
  );
}

export function tooLarge(limit: number): Failure {
  return new Failure('too-large', `The body is larger than ${limit} bytes.`, 'Export in smaller batches.');
}

/** Reads a decompressed body into the sink. Throws a `Failure` of kind `bad-input`. */
export function decode(body: Buffer, encoding: Encoding, sink: SpanSink): void {
  if (encoding === 'protobuf') {
    readOtlpProtobuf(body, sink);
    return;
  }
  // An empty JSON body is what some exporters send for an empty batch; protobuf's empty message has no bytes either.
  if (body.length === 0) return;
  checkNesting(body);
  readOtlpJson(parse(body), sink);
}

const MAX_DEPTH = 100;
const MAX_OPENINGS = 6_000_000;

/**
 * Refuses JSON that is small as text and huge as objects, before it is parsed: a list in a list in a list costs one byte
 * there and some fifty here. 64 MiB of real spans have about two million brackets.
 */
function checkNesting(body: Buffer): void {
  if (body.length < 64 * 1024) return;
  let depth = 0;
  let openings = 0;
  for (let at = 0; at < body.length; at += 1) {
    const byte = body[at];
    if (byte === 0x22) {
      at = endOfText(body, at + 1);
    } else if (byte === 0x7b || byte === 0x5b) {
      depth += 1;
      openings += 1;
      if (depth > MAX_DEPTH || openings > MAX_OPENINGS) {
        throw new Failure('bad-input', `The JSON nests too much at byte ${at}.`, 'No exporter writes spans like this.');
      }
    } else if (byte === 0x7d || byte === 0x5d) {
      depth -= 1;
    }
  }
}

function endOfText(body: Buffer, from: number): number {
  let end = body.indexOf(0x22, from);
  while (end >= 0 && escaped(body, end, from)) end = body.indexOf(0x22, end + 1);
  return end < 0 ? body.length : end;
}

/** A quote is part of the text when an odd number of backslashes stands before it. */
function escaped(body: Buffer, quote: number, from: number): boolean {
  let backslashes = 0;
  while (quote - 1 - backslashes >= from && body[quote - 1 - backslashes] === 0x5c) backslashes += 1;
  return backslashes % 2 === 1;
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (thrown) {
    const position = thrown instanceof Error ? /position (\d+)/.exec(thrown.message)?.[1] : undefined;
    const where = position === undefined ? 'it ends too early' : `the mistake is at character ${position}`;
    // The parser's own message is not passed on: it quotes the payload.
    throw new Failure('bad-input', `The body is not JSON: ${where} of ${body.length} bytes.`, 'Check the exporter.', {
      cause: thrown,
    });
  }
}
