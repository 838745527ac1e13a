import { describe, expect, test } from 'vitest';
import { analyse } from '../../src/investigation/analyse.ts';
import type { SpanRecord } from '../../src/model/span.ts';
import type { Analysis } from '../../src/model/verdict.ts';
import { analyseGenerated, inputOf } from './analyse-input.ts';
import { generate, type Names, type Options } from './generated-shop.ts';

const SEEDS = [1, 7, 42];
type Expected = (names: Names) => { readonly mechanism: string; readonly component: unknown };

const EXPECTED: Readonly<
  Record<
    'tls-retry' | 'write-race' | 'slow-serialisation' | 'auth-cascade' | 'slow-store' | 'one-service-errors',
    Expected
  >
> = {
  'tls-retry': ({ payment, provider }) => ({
    mechanism: 'tls-handshake-retry',
    component: { kind: 'edge', from: payment, to: provider },
  }),
  'write-race': ({ order }) => ({ mechanism: 'premature-commit', component: { kind: 'service', service: order } }),
  'slow-serialisation': ({ gateway, order, inventory }) => ({
    mechanism: 'per-hop-overhead',
    component: { kind: 'attribute', key: 'service.version', value: '2', services: [gateway, order, inventory].sort() },
  }),
  'auth-cascade': ({ auth }) => ({ mechanism: 'timeout', component: { kind: 'service', service: auth } }),
  'slow-store': ({ inventory }) => ({
    mechanism: 'slow-query',
    component: { kind: 'edge', from: inventory, to: `${inventory} (postgresql)`, operation: 'SELECT stock' },
  }),
  'one-service-errors': ({ order }) => ({
    mechanism: 'error',
    component: { kind: 'operation', service: order, operation: 'POST /orders' },
  }),
};
const FAULTS = Object.keys(EXPECTED) as (keyof typeof EXPECTED)[];

function expectCause(analysis: Analysis, expected: ReturnType<Expected>): void {
  expect(analysis.verdict.hypotheses[0]).toMatchObject({ id: 'H1', role: 'cause', ...expected });
  expect(analysis.verdict.kind).toBe('cause');
}

describe.for(FAULTS)('%s', (fault) => {
  const settings: readonly [string, Omit<Options, 'seed' | 'fault'>][] = [
    ['every request', {}],
    ['some of the requests', { share: 0.4 }],
    ['while a service off the path became slow as well', { distractor: true }],
    ['under a quarter more load', { load: 1.25 }],
  ];
  test.for(settings)('hits %s', ([, setting]) => {
    for (const seed of SEEDS) {
      const { names, analysis } = analyseGenerated({ seed, fault, ...setting });
      expectCause(analysis, EXPECTED[fault](names));
    }
  });

  test('shows the picture what was cited, in a trace of the window', () => {
    const population = generate({ seed: 3, fault });
    const analysis = analyse(inputOf(population.suspects, population.baseline));
    const shown = population.suspects.filter((span) => span.traceId === analysis.exemplar?.suspect);
    expect(shown.length).toBeGreaterThan(0);
    expect(analysis.culpritSpans.length).toBeGreaterThan(0);
    for (const spanId of analysis.culpritSpans) expect(shown.some((span) => span.spanId === spanId)).toBe(true);
    expect(population.baseline.some((span) => span.traceId === analysis.exemplar?.healthy)).toBe(true);
  });
});

describe('healthy traffic', () => {
  test.for(SEEDS)('names nobody (seed %i)', (seed) => {
    for (const setting of [{}, { distractor: true }]) {
      const { analysis } = analyseGenerated({ seed, fault: 'none', ...setting });
      expect(analysis.verdict).toMatchObject({ kind: 'cannot-tell', hypotheses: [] });
      expect(analysis.verdict.missing.map((gap) => gap.claim)).toContain('nothing-failed-or-slowed');
      expect(analysis.impact.affected).toBe(0);
    }
  });

  test.for(SEEDS)('under a quarter more load names nobody either (seed %i)', (seed) => {
    const { analysis } = analyseGenerated({ seed, fault: 'none', load: 1.25 });
    expect(analysis.verdict).toMatchObject({ kind: 'cannot-tell', hypotheses: [] });
  });

  test('that became slower everywhere says so', () => {
    const { analysis } = analyseGenerated({ seed: 3, fault: 'none', load: 1.6 });
    expect(analysis.findings.map(({ mechanism }) => mechanism)).toContain('common-mode-slowdown');
    expect(analysis.verdict.kind).not.toBe('cause');
    expect(analysis.verdict.missing.map((gap) => gap.claim)).toContain('all-slowed-alike');
  });

  test('without a baseline says that one is missing', () => {
    const { analysis } = analyseGenerated({ seed: 5, fault: 'none', baseline: 0 });
    expect(analysis.verdict.kind).toBe('cannot-tell');
    expect(analysis.verdict.missing.map((gap) => gap.claim)).toContain('no-baseline');
  });
});

describe('without a baseline', () => {
  test.for([
    'tls-retry',
    'slow-serialisation',
    'auth-cascade',
    'slow-store',
  ] as const)('the good requests of the window stand for the usual: %s', (fault) => {
    const { names, analysis } = analyseGenerated({ seed: 11, fault, share: 0.5, baseline: 0 });
    expectCause(analysis, EXPECTED[fault](names));
  });

  test.for([
    'tls-retry',
    'auth-cascade',
    'one-service-errors',
  ] as const)('one trace is enough for a mechanism that shows itself, but never for high confidence: %s', (fault) => {
    const { names, analysis } = analyseGenerated({ seed: 11, fault, suspects: 1, baseline: 0 });
    expectCause(analysis, EXPECTED[fault](names));
    expect(analysis.verdict.confidence).toBe('medium');
    expect(analysis.impact).toMatchObject({ affected: 1, examined: 1 });
  });

  test('one trace that is merely slow is a suspicion of whatever most of it was spent on', () => {
    const { names, analysis } = analyseGenerated({ seed: 11, fault: 'slow-store', suspects: 1, baseline: 0 });
    expect(analysis.verdict).toMatchObject({ kind: 'suspect', confidence: 'low' });
    expect(analysis.verdict.hypotheses).toMatchObject([EXPECTED['slow-store'](names)]);
    expect(analysis.verdict.hypotheses[0]?.evidence[0].claim).toBe('waiting.store');
  });
});

test('the retries of a cascade are its amplifier with their factor, the answer of the entry its effect', () => {
  const { names, analysis } = analyseGenerated({ seed: 2, fault: 'auth-cascade' });
  const amplifier = analysis.verdict.hypotheses.find(({ role }) => role === 'amplifier');
  expect(amplifier).toMatchObject({
    mechanism: 'retry-amplification',
    component: { kind: 'edge', from: names.gateway, to: names.auth },
  });
  // Three attempts where there was one.
  expect(amplifier?.evidence[0].values.factor).toEqual({ unit: 'factor', value: 3 });
  const effect = analysis.verdict.hypotheses.find(({ role }) => role === 'effect');
  expect(effect).toMatchObject({ component: { service: names.gateway, operation: 'POST /checkout' } });
  expect(effect?.evidence[0].values.code).toEqual({ unit: 'name', value: '503' });
});

test('a premature commit names the acknowledgement, the counts and the version', () => {
  const { names, analysis } = analyseGenerated({ seed: 2, fault: 'write-race' });
  const evidence = analysis.verdict.hypotheses[0]?.evidence ?? [];
  expect(evidence[0]).toMatchObject({
    claim: 'order.ended-before',
    values: {
      service: { value: names.order },
      to: { value: names.inventory },
      step: { value: 'INSERT orders' },
      call: { value: 'POST /reserve' },
      uncertainty: { unit: 'us', value: 2_000 },
    },
    counts: { with: 60, of: 60, baselineWith: 0, baselineOf: 60 },
  });
  expect(evidence.map(({ claim }) => claim)).toEqual(expect.arrayContaining(['order.counts', 'version.changed']));
});

test('an audit has a lineage and no culprit', () => {
  const { names, analysis } = analyseGenerated({ seed: 9, fault: 'audit' });
  // Reading that much takes longer, which is no fault of the store.
  expect(analysis.verdict).toMatchObject({ kind: 'cannot-tell', hypotheses: [], missing: [{ claim: 'one-actor' }] });
  expect(analysis.lineage).toMatchObject({
    actor: { key: 'user.id', value: 'u-99' },
    origins: [{ address: '203.0.113.9', userAgent: 'agent/1', entry: 'POST /checkout', count: 10 }],
    requests: 10,
  });
  expect(analysis.lineage?.data[0]).toMatchObject({
    service: names.order,
    target: 'customers',
    effect: 'read',
    rows: 25_000,
    usualRows: 1,
  });
  expect(analysis.lineage?.silent).toEqual([names.provider]);
});

test('the impact counts the requests that were hit, among those of their route', () => {
  const { analysis } = analyseGenerated({ seed: 4, fault: 'tls-retry', share: 0.4 });
  const { suspects } = generate({ seed: 4, fault: 'tls-retry', share: 0.4 });
  const hit = new Set(suspects.filter((span) => span.statusMessage?.includes('TLS')).map((span) => span.traceId));
  expect(analysis.impact).toMatchObject({ entry: 'POST /checkout', affected: hit.size, examined: 60 });
});

describe('the same whatever does not matter', () => {
  const { suspects, baseline } = generate({ seed: 6, fault: 'auth-cascade' });
  const plain = analyse(inputOf(suspects, baseline));

  test('the order of spans', () => {
    expect(analyse(inputOf(suspects.toReversed(), baseline.toReversed()))).toEqual(plain);
  });

  test('spans that come twice', () => {
    const twice = analyse(inputOf([...suspects, ...suspects.slice(0, 50)], baseline));
    expect({ ...twice, counts: plain.counts }).toEqual(plain);
  });

  test('the time of day', () => {
    const later = (span: SpanRecord) => ({
      ...span,
      start: span.start + 86_400_000_000,
      end: span.end + 86_400_000_000,
    });
    const moved = analyse(inputOf(suspects.map(later), baseline.map(later)));
    expect(moved.verdict).toEqual(plain.verdict);
  });
});

describe('bad input', () => {
  test('nothing at all', () => {
    expect(analyse(inputOf([])).verdict).toMatchObject({
      kind: 'cannot-tell',
      missing: [{ claim: 'no-traces' }],
    });
  });

  test('a baseline that is as sick as the suspects', () => {
    const { suspects } = generate({ seed: 8, fault: 'tls-retry', suspects: 120 });
    const ids = [...new Set(suspects.map((span) => span.traceId))];
    const half = new Set(ids.filter((_, i) => i % 2 === 0));
    const analysis = analyse(
      inputOf(
        suspects.filter((s) => half.has(s.traceId)),
        suspects.filter((s) => !half.has(s.traceId)),
      ),
    );
    expect(analysis.verdict.kind).toBe('cannot-tell');
  });

  test('a trace with twenty thousand calls, each of another name', () => {
    const letters = (n: number) =>
      [...n.toString(26)].map((digit) => String.fromCharCode(97 + Number.parseInt(digit, 26))).join('');
    const span = (i: number): SpanRecord => ({
      traceId: '1'.padStart(32, '0'),
      spanId: (i + 1).toString(16).padStart(16, '0'),
      ...(i === 0 ? {} : { parentSpanId: '1'.padStart(16, '0') }),
      service: 'hub',
      name: `call ${letters(i)}`,
      kind: i === 0 ? 'server' : 'client',
      start: 1_790_000_000_000_000 + i,
      end: 1_790_000_000_500_000,
      status: 'unset',
      attributes: i === 0 ? {} : { 'server.address': 'peer.example' },
      resource: { 'service.name': 'hub' },
      events: [],
      links: [],
    });
    expect(analyse(inputOf(Array.from({ length: 20_000 }, (_, i) => span(i)))).verdict.kind).toBe('cannot-tell');
  });

  test('spans that were lost never make it surer', () => {
    const { suspects, baseline } = generate({ seed: 8, fault: 'write-race' });
    const rank = { high: 2, medium: 1, low: 0 };
    const whole = analyse(inputOf(suspects, baseline)).verdict;
    for (const every of [7, 4, 3]) {
      const thinned = suspects.filter((_, i) => i % every !== 0);
      const { verdict } = analyse(inputOf(thinned, baseline));
      expect(rank[verdict.confidence]).toBeLessThanOrEqual(rank[whole.confidence]);
    }
  });
});

test('whoever is named is named with the four factors, and the pair in the picture with how it was chosen', () => {
  const { analysis } = analyseGenerated({ seed: 2, fault: 'tls-retry' });
  expect(analysis.verdict.factors?.map(({ claim }) => claim)).toEqual([
    'factor-strength',
    'factor-support',
    'factor-specific',
    expect.stringMatching(/^factor-(alone|margin)$/),
  ]);
  expect(analysis.verdict.factors?.[1]?.values.requests).toEqual({ unit: 'count', value: analysis.counts.suspects });
  expect(analysis.exemplar?.chosen?.map(({ claim }) => claim)).toEqual(['pair-typical', 'pair-healthy']);

  const { analysis: nothing } = analyseGenerated({ seed: 2, fault: 'none' });
  expect(nothing.verdict.factors).toBeUndefined();
});

test('requests that were all kept for failing say that no rate can be told', () => {
  const failing = (count: number, fault: Options['fault'], seed: number) =>
    generate({ seed, fault, suspects: count, baseline: 0 }).suspects;
  const kept = analyse(inputOf(failing(30, 'auth-cascade', 4), failing(30, 'one-service-errors', 4)));
  expect(kept.verdict.missing.map(({ claim }) => claim)).toContain('only-bad');
  const whole = analyse(inputOf(failing(30, 'auth-cascade', 4), failing(30, 'none', 4)));
  expect(whole.verdict.missing.map(({ claim }) => claim)).not.toContain('only-bad');
});
