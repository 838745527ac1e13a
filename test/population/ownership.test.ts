import { describe, expect, test } from 'vitest';
import type { Cells } from '../../src/population/cells.ts';
import { ownersOf } from '../../src/population/ownership.ts';

type Moved = {
  readonly between: string;
  readonly deviation: number;
  readonly ahead?: number;
  readonly behind?: number;
};

/** The owner of each shift; `a` is a service's own work, `a b` the gap of its calls to another. */
function owners(...moved: readonly Moved[]): string {
  const names = ['a', 'b', 'c', 'd'];
  const numbers = moved.map(({ between }) => between.split(' ').map((name) => names.indexOf(name)));
  const cells: Cells = {
    count: moved.length,
    of: new Int32Array(0),
    from: Int32Array.from(numbers, ([from]) => from ?? -1),
    to: Int32Array.from(numbers, ([, to]) => to ?? -1),
    operation: new Int32Array(moved.length),
    time: new Float64Array(0),
    felt: new Float64Array(0),
  };
  const shifts = moved.map(({ deviation, ahead = 0, behind = 0 }, cell) => ({ cell, deviation, ahead, behind }));
  return [...ownersOf(cells, shifts, { names, services: 4 })].map((owner) => names[owner]).join('');
}

const gap = (between: string, deviation: number, ahead = 0, behind = 0): Moved => ({
  between,
  deviation,
  ahead,
  behind,
});

describe('who owns what became slower', () => {
  test('is the service itself for its own work', () => {
    expect(owners(gap('a', 1), gap('b', 0.5))).toBe('ab');
  });

  test('is the caller where all its calls moved, and the callee where all calls to it did', () => {
    expect(owners(gap('a b', 1, 1), gap('a c', 1, 1), gap('a d', 1, 1))).toBe('aaa');
    expect(owners(gap('a d', 1), gap('b d', 1), gap('c d', 1))).toBe('ddd');
    expect(owners(gap('a b', 1), gap('a c', 0), gap('a d', 0))[0]).toBe('b');
  });

  test('is the callee where nothing speaks for either', () => {
    expect(owners(gap('a b', 0.8))).toBe('b');
    expect(owners(gap('a b', 0.8, 2, 1))).toBe('b');
  });

  test('is the caller where more than two thirds of the delay came before the callee began', () => {
    expect(owners(gap('a b', 0.5, 67, 33))).toBe('b');
    expect(owners(gap('a b', 0.5, 68, 32))).toBe('a');
    expect(owners(gap('a b', 0.5, 1, 0))).toBe('a');
    expect(owners(gap('a b', 0.5, 0, 1))).toBe('b');
  });

  test('is whoever’s own work moved as well', () => {
    expect(owners(gap('a b', 0.5), gap('a', 0.9))).toBe('aa');
    expect(owners(gap('a b', 0.5, 1), gap('b', 0.9))).toBe('bb');
    expect(owners(gap('a b', 0.5), gap('a', 0.2))).toBe('ba');
    // The largest of its own work counts, in whatever order it is told.
    expect(owners(gap('a b', 0.5), gap('a', 0.9), gap('a', 0.1))).toBe('aaa');
    expect(owners(gap('a b', 0.5), gap('a', 0.1), gap('a', 0.9))).toBe('aaa');
  });

  test('is told by the worst of several calls between the same two', () => {
    // Caller: (0.9 + 0.5) / 2 against (0.9 + 0.5 + 0) / 3 with another callee that did not move.
    const calls = (...between: readonly number[]) =>
      owners(...between.map((deviation) => gap('a b', deviation, 1)), gap('a c', 0.9, 1));
    expect(calls(0.9, 0.1)).toBe('aaa');
    expect(calls(0.1, 0.9)).toBe('aaa');
  });

  test('stays the callee’s unless the caller leads by two hundredths', () => {
    // Both stand at 0.5 without the prior of the side: a lead is 0.5 × 1.25 − (1 − 0.5 × (1 − x / 2)).
    const own = (x: number) => owners(gap('a b', 0.5, 1), gap('b', x));
    expect(1.25 * 0.5).toBe(0.625);
    expect(own(0.4199)).toBe('ab');
    expect(own(0.4201)).toBe('bb');
  });
});
