import { describe, expect, test } from 'vitest';
import { readBackend, type Step } from '../../src/investigation/from-backend.ts';
import type { SpanRecord } from '../../src/model/span.ts';
import { at, MINUTE, SECOND } from '../../src/model/units.ts';
import type { TraceBackend, TraceQuery } from '../../src/ports/trace-backend.ts';

const T0 = 1_790_000_000 * SECOND;
const { signal } = new AbortController();
const quiet = { progress: () => {}, signal };

/** One request of a service each second; slow and failed where it says so. */
function request(service: string, second: number, failed = false): SpanRecord {
  const start = T0 + second * SECOND;
  const id = (second + 100_000).toString(16);
  return {
    traceId: `${Buffer.from(service).toString('hex')}${id}`.padStart(32, '0'),
    spanId: id.padStart(16, '1'),
    service,
    name: `GET /${service}`,
    kind: 'server',
    start,
    end: start + (failed ? 900_000 : 20_000),
    status: failed ? 'error' : 'unset',
    attributes: {},
    resource: { 'service.name': service },
    events: [],
    links: [],
  };
}

function memory(spans: readonly SpanRecord[], parts: Partial<TraceBackend> = {}) {
  const queries: TraceQuery[] = [];
  const backend: TraceBackend = {
    title: 'memory',
    async *fetch(ids) {
      yield spans.filter((span) => ids.includes(span.traceId));
    },
    async search(query) {
      queries.push(query);
      return spans
        .filter(
          ({ service, name, start, status }) =>
            start >= query.from &&
            start <= query.to &&
            (query.service ?? service) === service &&
            (query.operation ?? name) === name &&
            (query.errors !== true || status === 'error'),
        )
        .slice(-query.limit)
        .map(({ traceId, start, end, status }) => ({
          traceId,
          start,
          duration: end - start,
          error: status === 'error',
        }));
    },
    services: async () => [...new Set(spans.map(({ service }) => service))].toSorted(),
    linkTo: () => undefined,
    check: async () => ({ ok: true, detail: '' }),
    ...parts,
  };
  return { backend, queries };
}

const seconds = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index);
const sideAt = (read: Awaited<ReturnType<typeof readBackend>>, second: number): number | undefined => {
  const ordinal = read.table.traceIds.findIndex(
    (_, each) => read.table.epoch + at(read.table.start, at(read.table.first, each)) === T0 + second * SECOND,
  );
  return read.baseline[ordinal];
};

describe('a service in a window', () => {
  const window = { by: 'window', service: 'cart', from: T0, to: T0 + 2 * MINUTE } as const;

  test('what lies in it is suspected, what went before is the baseline, of this service alone', async () => {
    const spans = seconds(-300, 120).flatMap((second) => [
      request('cart', second, second >= 0),
      request('mail', second),
    ]);
    const read = await readBackend({ ...quiet, backend: memory(spans).backend }, window);
    expect(sideAt(read, -10)).toBe(1);
    expect(sideAt(read, 10)).toBe(0);
    expect(read.gathering).toMatchObject({ backend: 'memory', scope: { services: ['cart'], from: T0, to: window.to } });
    expect(read.gathering.suspects).toBeGreaterThan(50);
    expect(read.gathering.baseline).toBeGreaterThan(50);
    expect(read.gathering.suspects + read.gathering.baseline).toBe(read.table.traces);
  });

  test('where the trouble began inside the window, what went before that is baseline too', async () => {
    const spans = seconds(-300, 120).map((second) => request('cart', second, second >= 60));
    const read = await readBackend({ ...quiet, backend: memory(spans).backend }, window);
    expect(read.gathering.scope.from).toBe(T0 + 60 * SECOND);
    expect([sideAt(read, 59), sideAt(read, 60)]).toEqual([1, 0]);
  });

  test('an operation narrows every search, and no slice reaches beyond the window into the other side', async () => {
    const { backend, queries } = memory(seconds(-300, 120).map((second) => request('cart', second)));
    await readBackend({ ...quiet, backend }, { ...window, operation: 'GET /cart' });
    for (const { from, to, service, operation } of queries) {
      expect([service, operation]).toEqual(['cart', 'GET /cart']);
      expect(from).toBeLessThan(to);
      expect(to < T0 || from >= T0).toBe(true);
    }
    expect(Math.min(...queries.map(({ from }) => from))).toBe(T0 - 10 * MINUTE);
  });

  test('what a backend says is missing is told once, before anything else', async () => {
    const spans = seconds(-300, 120).map((second) => request('cart', second));
    const whole = memory(spans).backend;
    const { backend } = memory(spans, {
      search: (query, own, missing) => {
        missing?.('Spans are missing: Tempo does not answer');
        return whole.search(query, own);
      },
    });
    const read = await readBackend({ ...quiet, backend }, window);
    expect(read.gathering.notes).toEqual(['Spans are missing: Tempo does not answer']);
  });

  test('the steps are announced before they are taken, and add up', async () => {
    const steps: Step[] = [];
    const { backend } = memory(seconds(-300, 120).map((second) => request('cart', second)));
    await readBackend({ backend, signal, progress: (step) => steps.push(step) }, window);
    for (const stage of ['searching', 'reading'] as const) {
      const own = steps.filter((step) => step.stage === stage);
      expect(own[0]?.done).toBe(0);
      expect(own.at(-1)?.done).toBe(own.at(-1)?.of);
      expect(own.map(({ done }) => done)).toEqual(own.map(({ done }) => done).toSorted((a, b) => a - b));
    }
  });

  test('a service in another case is found where the store lowers names', async () => {
    const { backend } = memory(
      seconds(-60, 60).map((second) => request('cart', second)),
      {
        search: async () => [{ traceId: request('cart', 1).traceId, start: T0 + SECOND, duration: 1, error: false }],
      },
    );
    await expect(readBackend({ ...quiet, backend }, { ...window, service: 'Cart' })).resolves.toBeDefined();
  });

  test('an abort rejects with its reason', async () => {
    const reason = new Error('enough');
    const { backend } = memory([request('cart', 1)], {
      async services(_from, _to, own) {
        own.throwIfAborted();
        return [];
      },
    });
    await expect(readBackend({ ...quiet, backend, signal: AbortSignal.abort(reason) }, window)).rejects.toBe(reason);
  });
});

describe('one trace', () => {
  test('stands against healthy ones of its service; others that failed are no company', async () => {
    const spans = seconds(-60, 60).map((second) => request('cart', second, second === 0 || second === 5));
    const { traceId } = request('cart', 0);
    const read = await readBackend({ ...quiet, backend: memory(spans).backend }, { by: 'trace', traceId });
    expect(read.focus).toBe(traceId);
    expect(read.gathering.suspects).toBe(1);
    expect(sideAt(read, 0)).toBe(0);
    expect(sideAt(read, 1)).toBe(1);
    expect(sideAt(read, 5)).toBeUndefined();
  });

  test('that is not there is told', async () => {
    const asking = readBackend({ ...quiet, backend: memory([]).backend }, { by: 'trace', traceId: 'f'.repeat(32) });
    await expect(asking).rejects.toMatchObject({ kind: 'not-found', message: expect.stringContaining('memory') });
  });
});
