import { expect, test } from 'vitest';
import { drawTable } from '../draw.ts';

const drawing = drawTable(`
a  GET /a  server  0..20  http.route=/a  user.id=7  *retry@3{"why":"late"}
  a  work          1..5   user.id=9  http.route=/b
  a  work          6..9   http.route=/c  user.id=8
  b  load          10..15  *done@12  *retry@13
`);

test('a table tells which keys it carries, of spans, events and resources', () => {
  const { table } = drawing;
  expect(['http.route', 'why', 'service.name', 'tenant.id'].map((key) => table.carries(key))).toEqual([
    true,
    true,
    true,
    false,
  ]);
});

test('equal names have one number, different ones have two', () => {
  const { table } = drawing;
  const rows = [...table.parent.keys()];
  for (const a of rows) {
    for (const b of rows) expect(table.nameId(a) === table.nameId(b)).toBe(table.name(a) === table.name(b));
  }
});

test('spans that recorded the same keys in one order share the list of them, which is sorted', () => {
  const { table, row } = drawing;
  const [first = -1, second = -1] = [...table.parent.keys()].filter((each) => table.name(each) === 'work');
  expect(table.keys(row('GET /a'), 'span')).toBe(table.keys(second, 'span'));
  expect(table.keys(first, 'span')).toEqual(['http.route', 'user.id']);
  expect(table.keys(row('load'), 'span')).toEqual([]);
  expect([table.attribute(first, 'user.id'), table.attribute(second, 'user.id')]).toEqual([9, 8]);
});

test('the names of events stand once each', () => {
  expect(drawing.table.eventNames().toSorted()).toEqual(['done', 'retry']);
});
