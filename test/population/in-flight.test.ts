import fc from 'fast-check';
import { expect, test } from 'vitest';
import { inFlight, rankCorrelation } from '../../src/population/in-flight.ts';

const times = (...values: number[]) => Float64Array.from(values);

test('counts the others that had begun and were not done', () => {
  //   ├────────────┤
  //        ├──┤
  //             ├──────┤
  expect([...inFlight(times(0, 5, 10), times(13, 8, 17))]).toEqual([0, 1, 1]);
});

test('agrees with counting one by one', () => {
  const call = fc.tuple(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 1, max: 30 }));
  fc.assert(
    fc.property(fc.array(call, { maxLength: 40 }), (calls) => {
      const start = Float64Array.from(calls, ([from]) => from);
      const end = Float64Array.from(calls, ([from, length]) => from + length);
      const slow = calls.map(([from]) => calls.filter(([s, length]) => s < from && s + length > from).length);
      expect([...inFlight(start, end)]).toEqual(slow);
    }),
  );
});

test('a rank correlation is one for the same order, minus one for the opposite, and knows ties', () => {
  expect(rankCorrelation(times(1, 2, 3, 9), times(10, 20, 21, 500))).toBeCloseTo(1);
  expect(rankCorrelation(times(1, 2, 3, 9), times(9, 8, 7, 1))).toBeCloseTo(-1);
  expect(rankCorrelation(times(1, 1, 2, 2), times(5, 5, 8, 8))).toBeCloseTo(1);
});

test('what does not vary, or is too little, correlates with nothing', () => {
  expect(rankCorrelation(times(4, 4, 4), times(1, 2, 3))).toBe(0);
  expect(rankCorrelation(times(1, 2), times(1, 2))).toBe(0);
  expect(rankCorrelation(times(), times())).toBe(0);
});
