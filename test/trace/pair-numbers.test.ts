import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PairNumbers } from '../../src/trace/pair-numbers.ts';

const whole = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const few = fc.integer({ min: -2, max: 12 });

test('pairs are numbered in order of first appearance, and a number tells its pair', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.tuple(whole, whole), fc.tuple(few, few)), { maxLength: 400 }), (pairs) => {
      const numbers = new PairNumbers();
      const expected = new Map<string, number>();
      for (const [first, second] of pairs) {
        const key = `${first} ${second}`;
        if (!expected.has(key)) expected.set(key, expected.size);
        expect(numbers.number(first, second)).toBe(expected.get(key));
      }
      expect(numbers.size).toBe(expected.size);
      for (const [key, number] of expected) expect(`${numbers.first(number)} ${numbers.second(number)}`).toBe(key);
    }),
  );
});
