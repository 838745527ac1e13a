import { z } from 'zod';
import { Failure } from '../failure.ts';
import { traceIdOf } from '../formats/ids.ts';
import { Collected } from '../formats/reading.ts';
import { readTempoProtobuf } from '../formats/tempo-protobuf.ts';
import { microsOfNanos } from '../formats/times.ts';
import { TraceText } from '../formats/trace-text.ts';
import type { SpanRecord } from '../model/span.ts';
import type { EpochMicros, Micros, TraceId } from '../model/units.ts';
import type { Missing, TraceHit, TraceQuery } from '../ports/trace-backend.ts';
import { type Answer, bytesOf, jsonOf, strange } from './answer.ts';
import type { Client } from './client.ts';
import { ranked } from './found-traces.ts';
import { isPage, pageInstead } from './refusal.ts';
import { askForSlowest } from './slowest.ts';
import { type Dialect, traceQl } from './traceql.ts';

/** The HTTP API of Grafana Tempo, which VictoriaTraces and others speak in part. */
export type TempoApi = {
  services(from: EpochMicros, to: EpochMicros, signal: AbortSignal): Promise<readonly string[]>;
  search(query: TraceQuery, signal: AbortSignal): Promise<readonly TraceHit[]>;
  trace(traceId: TraceId, signal: AbortSignal, missing?: Missing): Promise<readonly (readonly SpanRecord[])[]>;
};

/** A server without `most_recent` gives the first traces that it meets; of more of them the latest are later. */
const GENEROSITY = 4;

const Found = z.object({
  traceID: z.string(),
  startTimeUnixNano: z.union([z.string(), z.number()]).optional(),
  durationMs: z.number().optional(),
  rootTraceName: z.string().optional(),
  serviceStats: z.record(z.string(), z.object({ errorCount: z.number().optional() })).optional(),
});

/** proto3 JSON leaves out what is empty: an answer without any of its members is empty altogether, or somebody else's. */
function sparse<Shape extends z.ZodRawShape>(shape: Shape) {
  const members = new Set(['metrics', 'status', ...Object.keys(shape)]);
  return z.looseObject(shape).refine((value) => {
    const keys = Object.keys(value);
    return keys.length === 0 || keys.some((key) => members.has(key));
  }, 'has none of the members that Tempo answers');
}

const Search = sparse({ traces: z.array(Found).nullish() });
const Values = sparse({ tagValues: z.array(z.object({ value: z.string() })).nullish() });
const OldValues = sparse({ tagValues: z.array(z.string()).nullish() });

export function tempoApi(client: Client): TempoApi {
  let dialect: Dialect = { traceDuration: true, mostRecent: true };
  let version: 1 | 2 | undefined;

  async function services(from: EpochMicros, to: EpochMicros, signal: AbortSignal): Promise<readonly string[]> {
    signal.throwIfAborted();
    const params = windowOf(from, to);
    const modern = await client.ask(
      { path: '/api/v2/search/tag/resource.service.name/values', params, answers: [404] },
      async (answer) => (answer.status === 404 ? undefined : jsonOf(answer, Values)),
      signal,
    );
    if (modern !== undefined) return (modern.tagValues ?? []).map(({ value }) => value).toSorted();
    const path = '/api/search/tag/service.name/values';
    const old = await client.ask({ path, params }, (answer) => jsonOf(answer, OldValues), signal);
    return (old.tagValues ?? []).toSorted();
  }

  async function search(query: TraceQuery, signal: AbortSignal): Promise<readonly TraceHit[]> {
    signal.throwIfAborted();
    if (query.limit <= 0) return [];
    const all = new Map<TraceId, TraceHit>();
    const ask = async (least: Micros) => {
      const hits = await page(query, least, signal);
      for (const hit of hits) if (overlaps(hit, query)) all.set(hit.traceId, hit);
      return hits.map((hit) => hit.duration);
    };
    if (query.order === 'latest' || !dialect.traceDuration) await ask(0);
    else await askForSlowest(0, query.limit, ask);
    return ranked([...all.values()], query);
  }

  /** One search; a server that does not know a word of ours is asked again without it, and from then on. */
  async function page(query: TraceQuery, least: Micros, signal: AbortSignal): Promise<readonly TraceHit[]> {
    const params: readonly (readonly [string, string])[] = [
      ['q', traceQl(query, least, dialect)],
      // One more than wanted, to know whether there are more; several times as many where any may come first.
      ['limit', String(dialect.mostRecent ? query.limit + 1 : query.limit * GENEROSITY)],
      ['spss', '1'],
      ...windowOf(query.from, query.to),
    ];
    try {
      const { traces } = await client.ask({ path: '/api/search', params }, (answer) => jsonOf(answer, Search), signal);
      return (traces ?? []).flatMap((trace) => hitOf(trace, query.errors === true));
    } catch (thrown) {
      const simpler = simplerThan(dialect);
      if (!(thrown instanceof Failure) || thrown.kind !== 'refused' || simpler === undefined) throw thrown;
      dialect = simpler;
      return page(query, least, signal);
    }
  }

  /** Version 2 tells when a trace was cut (`PARTIAL`); old servers have only version 1. */
  async function trace(
    traceId: TraceId,
    signal: AbortSignal,
    missing?: Missing,
  ): Promise<readonly (readonly SpanRecord[])[]> {
    if (version !== 1) {
      const found = await traceOf(2, traceId, signal, missing);
      if (found !== undefined) {
        version = 2;
        return found;
      }
      if (version === 2) return [];
    }
    const found = await traceOf(1, traceId, signal, missing);
    if (found === undefined) return [];
    version = 1;
    return found;
  }

  function traceOf(
    asked: 1 | 2,
    traceId: TraceId,
    signal: AbortSignal,
    missing: Missing | undefined,
  ): Promise<readonly (readonly SpanRecord[])[] | undefined> {
    const path = asked === 2 ? `/api/v2/traces/${traceId}` : `/api/traces/${traceId}`;
    // Tempo compares this header as a whole, so nothing may stand beside it.
    const headers = { accept: 'application/protobuf' };
    return client.ask({ path, headers, answers: [404, 422] }, (answer) => spansIn(answer, asked, missing), signal);
  }

  return { services, search, trace };
}

/** How a JSON answer ends that holds only a part of its trace; a span's own status is an object. */
const PARTIAL = /"status"\s*:\s*"PARTIAL"/;
const TAIL = 1_024;

function beyondItsLimit(title: string): Failure {
  return new Failure(
    'too-large',
    `${title} does not give out a trace that is larger than its limit.`,
    'Raise `max_bytes_per_trace` there, or look at a smaller trace.',
  );
}

/** Servers that cannot write protobuf answer JSON all the same. */
async function spansIn(
  answer: Answer,
  version: 1 | 2,
  missing: Missing | undefined,
): Promise<readonly (readonly SpanRecord[])[] | undefined> {
  const bytes = await bytesOf(answer);
  if (answer.status === 422) throw beyondItsLimit(answer.title);
  if (answer.status === 404) {
    if (isPage(answer.contentType, bytes)) throw pageInstead(answer.title);
    return undefined;
  }
  const collected = new Collected();
  const cut = () => missing?.(`${answer.title} cuts traces that are larger than its limit`);
  try {
    if (bytes[0] === 0x7b) {
      if (PARTIAL.test(bytes.toString('utf8', Math.max(0, bytes.length - TAIL)))) cut();
      return spansOfJson(bytes);
    }
    if (readTempoProtobuf(bytes, version, collected) === 'cut') cut();
  } catch (thrown) {
    if (thrown instanceof Failure) throw strange(answer.title, thrown.message, thrown);
    throw thrown;
  }
  return collected.take();
}

function spansOfJson(bytes: Buffer): readonly (readonly SpanRecord[])[] {
  const text = new TraceText('answer');
  return [...text.push(bytes), ...text.end()];
}

function hitOf(trace: z.output<typeof Found>, failed: boolean): readonly TraceHit[] {
  // Tempo drops leading zeros here (grafana/tempo#4723).
  const traceId = traceIdOf(trace.traceID);
  const start = microsOfNanos(trace.startTimeUnixNano ?? 0);
  if (traceId === undefined || start === undefined) return [];
  const errors = Object.values(trace.serviceStats ?? {}).some((service) => (service.errorCount ?? 0) > 0);
  // A trace whose root has not arrived is called so.
  const entry = trace.rootTraceName === '<root span not yet received>' ? undefined : trace.rootTraceName;
  const duration = (trace.durationMs ?? 0) * 1_000;
  return [{ traceId, start, duration, error: failed || errors, ...(entry === undefined ? {} : { entry }) }];
}

/** Tempo reads whole blocks of time; what lies outside ends here. Which span matched is not told, so the trace decides. */
function overlaps(hit: TraceHit, query: TraceQuery): boolean {
  return hit.start <= query.to && hit.start + hit.duration + 1_000 >= query.from;
}

/** Whole seconds, at least one. Without both ends only what has just arrived is searched. */
function windowOf(from: EpochMicros, to: EpochMicros): readonly (readonly [string, string])[] {
  const start = Math.floor(Math.max(0, from) / 1_000_000);
  const end = Math.max(start + 1, Math.ceil(Math.max(0, to) / 1_000_000));
  return [
    ['start', String(start)],
    ['end', String(end)],
  ];
}

function simplerThan(dialect: Dialect): Dialect | undefined {
  if (dialect.mostRecent) return { ...dialect, mostRecent: false };
  return dialect.traceDuration ? { traceDuration: false, mostRecent: false } : undefined;
}
