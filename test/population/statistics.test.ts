import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  areaUnderCurve,
  certainRise,
  chanceOfRates,
  chanceOfSoMany,
  discoveries,
  leastChance,
  logOdds,
  mantelHaenszel,
  median,
  medianShift,
  pool,
  quantileBounds,
  ruleOfThree,
  sorted,
  upperTail,
  wilson,
} from '../../src/population/statistics.ts';

const sample = fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 1, maxLength: 40 });

test('the area under the curve counts wins and half of the ties, as the definition does', () => {
  fc.assert(
    fc.property(sample, sample, (a, b) => {
      let wins = 0;
      for (const x of a) for (const y of b) wins += x > y ? 1 : x === y ? 0.5 : 0;
      expect(areaUnderCurve(sorted(a), sorted(b))).toBeCloseTo(wins / (a.length * b.length), 10);
    }),
  );
});

test('the median lies inside its own bounds, which narrow with more samples', () => {
  fc.assert(
    fc.property(sample, (values) => {
      const { low, high } = quantileBounds(sorted(values), 0.5);
      expect(low).toBeLessThanOrEqual(median(sorted(values)));
      expect(high).toBeGreaterThanOrEqual(median(sorted(values)));
    }),
  );
  const spread = (n: number) => {
    const { low, high } = quantileBounds(
      Float64Array.from({ length: n }, (_, i) => i / n),
      0.5,
    );
    return high - low;
  };
  expect(spread(400)).toBeLessThan(spread(16));
});

test('Wilson intervals are the published ones', () => {
  // Newcombe 1998, table I: 81 of 263 and 0 of 20.
  expect(wilson(81, 263, 1.96).low).toBeCloseTo(0.2553, 4);
  expect(wilson(81, 263, 1.96).high).toBeCloseTo(0.3662, 4);
  expect(wilson(0, 20, 1.96).high).toBeCloseTo(0.1611, 4);
  expect(wilson(0, 0, 1.96)).toEqual({ low: 0, high: 1 });
});

test('a rise is certain only when the intervals part', () => {
  expect(certainRise({ with: 5, of: 10 }, { with: 4, of: 10 }, 1.96)).toBe(0);
  expect(certainRise({ with: 40, of: 40 }, { with: 0, of: 40 }, 1.96)).toBeGreaterThan(0.8);
  expect(certainRise({ with: 0, of: 40 }, { with: 40, of: 40 }, 1.96)).toBe(0);
});

test('the rule of three', () => {
  expect(ruleOfThree(412)).toBeCloseTo(0.0073, 4);
  expect(ruleOfThree(2)).toBe(1);
  expect(ruleOfThree(0)).toBe(1);
});

test('equal shifts pool to themselves without heterogeneity; different ones show it', () => {
  const alike = pool(
    [
      { value: 40, error: 1 },
      { value: 40, error: 2 },
      { value: 40, error: 3 },
    ],
    0.1,
  );
  expect(alike.value).toBeCloseTo(40, 10);
  expect(alike.heterogeneity).toBe(0);
  expect(
    pool(
      [
        { value: 10, error: 1 },
        { value: 90, error: 1 },
      ],
      0.1,
    ).heterogeneity,
  ).toBeGreaterThan(0.9);
});

test('a shift of the median is the difference, with an error that vanishes for constants', () => {
  expect(medianShift(sorted([50, 50, 50, 50]), sorted([10, 10, 10, 10]))).toEqual({ value: 40, error: 0 });
});

test('odds ratios do not depend on how many of the bad were kept', () => {
  const all = logOdds({ a: 400, b: 100, c: 100, d: 900 }).value;
  const few = logOdds({ a: 40, b: 10, c: 100, d: 900 }).value;
  expect(few).toBeCloseTo(all, 1);
});

test('a value that only marks a bad route has no odds within the routes', () => {
  // Route 1: all bad, nearly all with the value; route 2: all good, nearly all without.
  expect(
    mantelHaenszel([
      { a: 90, b: 10, c: 9, d: 1 },
      { a: 1, b: 9, c: 10, d: 90 },
    ]),
  ).toBeCloseTo(1, 5);
  expect(mantelHaenszel([{ a: 90, b: 10, c: 10, d: 90 }])).toBeCloseTo(81, 5);
});

test('tails of the normal distribution', () => {
  expect(upperTail(1.96)).toBeCloseTo(0.025, 4);
  expect(upperTail(0)).toBeCloseTo(0.5, 6);
  expect(upperTail(-1.96)).toBeCloseTo(0.975, 4);
});

test('discoveries follow Benjamini and Hochberg, whatever the order', () => {
  const p = [0.001, 0.5, 0.008, 0.039, 0.041, 0.042, 0.06, 0.074, 0.205, 0.212];
  expect(discoveries(p, 0.05).filter(Boolean)).toHaveLength(2);
  expect(discoveries(p, 0.05)).toEqual(discoveries(p.toReversed(), 0.05).toReversed());
  expect(discoveries([], 0.05)).toEqual([]);
});

test('few values cannot say much, whatever they are: one deal of all there are', () => {
  expect(leastChance(3, 2)).toBeCloseTo(1 / 10, 12);
  expect(leastChance(2, 3)).toBeCloseTo(1 / 10, 12);
  expect(leastChance(4, 7)).toBeCloseTo(1 / 330, 12);
  expect(leastChance(0, 9)).toBe(1);
  expect(leastChance(500, 500)).toBeLessThan(1e-9);
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 40 }), (now, before) => {
      expect(leastChance(now + 1, before)).toBeLessThanOrEqual(leastChance(now, before) * (1 + 1e-12));
    }),
  );
});

test('two rates are as far apart by luck as an urn deals them', () => {
  // Fisher's tea: all four cups right by luck once in seventy ways.
  expect(chanceOfRates({ with: 4, of: 4 }, { with: 0, of: 4 })).toBeCloseTo(1 / 70, 9);
  expect(chanceOfRates({ with: 0, of: 4 }, { with: 4, of: 4 })).toBeCloseTo(1 / 70, 9);
  expect(chanceOfRates({ with: 3, of: 4 }, { with: 1, of: 4 })).toBeCloseTo(17 / 70, 9);
  expect(chanceOfRates({ with: 500, of: 1_000 }, { with: 500, of: 1_000 })).toBeGreaterThan(0.5);
  expect(chanceOfRates({ with: 1, of: 1 }, { with: 0, of: 0 })).toBe(1);
});

test('a Poisson law gives many the less often the fewer it means', () => {
  expect(chanceOfSoMany(0, 3)).toBe(1);
  // 1 − e⁻¹ and 1 − 2e⁻¹, from the law's first terms.
  expect(chanceOfSoMany(1, 1)).toBeCloseTo(1 - Math.exp(-1), 9);
  expect(chanceOfSoMany(2, 1)).toBeCloseTo(1 - 2 * Math.exp(-1), 9);
  expect(chanceOfSoMany(10, 1)).toBeLessThan(1e-6);
  expect(chanceOfSoMany(3, 0)).toBe(0);
});
