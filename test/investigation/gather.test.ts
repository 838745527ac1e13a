import { describe, expect, test } from 'vitest';
import { gatherForAlert, gatherForTrace } from '../../src/investigation/gather.ts';
import type { Alert } from '../../src/model/alert.ts';
import type { Answered, Investigation } from '../../src/model/investigation.ts';
import type { SpanRecord } from '../../src/model/span.ts';
import { at, MILLISECOND, MINUTE, SECOND } from '../../src/model/units.ts';
import type { TraceBackend, TraceQuery } from '../../src/ports/trace-backend.ts';

const T0 = 1_790_000_000 * SECOND;
const signal = new AbortController().signal;
const quiet = { known: [], progress: async () => {}, signal };

describe('traces for an alert', () => {
  test('suspects since the onset, a baseline before it, of the service that the alert names', async () => {
    const spans = [...requests('cart', -60, 60), ...requests('mail', -60, 60)].map((span) =>
      span.start >= T0 - 20 * SECOND && span.service === 'cart' ? { ...span, status: 'error' as const } : span,
    );
    const { backend } = memory(spans);
    const gathered = await gatherForAlert(
      { backend, clock: clockAt(T0 + 5 * SECOND) },
      alert({ service: 'Cart' }),
      quiet,
    );
    expect(gathered.gathering.scope).toMatchObject({ services: ['cart'], from: T0 - 20 * SECOND });
    for (let ordinal = 0; ordinal < gathered.table.traces; ordinal += 1) {
      const row = at(gathered.table.first, ordinal);
      expect(gathered.table.text(at(gathered.table.service, row))).toBe('cart');
      expect(gathered.baseline[ordinal]).toBe(
        gathered.table.epoch + at(gathered.table.start, row) < T0 - 20 * SECOND ? 1 : 0,
      );
    }
    expect(gathered.gathering.baseline).toBeGreaterThan(20);
    expect(gathered.gathering.suspects).toBeGreaterThan(15);
  });

  test('a busy minute does not hide the hour: slices go back and each has its share', async () => {
    const { backend, queries } = memory([
      ...requests('cart', -3_000, 3_000, 1),
      ...requests('cart', -20, 2_000, 0.01, 'b'),
    ]);
    const gathered = await gatherForAlert({ backend, clock: clockAt(T0) }, alert({ service: 'cart' }), quiet);
    const starts = Array.from(
      { length: gathered.table.traces },
      (_, ordinal) => gathered.table.epoch + at(gathered.table.start, at(gathered.table.first, ordinal)),
    );
    expect(starts.filter((start) => start < T0 - 10 * MINUTE).length).toBeGreaterThan(80);
    expect(gathered.table.traces).toBeLessThan(1_500);
    for (const query of queries) expect(query.limit).toBeLessThanOrEqual(80);
  });

  test('nothing fits the name: all services are read, and the card says so', async () => {
    const { backend } = memory(requests('cart', -60, 60));
    const { gathering } = await gatherForAlert({ backend, clock: clockAt(T0) }, alert({ service: 'Finance' }), quiet);
    expect(gathering.scope.services).toEqual([]);
    expect(gathering.notes.join()).toContain('No service is called like the alert');
    expect(gathering.suspects + gathering.baseline).toBeGreaterThan(30);
  });

  test('traces of an earlier incident are no baseline', async () => {
    const spans = requests('cart', -120, 120);
    const { backend } = memory(spans);
    const earlier = { begun: T0 - 100 * SECOND, ended: T0 - 70 * SECOND };
    const gathered = await gatherForAlert({ backend, clock: clockAt(T0) }, alert({ service: 'cart' }), {
      ...quiet,
      known: [incident(earlier)],
    });
    for (const traceId of gathered.table.traceIds) {
      const start = spans.find((span) => span.traceId === traceId)?.start ?? 0;
      expect(start >= earlier.begun && start < earlier.ended).toBe(false);
    }
    expect(gathered.gathering.notes.join()).toContain('earlier incidents');
  });

  test('a trace that the alert names is read whenever it was, and is a suspect', async () => {
    const old = requests('cart', -7_200, 1)[0];
    const { backend } = memory([...(old === undefined ? [] : [old]), ...requests('cart', -60, 60, 1, 'c')]);
    const gathered = await gatherForAlert(
      { backend, clock: clockAt(T0) },
      alert({ service: 'cart', traceIds: [old?.traceId ?? ''] }),
      quiet,
    );
    expect(gathered.baseline[gathered.table.traceIds.indexOf(old?.traceId ?? '')]).toBe(0);
  });

  test('an abort reaches the backend', async () => {
    const abort = new AbortController();
    const { backend } = memory(requests('cart', -60, 60));
    const stubborn: TraceBackend = {
      ...backend,
      search: (_, given) => new Promise((_, reject) => given.addEventListener('abort', () => reject(given.reason))),
    };
    const going = gatherForAlert({ backend: stubborn, clock: clockAt(T0) }, alert({ service: 'cart' }), {
      ...quiet,
      signal: abort.signal,
    });
    setTimeout(() => abort.abort(new Error('enough')), 10);
    await expect(going).rejects.toThrow('enough');
  });
});

describe('one trace', () => {
  test('has healthy company of its service', async () => {
    const spans = requests('cart', -60, 60).map((span, n) =>
      n % 10 === 3 ? { ...span, status: 'error' as const } : span,
    );
    const { backend } = memory(spans);
    const focus = spans[13]?.traceId ?? '';
    const gathered = await gatherForTrace({ backend, clock: clockAt(T0) }, focus, quiet);
    expect(gathered?.focus).toBe(focus);
    expect(gathered?.gathering.suspects).toBe(1);
    expect(gathered?.gathering.baseline).toBe(54);
  });

  test('that nobody has is undefined', async () => {
    expect(
      await gatherForTrace({ backend: memory([]).backend, clock: clockAt(T0) }, 'f'.repeat(32), quiet),
    ).toBeUndefined();
  });
});

/** A backend over spans in memory, by the port's words, that remembers what it was asked. */
function memory(spans: readonly SpanRecord[]): { backend: TraceBackend; queries: TraceQuery[] } {
  const queries: TraceQuery[] = [];
  const backend: TraceBackend = {
    title: 'memory',
    async *fetch(traceIds) {
      const wanted = new Set(traceIds);
      yield spans.filter((span) => wanted.has(span.traceId));
    },
    async search(query) {
      queries.push(query);
      const hits = spans
        .filter(
          (span) =>
            span.start >= query.from &&
            span.start < query.to &&
            (query.service ?? span.service) === span.service &&
            (query.errors !== true || span.status === 'error'),
        )
        .map((span) => ({
          traceId: span.traceId,
          start: span.start,
          duration: span.end - span.start,
          error: span.status === 'error',
        }));
      return hits
        .toSorted((a, b) => (query.order === 'latest' ? b.start - a.start : b.duration - a.duration))
        .slice(0, query.limit);
    },
    services: async () => [...new Set(spans.map((span) => span.service))].toSorted(),
    linkTo: () => undefined,
    check: async () => ({ ok: true, detail: '' }),
  };
  return { backend, queries };
}

/** Single-span requests, `every` seconds apart, the first `fromSeconds` before or after the alert. */
function requests(service: string, fromSeconds: number, count: number, every = 1, mark = 'a'): SpanRecord[] {
  return Array.from({ length: count }, (_, n) => {
    const start = T0 + Math.round((fromSeconds + n * every) * SECOND);
    const id =
      Buffer.from(`${service}${mark}${fromSeconds}`).toString('hex').slice(0, 20) + n.toString(16).padStart(12, '0');
    return {
      traceId: id.padStart(32, '0'),
      spanId: id.slice(-16).padStart(16, '0'),
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
    };
  });
}

function alert(given: Partial<Alert>): Alert {
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

/** An answered investigation of something else, as far as gathering looks at it. */
function incident({ begun, ended }: { begun: number; ended: number }): Investigation {
  const answered: Answered = {
    status: 'answered',
    id: 'earlier',
    trigger: { kind: 'alert', alert: alert({ id: 'P0', startedAt: begun }) },
    channel: 'c',
    openedAt: begun,
    answeredAt: begun,
    repeats: 0,
    rechecks: [],
    gathering: {
      backend: 'memory',
      scope: { services: [], from: begun, to: ended, traceIds: [] },
      suspects: 1,
      baseline: 1,
      spans: 2,
      notes: [],
    },
    analysis: {
      verdict: { kind: 'cannot-tell', confidence: 'low', hypotheses: [], missing: [], model: 'rca-1' },
      findings: [],
      impact: { affected: 1, examined: 1, since: begun, lastSeen: ended },
      culpritSpans: [],
      counts: { suspects: 1, baseline: 1, spans: 2 },
    },
  };
  return answered;
}

function clockAt(now: number) {
  return { now: () => now };
}
