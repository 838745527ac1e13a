import { describe, expect, test } from 'vitest';
import { gatherForAlert, gatherForWindow } from '../../src/investigation/gather.ts';
import { analystOnThisThread } from '../../src/investigation/study.ts';
import type { SpanRecord } from '../../src/model/span.ts';
import { MINUTE, SECOND } from '../../src/model/units.ts';
import type { TraceBackend } from '../../src/ports/trace-backend.ts';
import { alert, clockAt, memoryBackend, requests, T0 } from './memory-backend.ts';

const { signal } = new AbortController();
const quiet = { progress: async () => {}, signal };
const analyst = analystOnThisThread();
const window = { services: ['cart'], from: T0, to: T0 + 2 * MINUTE };

/** Asks long after, so that the time of asking is seen to play no part. */
async function gather(spans: readonly SpanRecord[], given: object = {}, parts: Partial<TraceBackend> = {}) {
  const memory = memoryBackend(spans);
  const backend = { ...memory.backend, ...parts };
  const now = T0 + 300 * MINUTE;
  const gathered = await gatherForWindow({ backend, clock: clockAt(now), analyst }, { ...window, ...given }, quiet);
  const sides = new Map([
    ...gathered.suspects.map((id) => [id, 'suspect'] as const),
    ...gathered.baseline.map((id) => [id, 'baseline'] as const),
  ]);
  /** On which side the request stands that began in this second. */
  const sideAt = (second: number) =>
    sides.get(spans.find(({ start }) => start === T0 + second * SECOND)?.traceId ?? '');
  return { ...memory, ...gathered, sideAt };
}

/** One request of the cart a second, failed where it says so. */
const cart = (from: number, to: number, failed: (second: number) => boolean = () => false) =>
  requests('cart', from, to - from, 1, (n) => (failed(from + n) ? { status: 'error', name: 'GET /cart' } : {}));

describe('a service in a window', () => {
  test('what lies in it is suspected, what went before is the baseline, of this service alone', async () => {
    const mail = requests('mail', -300, 420);
    const spans = [...cart(-300, 180, (second) => second >= 0), ...mail];
    const { gathering, sideAt, suspects, baseline } = await gather(spans);
    expect([sideAt(-10), sideAt(10)]).toEqual(['baseline', 'suspect']);
    // What came after it was asked about is of no interest.
    expect([sideAt(119), sideAt(125)]).toEqual(['suspect', undefined]);
    expect(gathering).toMatchObject({ backend: 'memory', scope: { services: ['cart'], from: T0, to: window.to } });
    expect(mail.filter(({ traceId }) => suspects.includes(traceId) || baseline.includes(traceId))).toEqual([]);
    expect(gathering.suspects).toBeGreaterThan(50);
    expect(gathering.baseline).toBeGreaterThan(50);
  });

  test('where the trouble began inside the window, what went before that is baseline too', async () => {
    const { gathering, sideAt } = await gather(cart(-300, 120, (second) => second >= 60));
    expect(gathering.scope.from).toBe(T0 + 60 * SECOND);
    // Of so many not each is read.
    expect([sideAt(58) ?? sideAt(59), sideAt(60)]).toEqual(['baseline', 'suspect']);
  });

  test('trouble that had begun before leaves its beginning to the suspects', async () => {
    const { gathering, sideAt } = await gather(cart(-300, 120, (second) => second >= -60));
    expect(gathering.scope.from).toBe(T0 - 60 * SECOND);
    expect([sideAt(-61), sideAt(-30), sideAt(30)]).toEqual(['baseline', 'suspect', 'suspect']);
  });

  test.each([
    ['and nothing since', () => false, 0],
    ['and the window has trouble of its own', (second: number) => second >= 60, 60],
  ] as const)('trouble that was over before is another incident, %s', async (_, failed, from) => {
    const spans = cart(-600, 120, (second) => (second >= -200 && second < -150) || failed(second));
    const { gathering } = await gather(spans);
    expect(gathering.scope.from).toBe(T0 + from * SECOND);
  });

  test('where nothing stands out the window itself is suspected, and that is said', async () => {
    const { gathering, sideAt } = await gather(cart(-300, 120));
    expect(gathering.notes).toContain('No moment stands out at which it began');
    expect([sideAt(-1), sideAt(0)]).toEqual(['baseline', 'suspect']);
  });

  test('who names a service means it: nobody else is read, however little it says, and only the operation', async () => {
    const rare = requests('cart', 10, 2, 30, () => ({ name: 'DELETE /cart' }));
    const spans = [...cart(-300, 120), ...rare, ...requests('mail', -300, 420)];
    const { gathering, suspects, baseline, queries } = await gather(spans, { operation: 'DELETE /cart' });
    expect(suspects).toEqual(rare.map(({ traceId }) => traceId));
    expect(baseline).toEqual([]);
    expect(gathering.scope).toMatchObject({ services: ['cart'], operation: 'DELETE /cart' });
    for (const query of queries) expect(query).toMatchObject({ service: 'cart', operation: 'DELETE /cart' });
  });

  test('a busy minute at its end does not stand for all of a long time', async () => {
    const long = { from: T0 - 60 * MINUTE, to: T0 };
    const spans = [...requests('cart', -7_200, 3_600, 2), ...requests('cart', -30, 3_000, 0.01)];
    const { suspects, queries } = await gather(spans, long);
    const start = new Map(spans.map((span) => [span.traceId, span.start]));
    const tenths = new Set(suspects.map((id) => Math.floor(((start.get(id) ?? 0) - long.from) / (6 * MINUTE))));
    expect(tenths.size).toBeGreaterThan(5);
    expect(queries.length).toBeLessThan(30);
    for (const { from, to } of queries) expect(from).toBeLessThan(to);
  });

  test('the same traces lead to the same ones as an alert of that service and moment', async () => {
    const spans = cart(-300, 60, (second) => second >= 0);
    const asked = await gather(spans, { to: T0 + 60 * SECOND });
    const woken = await gatherForAlert(
      { backend: memoryBackend(spans).backend, clock: clockAt(T0 + 60 * SECOND), analyst },
      alert({ service: 'cart' }),
      { ...quiet, known: [] },
    );
    expect(asked.suspects).toEqual(woken.suspects);
    expect(asked.baseline).toEqual(woken.baseline);
  });

  test('what a backend says is missing is told once, before anything else', async () => {
    const whole = memoryBackend(cart(-300, 120)).backend;
    const { gathering } = await gather(
      cart(-300, 120),
      {},
      {
        search: (query, own, missing) => {
          missing?.('Spans are missing: Tempo does not answer');
          return whole.search(query, own);
        },
      },
    );
    expect(gathering.notes[0]).toBe('Spans are missing: Tempo does not answer');
    expect(gathering.notes.filter((note) => note.startsWith('Spans are missing'))).toHaveLength(1);
  });

  test('a service in capital letters is found where the store keeps small ones', async () => {
    const { gathering, queries } = await gather(cart(-60, 60), { services: ['Cart'] });
    expect(gathering.scope.services).toEqual(['cart']);
    for (const { service } of queries) expect(service).toBe('cart');
  });

  test.each([
    ['carts', { services: ['carts'] }, 'No service is called carts in memory.', 'Did you mean cart?'],
    ['zzzzzz', { services: ['zzzzzz'] }, 'No service is called zzzzzz in memory.', 'It knows cart.'],
    [
      'a time without traces',
      { from: T0 + 10 * MINUTE, to: T0 + 11 * MINUTE },
      'cart has no traces between 2026-09-21T14:23:20.000Z and 2026-09-21T14:24:20.000Z in memory.',
      expect.stringContaining('longer time'),
    ],
    [
      'an operation without traces',
      { operation: 'PUT /cart' },
      expect.stringContaining('cart has no traces of PUT /cart'),
      expect.any(String),
    ],
  ])('%s is told', async (_, given, message, hint) => {
    await expect(gather(cart(-60, 60), given)).rejects.toMatchObject({ kind: 'not-found', message, hint });
  });

  test('an abort rejects with its reason', async () => {
    const reason = new Error('enough');
    const parts = { backend: memoryBackend(cart(-60, 60)).backend, clock: clockAt(T0), analyst };
    const asking = gatherForWindow(parts, window, { ...quiet, signal: AbortSignal.abort(reason) });
    await expect(asking).rejects.toBe(reason);
  });
});
