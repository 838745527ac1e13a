import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { Failure } from '../failure.ts';
import type { SpanRecord } from '../model/span.ts';
import type { Refusals } from './reading.ts';
import { TraceText } from './trace-text.ts';

const KNOWN =
  'Known are OTLP JSON (also one document a line), Jaeger JSON, Zipkin v2 JSON and Tempo JSON, each plain or gzip.';

/**
 * The spans of a trace file, in batches of at most `BATCH_LIMIT`, whatever the format: it is told by the content and never
 * by the name. Spans that cannot be kept are left out and told to `report` once, at the end.
 *
 * Throws a `Failure`: `not-found`, `bad-input` (not a trace file, cut off, malformed: with the byte where), `too-large`
 * (an entry beyond `ENTRY_LIMIT`). An abort rejects with the signal's reason.
 */
export async function* readTraceFile(
  path: string,
  signal: AbortSignal,
  report: (refusals: Refusals) => void = () => {},
): AsyncGenerator<readonly SpanRecord[]> {
  signal.throwIfAborted();
  const text = new TraceText('file');
  let rest: readonly (readonly SpanRecord[])[] = [];
  try {
    const source = await openTraceFile(path, signal);
    for await (const chunk of source) {
      yield* text.push(chunk);
      signal.throwIfAborted();
    }
    rest = text.end();
  } catch (thrown) {
    signal.throwIfAborted();
    throw explained(thrown, path);
  }
  if (text.lists === 0) {
    throw new Failure('bad-input', `${path} is ${text.size === 0 ? 'empty' : 'no trace file that we know'}.`, KNOWN);
  }
  yield* rest;
  if (text.refusals.count > 0) report(text.refusals);
}

async function openTraceFile(path: string, signal: AbortSignal): Promise<Readable> {
  const handle = await open(path);
  const head = Buffer.alloc(4);
  await handle.read(head, 0, 4, 0).finally(() => handle.close());
  const file = createReadStream(path, { highWaterMark: 1024 * 1024, signal });
  if (head[0] === 0x1f && head[1] === 0x8b) {
    // The callback has nothing to add: an error of either stream destroys the other, and the reader of the loop meets it.
    return pipeline(file, createGunzip({ chunkSize: 256 * 1024 }), () => {});
  }
  if (head.readUInt32LE(0) === 0xfd2fb528) {
    file.destroy();
    throw new Failure('bad-input', `${path} is compressed with zstd.`, 'Decompress it first: `zstd -d`.');
  }
  return file;
}

function explained(thrown: unknown, path: string): Failure {
  if (thrown instanceof Failure) {
    return new Failure(thrown.kind, `${path}: ${thrown.message}`, thrown.hint, { cause: thrown });
  }
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
  switch (code) {
    case 'ENOENT':
      return new Failure('not-found', `There is no file ${path}.`, 'Check the path.', { cause: thrown });
    case 'EISDIR':
      return new Failure('bad-input', `${path} is a folder.`, 'Name a file in it.', { cause: thrown });
    case 'EACCES':
      return new Failure('unauthorized', `${path} may not be read.`, 'Check its permissions.', { cause: thrown });
    case 'Z_DATA_ERROR':
    case 'Z_BUF_ERROR':
      return new Failure('bad-input', `${path} is damaged or cut-off gzip.`, 'Fetch it again.', { cause: thrown });
    default:
      return Failure.from(thrown);
  }
}
