import { Failure } from '../../src/failure.ts';
import { carries, wantedAttributes } from '../../src/formats/span-signs.ts';
import type { Alert } from '../../src/model/alert.ts';
import type { SpanRecord } from '../../src/model/span.ts';
import { MILLISECOND, SECOND } from '../../src/model/units.ts';
import type { TraceBackend, TraceHit, TraceQuery } from '../../src/ports/trace-backend.ts';

export const T0 = 1_790_000_000 * SECOND;

/** A backend over spans in memory, by the port's words, that remembers what it was asked. */
export function memoryBackend(spans: readonly SpanRecord[] | (() => readonly SpanRecord[])) {
  const all = typeof spans === 'function' ? spans : () => spans;
  const queries: TraceQuery[] = [];
  const fetched: string[][] = [];
  const backend: TraceBackend = {
    title: 'memory',
    async *fetch(traceIds, signal) {
      signal.throwIfAborted();
      fetched.push([...traceIds]);
      const byTrace = Map.groupBy(all(), (span) => span.traceId);
      for (const traceId of new Set(traceIds)) {
        const found = byTrace.get(traceId);
        if (found !== undefined) yield found;
      }
    },
    async search(query, signal) {
      signal.throwIfAborted();
      queries.push(query);
      return searchIn(all(), query);
    },
    services: async () => [...new Set(all().map((span) => span.service))].toSorted(),
    linkTo: () => undefined,
    check: async () => ({ ok: true, detail: '' }),
  };
  return { backend, queries, fetched };
}

function searchIn(spans: readonly SpanRecord[], query: TraceQuery): readonly TraceHit[] {
  const wanted = wantedAttributes(query.attributes);
  const hits: TraceHit[] = [];
  for (const [traceId, members] of Map.groupBy(spans, (span) => span.traceId)) {
    const matches = members.some(
      (span) =>
        span.start >= query.from &&
        span.start <= query.to &&
        (query.service ?? span.service) === span.service &&
        (query.operation ?? span.name) === span.name &&
        (query.errors !== true || span.status === 'error') &&
        carries(span.attributes, span.resource, wanted),
    );
    if (!matches) continue;
    const start = members.reduce((least, span) => Math.min(least, span.start), Number.POSITIVE_INFINITY);
    const end = members.reduce((most, span) => Math.max(most, span.end), 0);
    const entry = members.find((span) => span.parentSpanId === undefined)?.name;
    hits.push({
      traceId,
      start,
      duration: end - start,
      error: members.some((span) => span.status === 'error'),
      ...(entry === undefined ? {} : { entry }),
    });
  }
  return hits
    .sort((a, b) => (query.order === 'latest' ? b.start - a.start : b.duration - a.duration))
    .slice(0, query.limit);
}

/** Single-span requests, `every` seconds apart, the first `fromSeconds` before or after the alert at `T0`. */
export function requests(
  service: string,
  fromSeconds: number,
  count: number,
  every = 1,
  given: (n: number) => Partial<SpanRecord> = () => ({}),
): SpanRecord[] {
  return Array.from({ length: count }, (_, n) => {
    const start = T0 + Math.round((fromSeconds + n * every) * SECOND);
    const own = Buffer.from(`${service}${fromSeconds}${every}`).toString('hex').slice(0, 20).padStart(20, '0');
    const number = n.toString(16).padStart(12, '0');
    return {
      traceId: own + number,
      spanId: `abcd${number}`,
      service,
      name: 'GET /',
      kind: 'server',
      start,
      end: start + 20 * MILLISECOND,
      status: 'unset',
      attributes: {},
      resource: {},
      events: [],
      links: [],
      ...given(n),
    };
  });
}

export function alert(given: Partial<Alert> = {}): Alert {
  return {
    source: 'pagerduty',
    id: 'P1',
    delivery: 'd',
    event: 'triggered',
    title: 'x',
    occurredAt: T0,
    startedAt: T0,
    links: {},
    labels: {},
    traceIds: [],
    ...given,
  };
}

export const clockAt = (now: number) => ({ now: () => now });

export const broken = () => new Failure('unreachable', 'It does not answer.', 'Look after it.');
