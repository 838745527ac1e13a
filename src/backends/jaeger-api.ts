import { z } from 'zod';
import { spellingsOf } from '../formats/semantic-conventions.ts';
import type { SpanRecord } from '../model/span.ts';
import type { EpochMicros, Micros, TraceId } from '../model/units.ts';
import type { TraceQuery } from '../ports/trace-backend.ts';
import { bytesOf, jsonOf, readSpans, strange } from './answer.ts';
import type { Client, Request } from './client.ts';
import { isPage, pageInstead } from './refusal.ts';

/** Jaeger refuses more than 1,500, VictoriaTraces more than 1,000. */
const DEPTH = 1_000;
/** Old and new names of several attributes multiply; more searches than this are not made. */
const SEARCHES = 8;

/** One of the two HTTP APIs of Jaeger, which VictoriaTraces, Quickwit and others speak as well. */
export type JaegerApi = {
  services(signal: AbortSignal): Promise<readonly string[]>;
  /** Whole traces of one service (or of all, where the store can), the latest first. */
  search(question: JaegerQuestion, begin: Begin, signal: AbortSignal): Promise<void>;
  trace(traceId: TraceId, signal: AbortSignal): Promise<readonly (readonly SpanRecord[])[]>;
};

/**
 * Where spans go, batch by batch. An answer that breaks off is asked for again and begins anew, so that what came before
 * must not count twice.
 */
export type Begin = () => (spans: readonly SpanRecord[]) => void;

export type JaegerQuestion = {
  readonly service: string | undefined;
  readonly operation: string | undefined;
  readonly from: EpochMicros;
  readonly to: EpochMicros;
  readonly minDuration: Micros;
  readonly limit: number;
  /** All must hold for one span. */
  readonly tags: Readonly<Record<string, string>>;
};

/**
 * `/api/v3`, which answers in OTLP: exact to the nanosecond, with links and scopes. Servers before 2.19 know neither
 * `attributes` nor camel case, servers after it still know the old names, so both are sent where they differ.
 */
export function jaegerV3(client: Client): JaegerApi {
  return {
    async services(signal) {
      const shape = z.strictObject({ services: z.array(z.string()).nullish() });
      const { services } = await client.ask({ path: '/api/v3/services' }, (answer) => jsonOf(answer, shape), signal);
      return (services ?? []).toSorted();
    },
    search: (question, begin, signal) => {
      const { service, operation, tags, limit, minDuration } = question;
      const depth = String(Math.min(limit, DEPTH));
      const params: (readonly [string, string])[] = [
        ['query.start_time_min', rfc3339(question.from)],
        ['query.start_time_max', rfc3339(question.to)],
        ['query.num_traces', depth],
        ['query.search_depth', depth],
        ['query.raw_traces', 'true'],
      ];
      if (service !== undefined) params.push(['query.service_name', service]);
      if (operation !== undefined) params.push(['query.operation_name', operation]);
      if (minDuration > 0) params.push(['query.duration_min', `${minDuration}us`]);
      if (Object.keys(tags).length > 0) params.push(['query.attributes', JSON.stringify(tags)]);
      return spansOf(client, { path: '/api/v3/traces', params }, begin, signal);
    },
    trace: (traceId, signal) =>
      collected((begin) =>
        spansOf(client, { path: `/api/v3/traces/${traceId}`, params: [['raw_traces', 'true']] }, begin, signal),
      ),
  };
}

/** `/api`, the JSON of Jaeger's own page; microseconds everywhere. Only parameters that every server knows are sent. */
export function jaegerV1(client: Client): JaegerApi {
  return {
    async services(signal) {
      const shape = z.object({ data: z.array(z.string()).nullable() });
      const { data } = await client.ask({ path: '/api/services' }, (answer) => jsonOf(answer, shape), signal);
      return (data ?? []).toSorted();
    },
    search: (question, begin, signal) => {
      const { service, operation, tags, limit, minDuration } = question;
      const params: (readonly [string, string])[] = [
        ['service', service ?? ''],
        ['start', String(Math.max(0, question.from))],
        ['end', String(Math.max(0, question.to))],
        ['limit', String(Math.min(limit, DEPTH))],
      ];
      if (operation !== undefined) params.push(['operation', operation]);
      // Quickwit knows milliseconds only; what that lets through is judged here anyway.
      if (minDuration >= 1_000) params.push(['minDuration', `${Math.floor(minDuration / 1_000)}ms`]);
      if (Object.keys(tags).length > 0) params.push(['tags', JSON.stringify(tags)]);
      return spansOf(client, { path: '/api/traces', params }, begin, signal);
    },
    trace: (traceId, signal) =>
      collected((begin) => spansOf(client, { path: `/api/traces/${traceId}` }, begin, signal)),
  };
}

/**
 * What must be asked to find every spelling of the wanted attributes: one set of tags a search, since within a search all
 * must hold. `carriers` are the prefixes under which a store keeps attributes (VictoriaTraces tells span and resource apart).
 */
export function tagSets(
  query: TraceQuery,
  carriers: readonly string[] = [''],
): readonly Readonly<Record<string, string>>[] {
  let sets: Record<string, string>[] = [query.errors === true ? { error: 'true' } : {}];
  for (const [key, value] of Object.entries(query.attributes ?? {})) {
    const names = spellingsOf(key).flatMap((name) => carriers.map((carrier) => `${carrier}${name}`));
    sets = names.flatMap((name) => sets.map((set) => ({ ...set, [name]: value }))).slice(0, SEARCHES);
  }
  return sets;
}

/** Statuses that say "nothing there": 404 with an error in JSON. A 404 without one is a wrong address. */
async function spansOf(client: Client, request: Request, begin: Begin, signal: AbortSignal): Promise<void> {
  const { path } = request;
  await client.ask(
    { ...request, answers: [404] },
    async (answer) => {
      if (answer.status !== 404) return readSpans(answer, begin());
      const body = await bytesOf(answer);
      if (isPage(answer.contentType, body)) throw pageInstead(answer.title);
      // Each API wraps it in its own way; whoever does not speak them answers `404 page not found`.
      if (!/"(error|errors|data)"\s*:/.test(body.toString('utf8'))) throw strange(answer.title, `404 at ${path}`);
    },
    signal,
  );
}

async function collected(read: (begin: Begin) => Promise<void>): Promise<readonly (readonly SpanRecord[])[]> {
  let batches: (readonly SpanRecord[])[] = [];
  await read(() => {
    batches = [];
    return (batch) => batches.push(batch);
  });
  return batches;
}

function rfc3339(micros: EpochMicros): string {
  const bounded = Math.max(0, micros);
  const rest = String(bounded % 1_000).padStart(3, '0');
  return new Date(Math.floor(bounded / 1_000)).toISOString().replace('Z', `${rest}Z`);
}
