import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { Failure } from '../failure.ts';
import type { SpanRecord } from '../model/span.ts';
import { readJaegerJson, readJaegerTrace } from './jaeger-json.ts';
import { type JsonElement, JsonElements } from './json-elements.ts';
import { readOtlpJson, readResourceSpans } from './otlp-json.ts';
import { Collected, type Refusals } from './reading.ts';
import { isObject } from './shape.ts';
import { readZipkinEntry } from './zipkin-json.ts';

/**
 * The largest single entry of a file: one `resourceSpans`, one Jaeger trace, one Zipkin trace. The file itself may be of
 * any size, because only one entry is held at a time.
 */
export const ENTRY_LIMIT = 128 * 1024 * 1024;

const OTLP_LISTS = ['resourceSpans', 'batches', 'trace.resourceSpans', 'trace.batches', 'result.resourceSpans'];
const LISTS = ['', 'data', ...OTLP_LISTS];

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
  const elements = new JsonElements(LISTS, ENTRY_LIMIT);
  const collected = new Collected();
  let size = 0;
  try {
    const source = await openTraceFile(path, signal);
    for await (const chunk of source) {
      const bytes: Buffer = size === 0 ? withoutMark(chunk) : chunk;
      size += bytes.length;
      for (const element of elements.push(bytes)) {
        readElement(element, collected);
        if (collected.spans >= 1_000) yield* collected.take();
      }
      signal.throwIfAborted();
    }
    elements.end();
  } catch (thrown) {
    signal.throwIfAborted();
    throw explained(thrown, path);
  }
  if (elements.lists === 0) {
    throw new Failure('bad-input', `${path} is ${size === 0 ? 'empty' : 'no trace file that we know'}.`, KNOWN);
  }
  yield* collected.take();
  if (collected.refusals.count > 0) report(collected.refusals);
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

function readElement(element: JsonElement, collected: Collected): void {
  const where = `${element.list}[${element.index}]`;
  const value = parsed(element, where);
  if (element.list === 'data') readJaegerTrace(value, where, collected);
  else if (element.list !== '') readResourceSpans(value, where, collected);
  else if (!isObject(value)) readZipkinEntry(value, where, collected);
  else if ('resourceSpans' in value || 'batches' in value || 'trace' in value) readOtlpJson(value, collected);
  else if ('data' in value) readJaegerJson(value, collected);
  else if ('processes' in value) readJaegerTrace(value, where, collected);
  else readZipkinEntry(value, where, collected);
}

function parsed(element: JsonElement, where: string): unknown {
  try {
    return JSON.parse(element.text.toString('utf8'));
  } catch (thrown) {
    throw new Failure(
      'bad-input',
      `${where} is not JSON (it begins at byte ${element.offset}).`,
      'Fetch the file again, or repair it there.',
      { cause: thrown },
    );
  }
}

/** Some tools of Windows put a byte order mark in front. */
function withoutMark(chunk: Buffer): Buffer {
  return chunk[0] === 0xef && chunk[1] === 0xbb && chunk[2] === 0xbf ? chunk.subarray(3) : chunk;
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
