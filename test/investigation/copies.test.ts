import { describe, expect, test } from 'vitest';
import { copyCited } from '../../src/investigation/copies.ts';
import type { Gathered } from '../../src/investigation/gathered.ts';
import type { SpanRecord } from '../../src/model/span.ts';
import type { Analysis } from '../../src/model/verdict.ts';
import type { TraceBackend } from '../../src/ports/trace-backend.ts';
import { broken, memoryBackend, requests } from './memory-backend.ts';

const signal = new AbortController().signal;
const SPANS = requests('cart', -100, 100);
const ids = SPANS.map((span) => span.traceId);
const GATHERED: Gathered = {
  gathering: {
    backend: 'memory',
    scope: { services: [], from: 0, to: 0, traceIds: [] },
    suspects: 50,
    baseline: 50,
    spans: 100,
    notes: [],
  },
  suspects: ids.slice(50),
  baseline: ids.slice(0, 50),
  analyse: () => Promise.reject(new Error('not asked here')),
  close: () => {},
};

describe('the spans that are kept with an investigation', () => {
  test('the pair that is shown comes first, then some of either side', async () => {
    const kept = await copyCited(memoryBackend(SPANS).backend, GATHERED, analysisOf(ids[77], ids[3]), signal);
    expect(kept.slice(0, 2).map((span) => span.traceId)).toEqual([ids[77], ids[3]]);
    const others = kept.slice(2).map((span) => span.traceId);
    expect(others.filter((id) => GATHERED.suspects.includes(id)).length).toBeGreaterThanOrEqual(20);
    expect(others.filter((id) => GATHERED.baseline.includes(id)).length).toBeGreaterThanOrEqual(20);
  });

  test('whole traces only, but for one that is beyond all measure', async () => {
    const giant = SPANS.slice(77, 78).flatMap((span) =>
      Array.from({ length: 20_000 }, (_, n): SpanRecord => ({ ...span, spanId: n.toString(16).padStart(16, '0') })),
    );
    const large = ids[60] === undefined ? [] : giant.map((span) => ({ ...span, traceId: ids[60] ?? '' }));
    const { backend } = memoryBackend([...SPANS.filter(({ traceId }) => traceId !== ids[77]), ...giant]);
    const kept = await copyCited(backend, GATHERED, analysisOf(ids[77], ids[3]), signal);
    expect(kept).toHaveLength(15_000);
    const beside = await copyCited(
      memoryBackend([...SPANS, ...large]).backend,
      GATHERED,
      analysisOf(ids[77], ids[3]),
      signal,
    );
    expect(beside.some(({ traceId, spanId }) => traceId === ids[60] && spanId.startsWith('0000'))).toBe(false);
    expect(beside.length).toBeGreaterThan(40);
  });

  test('a place that fails was noted when the traces were gathered: what the others give is kept', async () => {
    const { backend } = memoryBackend(SPANS);
    const several: TraceBackend = {
      ...backend,
      async *fetch(wanted, given, missing) {
        yield* backend.fetch(wanted, given);
        if (missing === undefined) throw broken();
        missing('One of two is missing');
      },
    };
    expect((await copyCited(several, GATHERED, analysisOf(ids[77], ids[3]), signal)).length).toBeGreaterThan(40);
  });
});

function analysisOf(suspect: string | undefined, healthy: string | undefined): Analysis {
  return {
    verdict: { kind: 'cannot-tell', confidence: 'low', hypotheses: [], missing: [], model: 'rca-1' },
    findings: [],
    impact: { affected: 0, examined: 0 },
    exemplar: { suspect: suspect ?? '', ...(healthy === undefined ? {} : { healthy }) },
    culpritSpans: [],
    counts: { suspects: 50, baseline: 50, spans: 100 },
  };
}
