import { describe, expect, test } from 'vitest';
import { analyse } from '../../src/investigation/analyse.ts';
import type { SpanRecord } from '../../src/model/span.ts';
import { samplingOf, trafficOf } from '../../src/population/traffic.ts';
import { times, viewOf } from '../detectors/seen.ts';
import { inputOf } from '../investigation/analyse-input.ts';

const fine = 'web  GET /  server  0..20\n';
const failing = 'web  GET /  server  0..20  !"no answer"\n';
const kept = (spans: readonly SpanRecord[], probability: number) => spans.map((span) => ({ ...span, probability }));
const healthy = kept(times(40, fine, 'b'), 0.5);

/** The share of the traffic that failed. */
function failed(suspects: readonly SpanRecord[]) {
  const view = viewOf(suspects, healthy);
  return trafficOf(view, view.bad);
}

describe('the share of all traffic', () => {
  test('counts each request for those like it that were not kept', () => {
    // Every failure was kept and one in ten of the others: 20 failures and 10 × 20 others.
    const traffic = failed([...kept(times(20, failing, 's'), 1), ...kept(times(20, fine, 'g'), 0.1)]);
    expect(traffic?.share).toBeCloseTo(20 / 220, 9);
    expect(traffic?.low).toBeLessThan(20 / 220);
    expect(traffic?.high).toBeGreaterThan(20 / 220);
  });

  test('lies between wider bounds the less of it was kept, and is certain where all was', () => {
    const width = (probability: number) => {
      const traffic = failed([
        ...kept(times(20, failing, 's'), probability),
        ...kept(times(20, fine, 'g'), probability),
      ]);
      expect(traffic?.share).toBeCloseTo(0.5, 9);
      return (traffic?.high ?? 0) - (traffic?.low ?? 0);
    };
    expect(width(1)).toBe(0);
    expect(width(0.5)).toBeLessThan(width(0.1));
    // As of forty requests of endless traffic: Wilson's 0.352 to 0.648.
    expect(width(2 ** -40)).toBeCloseTo(0.296, 2);
  });

  test('is not told when one request does not say how it was kept, or lost its root', () => {
    const others = kept([...times(20, failing, 's'), ...times(20, fine, 'g')], 0.5);
    expect(failed(others)).toBeDefined();
    expect(failed([...others, ...times(1, fine, 'x')])).toBeUndefined();
    const passedOn = kept(times(1, 'edge  GET /  server  0..30\n  web  GET /  server  0..20\n', 'x'), 0.5);
    expect(failed([...others, ...passedOn])).toBeDefined();
    const beheaded = passedOn.filter(({ parentSpanId }) => parentSpanId !== undefined);
    const leaf = kept(times(1, 'web  GET /  server  0..20\n  web  work  internal  2..9\n', 'y'), 0.5);
    const torn = leaf.map((span) =>
      span.parentSpanId === undefined ? { ...span, parentSpanId: 'f'.repeat(16) } : span,
    );
    expect(failed([...others, ...torn])).toBeUndefined();
    // One lone orphan is no request of its own, so nothing is asked of it.
    expect(failed([...others, ...beheaded])).toBeDefined();
  });

  test('is of the routes that were hit only', () => {
    const elsewhere = times(50, 'web  GET /other  server  0..20\n', 'o');
    const suspects = kept([...times(20, failing, 's'), ...times(20, fine, 'g')], 0.5);
    expect(failed([...suspects, ...elsewhere])?.share).toBeCloseTo(0.5, 9);
  });
});

test('requests are counted by whether they say how they were kept', () => {
  const view = viewOf([...kept(times(3, fine, 's'), 0.25), ...times(2, fine, 't')], healthy);
  expect(samplingOf(view)).toEqual({ of: 5, known: 3, least: 0.25, most: 0.25 });
});

describe('an analysis tells a share of all traffic', () => {
  const suspects = kept([...times(20, failing, 's'), ...times(20, fine, 'g')], 0.5);
  const of = (spans: readonly SpanRecord[], hints = {}) => analyse({ ...inputOf(spans, healthy), hints }).impact;

  test('only when it has all that was kept', () => {
    expect(of(suspects, { whole: true })).toMatchObject({ affected: 20, examined: 40, traffic: { share: 0.5 } });
    expect(of(suspects)).not.toHaveProperty('traffic');
    expect(of(times(20, failing, 's'), { whole: true })).not.toHaveProperty('traffic');
  });

  test('never of requests that were kept for going badly', () => {
    const bad = (salt: string) => kept(times(20, failing, salt), 0.5);
    const { impact } = analyse({ ...inputOf(bad('s'), bad('c')), hints: { whole: true } });
    expect(impact).not.toHaveProperty('traffic');
  });
});
