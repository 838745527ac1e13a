import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { Failure } from '../failure.ts';
import { readTraceFile } from '../formats/trace-file.ts';
import { BATCH_LIMIT, type SpanRecord } from '../model/span.ts';
import type { EpochMicros } from '../model/units.ts';
import type { TraceBackend, TraceHit, TraceQuery } from '../ports/trace-backend.ts';
import { type BackendContext, defineBackend, linkFrom } from './backend.ts';
import { FoundTraces } from './found-traces.ts';

const Options = z.strictObject({
  kind: z.literal('files').default('files'),
  /** A trace file, or a folder of them. */
  path: z.string().min(1),
  linkTemplate: z.string().includes('{traceId}').optional(),
});

/** Traces that a search keeps in mind, about 200 bytes each. */
const TRACES_LIMIT = 1_000_000;

const NAMES = /\.(json|jsonl|ndjson)(\.gz)?$/i;

/**
 * Trace files: OTLP JSON, Jaeger, Zipkin or Tempo, plain or gzip; or a folder of such, as the Collector's `file` exporter
 * writes them (names that end in `.json`, `.jsonl` or `.ndjson`, also with `.gz`).
 *
 * Nothing is indexed: every question reads the files once, from front to end and in bounded memory. That is right for the
 * command line and for exports of some hundred megabytes, not for a live system.
 */
export const files = defineBackend('files', 'Trace files', Options, connect);

function connect({ path, linkTemplate }: z.output<typeof Options>, context: BackendContext): TraceBackend {
  return {
    title: `the trace files at ${path}`,
    fetch: (traceIds, signal) => fetchFrom(path, new Set(traceIds), signal),
    search: (query, signal) => searchIn(path, query, signal),
    services: (from, to, signal) => servicesIn(path, from, to, signal),
    linkTo: (traceId, spanId) => linkFrom(linkTemplate ?? context.linkTemplate, traceId, spanId),
    async check(signal) {
      try {
        const found = await filesAt(path);
        signal.throwIfAborted();
        return { ok: true, detail: `${found.length} ${found.length === 1 ? 'file' : 'files'}` };
      } catch (thrown) {
        signal.throwIfAborted();
        const failure = Failure.from(thrown);
        return { ok: false, detail: failure.message, hint: failure.hint };
      }
    },
  };
}

async function* spansAt(path: string, signal: AbortSignal): AsyncGenerator<readonly SpanRecord[]> {
  for (const file of await filesAt(path)) yield* readTraceFile(file, signal);
}

async function* fetchFrom(
  path: string,
  wanted: ReadonlySet<string>,
  signal: AbortSignal,
): AsyncGenerator<readonly SpanRecord[]> {
  signal.throwIfAborted();
  if (wanted.size === 0) return;
  let batch: SpanRecord[] = [];
  for await (const spans of spansAt(path, signal)) {
    for (const span of spans) {
      if (!wanted.has(span.traceId)) continue;
      batch.push(span);
      if (batch.length < BATCH_LIMIT) continue;
      yield batch;
      batch = [];
    }
  }
  if (batch.length > 0) yield batch;
}

async function searchIn(path: string, query: TraceQuery, signal: AbortSignal): Promise<readonly TraceHit[]> {
  signal.throwIfAborted();
  const found = new FoundTraces(query);
  for await (const spans of spansAt(path, signal)) {
    found.add(spans);
    if (found.size > TRACES_LIMIT) throw tooMany(path);
  }
  return found.hits;
}

async function servicesIn(
  path: string,
  from: EpochMicros,
  to: EpochMicros,
  signal: AbortSignal,
): Promise<readonly string[]> {
  signal.throwIfAborted();
  const services = new Set<string>();
  for await (const spans of spansAt(path, signal)) {
    for (const span of spans) if (span.start >= from && span.start <= to) services.add(span.service);
  }
  return [...services].sort();
}

/** The file itself, or the trace files directly in the folder, by name. */
async function filesAt(path: string): Promise<readonly string[]> {
  const there = await stat(path).catch((thrown) => {
    throw new Failure('not-found', `There is nothing at ${path}.`, 'Check the path.', { cause: thrown });
  });
  if (!there.isDirectory()) return [path];
  const names = (await readdir(path)).filter((name) => NAMES.test(name)).sort();
  if (names.length === 0) {
    throw new Failure('not-found', `There are no trace files in ${path}.`, 'They end in .json, .jsonl or .json.gz.');
  }
  return names.map((name) => join(path, name));
}

function tooMany(path: string): Failure {
  return new Failure('too-large', `${path} holds more than ${TRACES_LIMIT} traces.`, 'Split it by time.');
}
