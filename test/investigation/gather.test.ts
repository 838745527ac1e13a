import { describe, expect, test } from 'vitest';
import { INCIDENT_BUDGET } from '../../src/investigation/budget.ts';
import { gatherForAlert } from '../../src/investigation/gather.ts';
import { gatherForTrace } from '../../src/investigation/gather-trace.ts';
import { analystOnThisThread } from '../../src/investigation/study.ts';
import type { Answered, Investigation } from '../../src/model/investigation.ts';
import type { SpanRecord } from '../../src/model/span.ts';
import { MINUTE, SECOND } from '../../src/model/units.ts';
import type { TraceBackend } from '../../src/ports/trace-backend.ts';
import { alert, broken, clockAt, memoryBackend, requests, T0 } from './memory-backend.ts';

const signal = new AbortController().signal;
const quiet = { known: [], progress: async () => {}, signal };
const analyst = analystOnThisThread();
const HOUR = 60 * MINUTE;

/** Gathers at the alert, or `after` µs later. */
function gather(
  spans: readonly SpanRecord[],
  given: Parameters<typeof alert>[0] = {},
  more: { after?: number; budget?: Partial<typeof INCIDENT_BUDGET>; known?: readonly Investigation[] } = {},
) {
  const memory = memoryBackend(spans);
  const budget = { ...INCIDENT_BUDGET, ...more.budget };
  const parts = { backend: memory.backend, clock: clockAt(T0 + (more.after ?? 5 * SECOND)), analyst, budget };
  const startOf = new Map(spans.map((span) => [span.traceId, span.start]));
  const gathered = gatherForAlert(parts, alert(given), { ...quiet, known: more.known ?? [] });
  return { ...memory, gathered, startOf };
}

describe('traces for an alert', () => {
  test('suspects since the onset, a baseline before it, of the service that the alert names', async () => {
    const failing = (n: number) => (n >= 40 ? { status: 'error' as const } : {});
    const { gathered, startOf, queries } = gather(
      [...requests('cart', -60, 60, 1, failing), ...requests('mail', -60, 60)],
      { service: 'Cart' },
    );
    const { gathering, suspects, baseline } = await gathered;
    expect(gathering.scope).toMatchObject({ services: ['cart'], from: T0 - 20 * SECOND });
    expect([suspects.length, baseline.length]).toEqual([20, 40]);
    for (const id of suspects) expect(startOf.get(id)).toBeGreaterThanOrEqual(T0 - 20 * SECOND);
    expect(gathering.notes).toEqual(['Every trace of the hour before was read']);
    // Everything was there with the first question, so no other was asked.
    expect(queries).toHaveLength(1);
  });

  test('a busy minute does not hide the hour: slices go back until enough came before the onset', async () => {
    const failing = (n: number) => (n >= 2_000 ? { status: 'error' as const } : {});
    const spans = [...requests('cart', -3_000, 2_950, 1), ...requests('cart', -50, 5_500, 0.01, failing)];
    const { gathered, queries, startOf } = gather(spans, { service: 'cart' });
    const { gathering, baseline, suspects } = await gathered;
    expect(Math.abs(gathering.scope.from - (T0 - 30 * SECOND))).toBeLessThan(2 * SECOND);
    expect(baseline.length).toBeGreaterThanOrEqual(150);
    expect(suspects.length).toBeGreaterThan(100);
    expect(suspects.length + baseline.length).toBeLessThanOrEqual(400);
    for (const id of baseline) expect(startOf.get(id)).toBeLessThan(T0 - 29 * SECOND);
    expect(queries.length).toBeLessThanOrEqual(12);
    expect(gathering.notes.join()).toMatch(/Of \d+ traces found \d+ failed, .*by chance were read/);
  });

  test('failed requests here and there are searched for near the alert, and yet make no onset there', async () => {
    const rarely = (n: number) => (n % 50 === 7 ? { status: 'error' as const } : {});
    const { gathered, queries } = gather(requests('cart', -600, 60_000, 0.01, rarely), { service: 'cart' });
    const { gathering } = await gathered;
    expect(queries.some((query) => query.errors)).toBe(true);
    expect(gathering.notes).toContain('No moment stands out at which it began');
  });

  test('nothing fits the name: all services are read, and the card says so', async () => {
    const { gathered } = gather(requests('cart', -60, 60), { service: 'Finance' });
    const { gathering } = await gathered;
    expect(gathering.scope.services).toEqual([]);
    expect(gathering.notes.join()).toContain('No service is called like the alert');
    expect(gathering.suspects + gathering.baseline).toBe(60);
  });

  test('traces of an earlier incident are no baseline', async () => {
    const earlier = { begun: T0 - 100 * SECOND, ended: T0 - 70 * SECOND };
    const { gathered, startOf } = gather(
      requests('cart', -120, 120),
      { service: 'cart' },
      { known: [incident(earlier)] },
    );
    const { gathering, suspects, baseline } = await gathered;
    for (const traceId of [...suspects, ...baseline]) {
      const start = startOf.get(traceId) ?? 0;
      expect(start >= earlier.begun && start < earlier.ended).toBe(false);
    }
    expect(gathering.notes.join()).toContain('earlier incidents');
  });

  test('a trace that the alert names is read whenever it was, first, and is a suspect', async () => {
    const old = requests('cart', -7_200, 1);
    const id = old[0]?.traceId ?? '';
    const { gathered, fetched } = gather([...old, ...requests('cart', -60, 60)], { service: 'cart', traceIds: [id] });
    expect((await gathered).suspects).toContain(id);
    expect(fetched[0]?.[0]).toBe(id);
  });

  test('an abort reaches the backend, and its reason comes back', async () => {
    const abort = new AbortController();
    const { backend } = memoryBackend(requests('cart', -60, 60));
    const stubborn: TraceBackend = {
      ...backend,
      search: (_, given) => new Promise((_, reject) => given.addEventListener('abort', () => reject(given.reason))),
    };
    const going = gatherForAlert({ backend: stubborn, clock: clockAt(T0), analyst }, alert({ service: 'cart' }), {
      ...quiet,
      signal: abort.signal,
    });
    setTimeout(() => abort.abort(new Error('enough')), 10);
    await expect(going).rejects.toThrow('enough');
  });

  test('what the backend throws is thrown, and what it says is missing is the first note', async () => {
    const { backend } = memoryBackend(requests('cart', -60, 60));
    const parts = { clock: clockAt(T0), analyst };
    const failing = { ...backend, search: () => Promise.reject(broken()) };
    await expect(gatherForAlert({ ...parts, backend: failing }, alert({ service: 'cart' }), quiet)).rejects.toThrow(
      'It does not answer.',
    );
    const partial: TraceBackend = {
      ...backend,
      fetch: (ids, given, missing) => {
        for (const _ of ids) missing?.('memory cuts traces');
        return backend.fetch(ids, given);
      },
    };
    const { gathering } = await gatherForAlert({ ...parts, backend: partial }, alert({ service: 'Nobody' }), quiet);
    expect(gathering.notes[0]).toBe('memory cuts traces');
    expect(gathering.notes.filter((note) => note === 'memory cuts traces')).toHaveLength(1);
  });
});

describe('what the alert says narrows the search, and is let go where it finds too little', () => {
  const busy = requests('cart', -60, 60, 1, () => ({ resource: { 'deployment.environment.name': 'production' } }));
  const other = requests('cart', -59.5, 60, 1, (n) => ({
    name: 'POST /cart',
    resource: { 'deployment.environment.name': 'staging' },
    ...(n < 2 ? { attributes: { 'http.route': '/rare' } } : {}),
  }));
  const rare = requests('cart', -50, 2, 30, () => ({
    name: 'DELETE /cart',
    resource: { 'deployment.environment.name': 'production' },
  }));
  const spans = [...busy, ...other, ...rare];

  test.each<[what: string, given: Parameters<typeof alert>[0], read: number, notes: RegExp | undefined, scope: object]>(
    [
      ['environment', { environment: 'production' }, 62, undefined, { environment: 'production' }],
      [
        'environment by label',
        { labels: { deployment_environment: 'staging' } },
        60,
        undefined,
        { environment: 'staging' },
      ],
      ['operation', { labels: { span_name: 'POST /cart' } }, 60, undefined, { operation: 'POST /cart' }],
      [
        'operation dropped',
        { labels: { span_name: 'DELETE /cart' } },
        122,
        /Too few traces of DELETE \/cart, so all were read/,
        {},
      ],
      [
        'route dropped',
        { labels: { http_route: '/rare' }, environment: 'staging' },
        60,
        /Too few traces of \/rare/,
        { environment: 'staging' },
      ],
      [
        'environment dropped',
        { environment: 'prod' },
        122,
        /Too few traces in prod, so those of every environment/,
        {},
      ],
    ],
  )('%s', async (_, given, read, notes, scope) => {
    const { gathered } = gather(spans, { service: 'cart', ...given });
    const { gathering } = await gathered;
    expect(gathering.suspects + gathering.baseline).toBe(read);
    expect(gathering.scope).toMatchObject({ services: ['cart'], ...scope });
    for (const key of ['operation', 'route', 'environment']) expect(key in gathering.scope, key).toBe(key in scope);
    if (notes === undefined) expect(gathering.notes.join()).not.toMatch(/Too few/);
    else expect(gathering.notes.join()).toMatch(notes);
  });

  test('a service that says nothing any more: everybody is asked', async () => {
    const { gathered } = gather([...requests('mail', -60, 60), ...requests('cart', -3_000, 1)], { service: 'cart' });
    const { gathering } = await gathered;
    expect(gathering.scope.services).toEqual([]);
    expect(gathering.notes.join()).toContain('Too few traces of cart, so those of every service were read');
  });

  test('too little in the hour before: the day before is read', async () => {
    const failing = requests('cart', -20, 20, 1, () => ({ status: 'error' as const }));
    const yesterday = requests('cart', -8 * 3_600, 60, 10);
    const { gathered } = gather([...failing, ...yesterday, ...requests('mail', -20, 1)], { service: 'cart' });
    const { gathering } = await gathered;
    expect(gathering.baseline).toBeGreaterThanOrEqual(60);
    expect(gathering.notes.join()).toContain('the day before was read as well');
  });
});

describe('limits are met with a note, and what was read by then counts', () => {
  const spans = requests('cart', -300, 30_000, 0.01, (n) => (n > 27_000 ? { status: 'error' as const } : {}));

  test.each<[limit: string, budget: Partial<typeof INCIDENT_BUDGET>, note: RegExp]>([
    ['searches', { searches: 3 }, /^Searching stopped after 3 searches$/],
    ['spans', { spans: 50 }, /^Reading stopped at 50 spans$/],
    ['bytes', { bytes: 50_000 }, /^Reading stopped at 0 MB of spans$/],
    ['traces', { traces: 30 }, /^Of \d+ traces 30 were read$/],
  ])('%s', async (_, budget, note) => {
    const { gathered, queries } = gather(spans, { service: 'cart' }, { budget });
    const { gathering } = await gathered;
    expect(gathering.notes[0]).toMatch(note);
    expect(gathering.suspects + gathering.baseline).toBeGreaterThan(10);
    expect(queries.length).toBeLessThanOrEqual(budget.searches ?? INCIDENT_BUDGET.searches);
    expect(gathering.spans).toBeLessThanOrEqual(budget.spans ?? INCIDENT_BUDGET.spans);
  });

  test('time: a backend that hangs is left, and the verdict comes from what was read', async () => {
    const { backend } = memoryBackend(requests('cart', -60, 60));
    const hanging: TraceBackend = {
      ...backend,
      async *fetch(ids, given) {
        yield* backend.fetch(ids.slice(0, 40), given);
        await new Promise((_, reject) => given.addEventListener('abort', () => reject(given.reason), { once: true }));
      },
    };
    const budget = { ...INCIDENT_BUDGET, seconds: 0.3 };
    const parts = { backend: hanging, clock: clockAt(T0), analyst, budget };
    const { gathering } = await gatherForAlert(parts, alert({ service: 'cart' }), quiet);
    expect(gathering.notes[0]).toBe('Reading stopped after 0.3 s');
    expect(gathering.spans).toBe(40);
  });
});

test('a backend that hangs before it gives anything is a failure that is tried again', async () => {
  const { backend } = memoryBackend(requests('cart', -60, 60));
  const hanging: TraceBackend = {
    ...backend,
    search: (_, given) => new Promise((_, reject) => given.addEventListener('abort', () => reject(given.reason))),
  };
  const parts = { backend: hanging, clock: clockAt(T0), analyst, budget: { ...INCIDENT_BUDGET, seconds: 0.2 } };
  await expect(gatherForAlert(parts, alert({ service: 'cart' }), quiet)).rejects.toMatchObject({
    kind: 'timed-out',
    message: 'memory gave no trace within 0.2 s.',
    retryable: true,
  });
});

describe('traces that others link to', () => {
  const linking = (to: readonly SpanRecord[]) =>
    requests('cart', -60, 60, 1, (n) => {
      const target = to[n];
      return target === undefined
        ? {}
        : { links: [{ traceId: target.traceId, spanId: target.spanId, attributes: {} }] };
    });

  test('are read as well, one step far', async () => {
    const far = requests('queue', -4_000, 1);
    const near = requests('broker', -5_000, 3, 1, (n) => ({
      links: n === 0 && far[0] ? [{ traceId: far[0].traceId, spanId: far[0].spanId, attributes: {} }] : [],
    }));
    const { gathered, fetched } = gather([...linking(near), ...near, ...far], { service: 'cart' });
    await gathered;
    expect(fetched).toHaveLength(2);
    expect(fetched[1]?.toSorted()).toEqual(near.map((span) => span.traceId).toSorted());
  });

  test('but not without end', async () => {
    const others = requests('broker', -5_000, 300);
    const cart = requests('cart', -60, 60, 1, (n) => ({
      links: others.slice(n * 5, n * 5 + 5).map(({ traceId, spanId }) => ({ traceId, spanId, attributes: {} })),
    }));
    const { gathered, fetched } = gather([...cart, ...others], { service: 'cart' });
    expect((await gathered).gathering.notes).toContain('Of 300 linked traces 100 were read');
    expect(fetched[1]).toHaveLength(100);
  });
});

test('what ended a moment ago, and what lacks a parent, may still grow', async () => {
  const settled = requests('cart', -60, 20);
  const torn = requests('cart', -59.5, 1, 1, () => ({ parentSpanId: 'f'.repeat(16) }));
  const fresh = requests('cart', -4, 4);
  const { gathered } = gather([...settled, ...torn, ...fresh], { service: 'cart' });
  const { gathering } = await gathered;
  expect(gathering.unfinished?.map(({ traceId, spans }) => [traceId, spans]).toSorted()).toEqual(
    [...torn, ...fresh].map(({ traceId }) => [traceId, 1]).toSorted(),
  );
});

describe('one trace', () => {
  const one = (spans: readonly SpanRecord[], focus: string) =>
    gatherForTrace({ backend: memoryBackend(spans).backend, clock: clockAt(T0 + HOUR), analyst }, focus, quiet);

  test('has healthy company that asks for the same', async () => {
    const spans = requests('cart', -60, 60, 1, (n) => ({
      ...(n % 10 === 3 ? { status: 'error' as const } : {}),
      name: n % 2 === 1 ? 'GET /' : 'GET /list',
    }));
    const focus = spans[13]?.traceId ?? '';
    const gathered = await one(spans, focus);
    expect(gathered.focus).toBe(focus);
    expect(gathered.suspects).toEqual([focus]);
    expect(gathered.baseline).toHaveLength(24);
    expect(gathered.gathering.scope.operation).toBe('GET /');
    expect(gathered.gathering.notes).toEqual([]);
  });

  test('of a rare route has others of its service beside it, and says so', async () => {
    const spans = requests('cart', -60, 60, 1, (n) => ({ name: n === 30 ? 'POST /rare' : 'GET /' }));
    const gathered = await one(spans, spans[30]?.traceId ?? '');
    expect(gathered.baseline).toHaveLength(59);
    expect(gathered.gathering.notes.join()).toContain('Too few healthy requests for POST /rare, so others of cart');
  });

  test('from a quiet hour has company of the day before', async () => {
    const spans = [...requests('cart', -20 * 3_600, 30, 60), ...requests('cart', 0, 1)];
    const gathered = await one(spans, spans.at(-1)?.traceId ?? '');
    expect(gathered.baseline).toHaveLength(30);
    expect(gathered.gathering.notes.join()).toContain('the day before was read as well');
  });

  test('has its own linked trace on its side, and those of others on theirs', async () => {
    const own = requests('broker', -5_000, 1, 1);
    const shared = requests('broker', -6_000, 1, 1);
    const linkTo = ([target]: readonly SpanRecord[]) =>
      target === undefined ? [] : [{ traceId: target.traceId, spanId: target.spanId, attributes: {} }];
    const spans = requests('cart', -60, 60, 1, (n) => ({
      links: [...linkTo(shared), ...(n === 13 ? linkTo(own) : [])],
    }));
    const gathered = await one([...spans, ...own, ...shared], spans[13]?.traceId ?? '');
    expect(gathered.suspects.toSorted()).toEqual([spans[13]?.traceId, own[0]?.traceId].toSorted());
    expect(gathered.baseline).toContain(shared[0]?.traceId);
  });

  test('that nobody has is told', async () => {
    await expect(one([], 'f'.repeat(32))).rejects.toMatchObject({
      kind: 'not-found',
      message: `Trace ${'f'.repeat(32)} is not in memory.`,
    });
  });
});

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
