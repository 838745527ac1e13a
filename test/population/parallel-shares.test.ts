import fc from 'fast-check';
import { expect, test } from 'vitest';
import { shapleyShares } from '../../src/population/parallel-shares.ts';

test('the longest of two slow calls is not the only one at fault', () => {
  const [a = 0, b = 0] = shapleyShares([
    { now: 200, usual: 20 },
    { now: 180, usual: 20 },
  ]);
  // a alone 180, b alone 160, both 180: a = (180 + 20) / 2, b = (160 + 0) / 2, of 180.
  expect(a).toBeCloseTo(100 / 180, 9);
  expect(b).toBeCloseTo(80 / 180, 9);
});

test('a call that is as quick as ever has no share, and one that alone is slow has all', () => {
  const calls = [
    { now: 20, usual: 20 },
    { now: 400, usual: 20 },
    { now: 10, usual: 30 },
  ];
  expect(shapleyShares(calls)).toEqual([0, 1, 0]);
});

test('a slow call behind one that always takes longer is nobody’s delay', () => {
  const calls = [
    { now: 500, usual: 500 },
    { now: 300, usual: 20 },
  ];
  expect(shapleyShares(calls)).toEqual([0, 0]);
});

test('shares are shares of one whole, equal for equals', () => {
  const call = fc.record({ now: fc.integer({ min: 0, max: 1_000 }), usual: fc.integer({ min: 0, max: 1_000 }) });
  fc.assert(
    fc.property(fc.array(call, { minLength: 1, maxLength: 6 }), call, (calls, twin) => {
      const shares = shapleyShares([...calls, twin, twin]);
      const whole = shares.reduce((sum, share) => sum + share, 0);
      expect(shares.every((share) => share >= -1e-9)).toBe(true);
      expect(Math.abs(whole) < 1e-9 || Math.abs(whole - 1) < 1e-9).toBe(true);
      expect(shares.at(-1)).toBeCloseTo(shares.at(-2) ?? 0, 9);
    }),
    { numRuns: 60 },
  );
});
