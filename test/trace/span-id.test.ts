import { expect, test } from 'vitest';
import { at } from '../../src/model/units.ts';
import { IntColumn } from '../../src/trace/column.ts';
import { compareIds, idText, readId } from '../../src/trace/span-id.ts';

const halves = (id: string): readonly [number, number] => {
  const [high, low] = [new IntColumn(), new IntColumn()];
  readId(id, high, low);
  return [at(high.values, 0), at(low.values, 0)];
};

const IDS = [
  '0000000000000000',
  '0000000000000001',
  '00000001ffffffff',
  '0123456789abcdef',
  '8000000000000000',
  'ffffffffffffffff',
];

test.each(IDS)('the id %s is read and written without a loss', (id) => {
  expect(idText(...halves(id))).toBe(id);
});

test('ids are in the order of their texts', () => {
  for (const [n, a] of IDS.entries()) {
    for (const [m, b] of IDS.entries())
      expect(Math.sign(compareIds(...halves(a), ...halves(b)))).toBe(Math.sign(n - m));
  }
});

test.each([
  ['too short', '123456789abcdef', '16 hex digits'],
  ['too long', '0123456789abcdef0', '16 hex digits'],
  ['with the sign before 0', '000000000000000/', 'lower-case'],
  ['with the sign after 9', ':000000000000000', 'lower-case'],
  ['with the sign before a', '`000000000000000', 'lower-case'],
  ['with the letter after f', '0000000g00000000', 'lower-case'],
  ['in upper case', '000000000000000A', 'lower-case'],
])('an id %s is none', (_, id, said) => {
  expect(() => halves(id)).toThrow(TypeError);
  expect(() => halves(id)).toThrow(said);
  expect(() => halves(id)).toThrow(id);
});
