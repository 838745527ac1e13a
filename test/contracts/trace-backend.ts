import { beforeAll, describe, expect, test } from 'vitest';
import { BATCH_LIMIT, type SpanRecord } from '../../src/model/span.ts';
import type { TraceBackend, TraceQuery } from '../../src/ports/trace-backend.ts';

/** Noon of some day. */
const NOON = 1_795_348_800_000_000;

/** Quotes, slashes, spaces, backslashes, signs of URLs, SQL, TraceQL and people. */
const HOSTILE = {
  service: `we"ird/sh'op \\ 100% {a} \`b\``,
  operation: `GET /a?b=c&d="e" or 'f'; -- /* ü 🛒`,
  key: `quote"'key`,
  value: `va'l\\ue" || true || "`,
} as const;

type Sketch = {
  readonly trace: number;
  readonly span: number;
  readonly parent?: number;
  readonly service: string;
  readonly name: string;
  /** Milliseconds after noon. */
  readonly from: number;
  readonly to: number;
  readonly failed?: boolean;
  readonly attributes?: SpanRecord['attributes'];
  readonly version?: string;
};

/**
 * ```
 *   trace 1  0 ─ 100 ms    shop GET /cart ─ stock read               healthy
 *   trace 2  1 s, 900 ms   shop GET /cart ─ stock read, in error     slow
 *   trace 3  2 s, 50 ms    shop POST /pay, version 2                 healthy
 *   trace 4  3 s, 10 ms    stock sweep                               error.type only
 *   trace 5  an hour before, 10 ms                                   names that end strings elsewhere
 * ```
 */
const SKETCHES: readonly Sketch[] = [
  {
    trace: 5,
    span: 7,
    service: HOSTILE.service,
    name: HOSTILE.operation,
    from: -3_600_000,
    to: -3_599_990,
    attributes: { [HOSTILE.key]: HOSTILE.value },
  },
  { trace: 1, span: 1, service: 'shop', name: 'GET /cart', from: 0, to: 100 },
  {
    trace: 1,
    span: 2,
    parent: 1,
    service: 'stock',
    name: 'read',
    from: 10,
    to: 60,
    attributes: { 'db.system': 'redis' },
  },
  {
    trace: 2,
    span: 3,
    service: 'shop',
    name: 'GET /cart',
    from: 1_000,
    to: 1_900,
    attributes: { 'http.response.status_code': 503 },
  },
  {
    trace: 2,
    span: 4,
    parent: 3,
    service: 'stock',
    name: 'read',
    from: 1_010,
    to: 1_890,
    failed: true,
    attributes: { tags: ['a', 'b'] },
  },
  { trace: 3, span: 5, service: 'shop', name: 'POST /pay', from: 2_000, to: 2_050, version: '2' },
  {
    trace: 4,
    span: 6,
    service: 'stock',
    name: 'sweep',
    from: 3_000,
    to: 3_010,
    attributes: { 'error.type': 'Timeout' },
  },
];

/** Spans that every backend is filled with before the suite asks about them. */
export const CONTRACT_SPANS: readonly SpanRecord[] = SKETCHES.map((sketch) => ({
  traceId: traceId(sketch.trace),
  spanId: sketch.span.toString(16).padStart(16, '0'),
  ...(sketch.parent === undefined ? {} : { parentSpanId: sketch.parent.toString(16).padStart(16, '0') }),
  service: sketch.service,
  name: sketch.name,
  kind: 'server',
  start: NOON + sketch.from * 1_000,
  end: NOON + sketch.to * 1_000,
  status: sketch.failed === true ? 'error' : 'unset',
  ...(sketch.failed === true ? { statusMessage: 'no answer' } : {}),
  attributes: sketch.attributes ?? {},
  resource: { 'service.name': sketch.service, 'service.version': sketch.version ?? '1' },
  events:
    sketch.failed === true
      ? [{ name: 'exception', time: NOON + 1_500_000, attributes: { 'exception.type': 'E' } }]
      : [],
  links: sketch.span === 5 ? [{ traceId: traceId(1), spanId: '0000000000000001', attributes: {} }] : [],
  scope: 'contract',
}));

/** Names that would widen a search if they were pasted into a query. */
const BREAKOUTS = [
  `x" || true || "x`,
  `x\\" || true || \\"x`,
  `x' OR 1=1 --`,
  `x\\' OR 1=1 --`,
  `x\n} || { true`,
  `shop" } with(most_recent=false) #`,
  'x and service.version=1',
  '*',
  '%',
  '../../services',
  '{service:String}',
  '',
] as const;

function traceId(number: number): string {
  return number.toString(16).padStart(32, '0');
}

const ALWAYS = { from: NOON - 1, to: NOON + 10_000_000, order: 'latest', limit: 100 } as const satisfies TraceQuery;

/** What a store cannot do, because it does not keep or does not answer it. A backend with none of these is whole. */
export type Loss =
  /** All services ever seen, whatever the window. */
  | 'services-of-all-time'
  /** A hit is marked as failed by the status of its spans only. */
  | 'error-flag-by-status'
  /** Names are kept in lower case. */
  | 'letter-case'
  | 'links'
  /** Lists become texts, so that nothing is found by an entry. */
  | 'lists'
  /** A hit does not tell what the request asked for. */
  | 'entry'
  /** The window is about the trace, not about the matching span. */
  | 'window-of-the-trace';

export type Losses = {
  readonly losses?: readonly Loss[];
  /** The span as the store gives it back, where that is not the span as it was sent. */
  readonly comesBackAs?: (span: SpanRecord) => SpanRecord;
  /** What the store says of its answers beside the spans, which then must be passed on. */
  readonly tells?: RegExp;
};

/** What every `TraceBackend` must do. `open` makes one that holds exactly `CONTRACT_SPANS`; it is asked once. */
export function traceBackendContract(
  name: string,
  open: () => Promise<TraceBackend>,
  { losses = [], comesBackAs = (span) => span, tells }: Losses = {},
): void {
  const lost = (loss: Loss): boolean => losses.includes(loss);
  describe(`${name} keeps the contract of a trace backend`, () => {
    let backend: TraceBackend;
    const { signal } = new AbortController();

    beforeAll(async () => {
      backend = await open();
    });

    async function fetched(...numbers: number[]): Promise<readonly SpanRecord[]> {
      const spans: SpanRecord[] = [];
      for await (const batch of backend.fetch(numbers.map(traceId), signal)) {
        expect(batch.length).toBeLessThanOrEqual(BATCH_LIMIT);
        spans.push(...batch);
      }
      return spans.sort((left, right) => (left.spanId < right.spanId ? -1 : 1));
    }

    function entry(name: string): { readonly entry?: string } {
      if (lost('entry')) return {};
      return { entry: lost('letter-case') ? name.toLowerCase() : name };
    }

    async function found(query: Partial<TraceQuery>): Promise<readonly number[]> {
      const hits = await backend.search({ ...ALWAYS, ...query }, signal);
      return hits.map((hit) => Number(`0x${hit.traceId}`));
    }

    test('a trace comes back whole, under today’s attribute names', async () => {
      const expected = CONTRACT_SPANS.filter((span) => span.traceId === traceId(1) || span.traceId === traceId(2));
      const renamed = expected.map((span) =>
        'db.system' in span.attributes ? { ...span, attributes: { 'db.system.name': 'redis' } } : span,
      );
      expect(await fetched(1, 2)).toEqual(renamed.map(comesBackAs));
      expect((await fetched(3))[0]?.links).toEqual(
        lost('links') ? [] : [{ traceId: traceId(1), spanId: '0000000000000001', attributes: {} }],
      );
    });

    test('unknown ids are simply not there, and one asked for twice comes once', async () => {
      expect(await fetched(77)).toEqual([]);
      expect(await fetched()).toEqual([]);
      expect(await fetched(3, 77, 3)).toHaveLength(1);
    });

    test('hits carry the bounds of the whole trace, latest first', async () => {
      expect(await backend.search({ ...ALWAYS, service: 'stock' }, signal)).toEqual([
        {
          traceId: traceId(4),
          start: NOON + 3_000_000,
          duration: 10_000,
          error: !lost('error-flag-by-status'),
          ...entry('sweep'),
        },
        { traceId: traceId(2), start: NOON + 1_000_000, duration: 900_000, error: true, ...entry('GET /cart') },
        { traceId: traceId(1), start: NOON, duration: 100_000, error: false, ...entry('GET /cart') },
      ]);
    });

    test('what the store says is missing is told to whoever takes notes, and nothing else is', async () => {
      const notes: string[] = [];
      const take = (note: string) => notes.push(note);
      for await (const _ of backend.fetch([traceId(1), traceId(2)], signal, take));
      await backend.search({ ...ALWAYS, service: 'stock' }, signal, take);
      await backend.services(ALWAYS.from, ALWAYS.to, signal, take);
      if (tells === undefined) return expect(notes).toEqual([]);
      expect(notes.length).toBeGreaterThan(0);
      for (const note of notes) expect(note).toMatch(tells);
    });

    test('slowest first, and no more than the limit', async () => {
      expect(await found({ order: 'slowest' })).toEqual([2, 1, 3, 4]);
      expect(await found({ order: 'slowest', limit: 2 })).toEqual([2, 1]);
      expect(await found({ limit: 1 })).toEqual([4]);
      expect(await found({ limit: 0 })).toEqual([]);
    });

    test('each member narrows, and all must hold for one span', async () => {
      expect(await found({ service: 'shop' })).toEqual([3, 2, 1]);
      expect(await found({ service: 'Shop' })).toEqual(lost('letter-case') ? [3, 2, 1] : []);
      expect(await found({ operation: 'read' })).toEqual([2, 1]);
      expect(await found({ service: 'shop', operation: 'read' })).toEqual([]);
      expect(await found({ errors: true })).toEqual([4, 2]);
      // The shop's span is failed by its 503 alone, its status says nothing.
      expect(await found({ service: 'shop', errors: true })).toEqual([2]);
      expect(await found({ operation: 'GET /cart', minDuration: 100_000 })).toEqual([2, 1]);
      expect(await found({ operation: 'GET /cart', minDuration: 100_001 })).toEqual([2]);
      expect(await found({ service: 'stock', minDuration: 890_000 })).toEqual([]);
    });

    test('attributes are exact texts, of the span or its resource, under old names too', async () => {
      expect(await found({ attributes: { 'service.version': '2' } })).toEqual([3]);
      expect(await found({ attributes: { 'http.status_code': '503' } })).toEqual([2]);
      expect(await found({ attributes: { 'db.system.name': 'redis', 'service.version': '1' } })).toEqual([1]);
      expect(await found({ attributes: { 'db.system.name': 'redi' } })).toEqual([]);
      expect(await found({ attributes: { tags: 'b' } })).toEqual(lost('lists') ? [] : [2]);
      expect(await found({ attributes: { toString: 'x' } })).toEqual([]);
    });

    test('the window is about where matching spans start, both ends included', async () => {
      expect(await found({ from: NOON, to: NOON })).toEqual([1]);
      expect(await found({ from: NOON + 1, to: NOON + 999_999 })).toEqual([1]);
      expect(await found({ service: 'shop', from: NOON + 1, to: NOON + 999_999 })).toEqual(
        lost('window-of-the-trace') ? [1] : [],
      );
      expect(await found({ from: NOON + 5_000_000 })).toEqual([]);
    });

    test('services of the window, sorted', async () => {
      const hostile = lost('letter-case') ? HOSTILE.service.toLowerCase() : HOSTILE.service;
      const elsewhen = lost('services-of-all-time') ? [hostile] : [];
      expect(await backend.services(ALWAYS.from, ALWAYS.to, signal)).toEqual(['shop', 'stock', ...elsewhen]);
      if (lost('services-of-all-time')) return;
      expect(await backend.services(NOON + 2_500_000, ALWAYS.to, signal)).toEqual(['stock']);
      expect(await backend.services(0, NOON - 7_200_000_000, signal)).toEqual([]);
    });

    test('names are data, whatever is in them', async () => {
      const then = { from: NOON - 3_600_000_000, to: NOON - 3_600_000_000 };
      expect(await found({ ...then, service: HOSTILE.service })).toEqual([5]);
      expect(await found({ ...then, service: HOSTILE.service, operation: HOSTILE.operation })).toEqual([5]);
      expect(await found({ ...then, attributes: { [HOSTILE.key]: HOSTILE.value } })).toEqual([5]);
      for (const name of [...BREAKOUTS, HOSTILE.service]) {
        expect(await found({ service: name }), name).toEqual([]);
        expect(await found({ operation: name }), name).toEqual([]);
        expect(await found({ attributes: { 'service.version': name } }), name).toEqual([]);
        expect(await found({ attributes: { [name]: '1' } }), name).toEqual([]);
      }
    });

    test('an abort rejects with the signal’s reason', async () => {
      const reason = new Error('enough');
      const aborted = AbortSignal.abort(reason);
      await expect(backend.search(ALWAYS, aborted)).rejects.toBe(reason);
      await expect(backend.services(ALWAYS.from, ALWAYS.to, aborted)).rejects.toBe(reason);
      await expect(
        backend
          .fetch([traceId(1)], aborted)
          [Symbol.asyncIterator]()
          .next(),
      ).rejects.toBe(reason);
    });

    test('it says of itself that it is well', async () => {
      expect(await backend.check(signal)).toMatchObject({ ok: true });
      expect(backend.title).not.toBe('');
    });
  });
}
