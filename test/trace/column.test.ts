import { describe, expect, it, test } from 'vitest';
import { Dictionary, IntColumn, NumberColumn } from '../../src/trace/column.ts';

test.each([
  ['whole numbers', new IntColumn(), 7],
  ['moments', new NumberColumn(), 2 ** 40 + 0.5],
])('a column of %s keeps everything while it grows', (_, column, step) => {
  const pushed = Array.from({ length: 5_000 }, (_, n) => n * step);
  for (const [n, value] of pushed.entries()) {
    expect(column.size).toBe(n);
    column.push(value);
  }
  expect([...column.values.slice(0, column.size)]).toEqual(pushed);
  expect(column.values.length).toBe(8_192);
});

describe('Dictionary', () => {
  it('numbers texts in the order of arrival, each once', () => {
    const texts = new Dictionary();
    expect(['a', 'b', 'a', '', 'b', ''].map((text) => texts.id(text))).toEqual([0, 1, 0, 2, 1, 2]);
    expect([texts.size, texts.find(''), texts.find('b'), texts.find('c')]).toEqual([3, 2, 1, -1]);
    expect([0, 1, 2].map((id) => texts.text(id))).toEqual(['a', 'b', '']);
    expect(() => texts.text(3)).toThrow('No text has the id 3');
    expect(() => texts.text(-1)).toThrow(RangeError);
  });
});
