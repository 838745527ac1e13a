import { expect, test } from 'vitest';
import { at, byteAt, numberAt } from '../../src/model/units.ts';

const whole = Int32Array.of(7, -1);
const times = Float64Array.of(1.8e15, 0.5);
const codes = Uint8Array.of(3, 255);

test('each kind of column is read by its own reader', () => {
  expect([at(whole, 1), numberAt(times, 0), byteAt(codes, 1)]).toEqual([-1, 1.8e15, 255]);
});

test('a row beyond the column is refused', () => {
  for (const row of [-1, 2, 0.5, Number.NaN]) {
    expect(() => at(whole, row)).toThrow(RangeError);
    expect(() => numberAt(times, row)).toThrow(RangeError);
    expect(() => byteAt(codes, row)).toThrow(RangeError);
  }
});

test('a column of another kind does not compile', () => {
  // @ts-expect-error Times are no whole numbers.
  at(times, 0);
  // @ts-expect-error Codes are no times.
  numberAt(codes, 0);
  // @ts-expect-error Whole numbers are no codes.
  byteAt(whole, 0);
});
