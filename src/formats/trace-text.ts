import { Failure } from '../failure.ts';
import type { SpanRecord } from '../model/span.ts';
import { readJaegerJson, readJaegerTrace } from './jaeger-json.ts';
import { type JsonElement, JsonElements } from './json-elements.ts';
import { readOtlpJson, readResourceSpans } from './otlp-json.ts';
import { Collected, type Refusals } from './reading.ts';
import { isObject } from './shape.ts';
import { readZipkinEntry } from './zipkin-json.ts';

/**
 * The largest single entry of a text: one `resourceSpans`, one Jaeger trace, one Zipkin trace. The text itself may be of
 * any size, because only one entry is held at a time.
 */
export const ENTRY_LIMIT = 128 * 1024 * 1024;

const OTLP_LISTS = ['resourceSpans', 'batches', 'trace.resourceSpans', 'trace.batches', 'result.resourceSpans'];
const LISTS = ['', 'data', ...OTLP_LISTS];

/**
 * Reads JSON traces piece by piece as they come from a disk or a wire, whatever the dialect: OTLP (also one document a line,
 * and Jaeger's `result` documents one after another), Jaeger v1, Zipkin v2 and Tempo are told apart by their content.
 *
 * Throws a `Failure`: `bad-input` (malformed or cut off, with the byte where), `too-large` (an entry beyond `ENTRY_LIMIT`).
 */
export class TraceText {
  readonly #elements: JsonElements;
  readonly #collected = new Collected();
  /** Bytes so far. */
  size = 0;

  constructor(what: 'file' | 'answer') {
    this.#elements = new JsonElements(LISTS, ENTRY_LIMIT, what);
  }

  /** Batches that are complete with this chunk, of at most `BATCH_LIMIT` spans; small ones wait for company. */
  *push(chunk: Buffer): Generator<readonly SpanRecord[]> {
    const bytes = this.size === 0 ? withoutMark(chunk) : chunk;
    this.size += bytes.length;
    for (const element of this.#elements.push(bytes)) {
      readElement(element, this.#collected);
      if (this.#collected.spans >= 1_000) yield* this.#collected.take();
    }
  }

  /** What is left. */
  end(): readonly (readonly SpanRecord[])[] {
    this.#elements.end();
    return this.#collected.take();
  }

  /** How many lists that hold traces were met; none means that this is no trace at all. */
  get lists(): number {
    return this.#elements.lists;
  }

  /** Spans that could not be kept. */
  get refusals(): Refusals {
    return this.#collected.refusals;
  }
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
      'Fetch it again, or repair it there.',
      { cause: thrown },
    );
  }
}

/** Some tools of Windows put a byte order mark in front. */
function withoutMark(chunk: Buffer): Buffer {
  return chunk[0] === 0xef && chunk[1] === 0xbb && chunk[2] === 0xbf ? chunk.subarray(3) : chunk;
}
