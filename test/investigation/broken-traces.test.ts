import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { analyse } from '../../src/investigation/analyse.ts';
import type { SpanRecord } from '../../src/model/span.ts';
import type { Analysis } from '../../src/model/verdict.ts';
import { DRAWN_EPOCH } from '../draw.ts';
import { hostileTrace } from '../trace/random-trace.ts';
import { inputOf } from './analyse-input.ts';
import { generate } from './generated-shop.ts';

/*
 * Traces that cannot be, analysed whole: no exception, no claim that the spans do not carry, and a word on what is missing
 * (reference section 14).
 */
const hex = (id: number, width = 16) => id.toString(16).padStart(width, '0');

function span(id: number, parent: number | undefined, rest: Partial<SpanRecord> = {}): SpanRecord {
  return {
    traceId: hex(1, 32),
    spanId: hex(id),
    ...(parent === undefined ? {} : { parentSpanId: hex(parent) }),
    service: 'hub',
    name: 'work',
    kind: parent === undefined ? 'server' : 'internal',
    start: DRAWN_EPOCH,
    end: DRAWN_EPOCH + 400_000,
    status: 'unset',
    attributes: {},
    resource: { 'service.name': 'hub' },
    events: [],
    links: [],
    ...rest,
  };
}

/** Every piece of evidence stands on spans that are there. */
function isGrounded({ findings, verdict }: Analysis, spans: readonly SpanRecord[]): void {
  const known = new Set(spans.map(({ traceId }) => traceId));
  for (const { evidence } of [...findings, ...verdict.hypotheses]) {
    for (const { traceId, spanIds, values } of evidence) {
      expect(known).toContain(traceId);
      expect(spanIds.length).toBeGreaterThan(0);
      for (const { value } of Object.values(values)) expect(value).not.toBeNaN();
    }
  }
}

/** Many hostile traces, each under an id of its own. */
const hostileWindow = (salt: number) =>
  fc
    .array(hostileTrace, { minLength: 1, maxLength: 25 })
    .map((traces) =>
      traces.flatMap((spans, nth) => spans.map((each) => ({ ...each, traceId: hex(salt * 1_000 + nth, 32) }))),
    );

test('any spans against any others: nothing is thrown, everything stands on spans, twice gives the same', () => {
  fc.assert(
    fc.property(hostileWindow(1), fc.option(hostileWindow(2), { nil: [] }), (suspects, baseline) => {
      const analysis = analyse(inputOf(suspects, baseline));
      isGrounded(analysis, [...suspects, ...baseline]);
      expect(analyse(inputOf(suspects, baseline))).toEqual(analysis);
      if (analysis.verdict.kind === 'cannot-tell') expect(analysis.verdict.missing).not.toEqual([]);
      if (baseline.length === 0) expect(analysis.verdict.confidence).not.toBe('high');
    }),
    { numRuns: 60 },
  );
});

test('spans without any sense held against more of the same name nobody surely', () => {
  fc.assert(
    fc.property(fc.array(hostileTrace, { minLength: 20, maxLength: 60 }), (traces) => {
      const renumbered = traces.map((spans, nth) => spans.map((each) => ({ ...each, traceId: hex(nth, 32) })));
      const side = (odd: number) => renumbered.filter((_, nth) => nth % 2 === odd).flat();
      expect(analyse(inputOf(side(0), side(1))).verdict.confidence).not.toBe('high');
    }),
    { numRuns: 20 },
  );
});

const GEOMETRIES: readonly (readonly [string, readonly SpanRecord[]])[] = [
  ['one span', [span(1, undefined)]],
  ['its own parent', [span(1, 1)]],
  ['a ring', [span(1, 3), span(2, 1), span(3, 2)]],
  ['nothing but orphans', [span(1, 90), span(2, 91), span(3, 92)]],
  ['one moment', [span(1, undefined, { end: DRAWN_EPOCH }), span(2, 1, { end: DRAWN_EPOCH })]],
  ['an end before its start', [span(1, undefined, { end: DRAWN_EPOCH - 5_000 }), span(2, 1)]],
  ['no time at all', [span(1, undefined, { start: Number.NaN, end: Number.NaN }), span(2, 1, { end: Number.NaN })]],
  ['no end of time', [span(1, undefined, { end: Number.POSITIVE_INFINITY }), span(2, 1)]],
  [
    'values of 64 bits',
    [
      span(1, undefined, {
        attributes: { 'order.id': 2 ** 63, share: -1.7e308, broken: Number.NaN },
      }),
      span(2, 1, { attributes: { 'order.id': '9223372036854775807' } }),
    ],
  ],
  ['a trace id of 64 bits', [span(1, undefined, { traceId: hex(7, 16) }), span(2, 1, { traceId: hex(7, 16) })]],
  ['no names', [span(1, undefined, { service: '', name: '' }), span(2, 1, { service: '', name: '' })]],
];

describe.for(GEOMETRIES)('%s', ([, spans]) => {
  test('alone is at most a suspicion, with a word on what is missing', () => {
    const analysis = analyse(inputOf(spans));
    isGrounded(analysis, spans);
    expect(analysis.verdict.kind).not.toBe('cause');
    expect(analysis.verdict.confidence).toBe('low');
    expect(analysis.verdict.missing[0]?.claim).toMatch(/^no-(baseline|contrast|traces)$/);
  });

  test('among healthy requests accuses nobody', () => {
    const { suspects, baseline } = generate({ seed: 31, fault: 'none' });
    const shifted = spans.map((each) => ({ ...each, traceId: each.traceId.padStart(32, '0').replace(/^0/, 'a') }));
    const { verdict } = analyse(inputOf([...suspects, ...shifted], baseline));
    expect(verdict.kind).not.toBe('cause');
  });

  test('beside a real cause hides nothing', () => {
    const { suspects, baseline } = generate({ seed: 31, fault: 'tls-retry' });
    const shifted = spans.map((each) => ({ ...each, traceId: each.traceId.padStart(32, '0').replace(/^0/, 'a') }));
    const { verdict } = analyse(inputOf([...suspects, ...shifted], baseline));
    expect(verdict).toMatchObject({ kind: 'cause', hypotheses: [{ mechanism: 'tls-handshake-retry' }] });
  });
});

test.for([
  ['wide', () => 1],
  ['deep', (id: number) => id - 1],
] as const)('a trace of 100,000 spans, %s, is cut with a word and names nobody surely', { timeout: 60_000 }, ([
  ,
  parent,
]) => {
  const spans = Array.from({ length: 100_000 }, (_, i) =>
    span(i + 1, i === 0 ? undefined : parent(i + 1), { start: DRAWN_EPOCH + i, end: DRAWN_EPOCH + 400_000 - i }),
  );
  const { verdict, counts } = analyse(inputOf(spans));
  expect(verdict.kind).not.toBe('cause');
  expect(verdict.confidence).toBe('low');
  expect(counts.spans).toBeLessThan(100_000);
  expect(verdict.missing.map(({ claim }) => claim)).toContain('cut');
});
