import { expect, test } from 'vitest';
import { Flag } from '../../src/model/trace.ts';
import { buildTable } from '../../src/trace/build.ts';
import { draw, drawTable } from '../draw.ts';

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

test('a path names the kind of each step', () => {
  const kinds = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'];
  const { table, row } = drawTable(kinds.map((kind, n) => `${' '.repeat(n)}s${n} o${n} ${kind} 0..9`).join('\n'));
  const path = table.path[row('o5')] ?? -1;
  expect(table.text(path)).toBe(kinds.map((kind, n) => `s${n} ${kind} o${n}`).join(' > '));
});

test('a text has one number, and a path none of theirs', () => {
  const { table } = drawing;
  for (const id of [...table.service, ...table.operation]) expect(table.id(table.text(id))).toBe(id);
  for (const path of table.path) expect(table.id(table.text(path))).toBe(-1);
  expect(() => table.text(-1)).toThrow('No text has the id -1');
});

test('resources with the same content have one number, in the order of rows', () => {
  const { table } = drawTable(
    'a x 1..2 resource.v=2\na y 0..1 resource.v=1\na z 3..4 resource.v=2\nb w 5..6 resource.v=2',
  );
  expect([...table.resourceOf]).toEqual([0, 1, 1, 2]);
  expect([0, 1, 2, 3].map((row) => [table.resource(row, 'v'), table.resource(row, 'none')])).toEqual([
    [1, undefined],
    [2, undefined],
    [2, undefined],
    [2, undefined],
  ]);
});

test('spans of one resource may be of several services', () => {
  const [span] = draw('a x 0..1');
  const records = ['a', 'b', 'b', 'a'].map((service, n) => ({ ...span!, service, spanId: `000000000000000${n + 1}` }));
  const table = buildTable(records);
  expect([...table.service].map((id) => table.text(id))).toEqual(['a', 'b', 'b', 'a']);
});

test('a span has the status, the message, the scope, the events and the links it came with', () => {
  const { table, row, idOf } = drawTable(
    'a one 0..9 !"why" scope:net *e@1{"k":[1]} *f@2 #one\na two 1..2 ok ~one ~one\na three 3..4',
  );
  const told = ['one', 'two', 'three'].map((name) => [
    table.status(row(name)),
    table.statusMessage(row(name)),
    table.scope(row(name)),
    table.events(row(name)).map((event) => [event.name, event.time - table.epoch, event.attributes]),
    table.links(row(name)).map(({ spanId }) => spanId),
    table.flags[row(name)],
  ]);
  expect(told).toEqual([
    [
      'error',
      'why',
      'net',
      [
        ['e', 1_000, { k: [1] }],
        ['f', 2_000, {}],
      ],
      [],
      Flag.error | Flag.events,
    ],
    ['ok', undefined, undefined, [], [idOf('one'), idOf('one')], Flag.links],
    ['unset', undefined, undefined, [], [], 0],
  ]);
});

test('a trace was kept with the greatest probability that one of its roots says', () => {
  const records = draw('a x 0..1\na y 1..2\n  a z 1..2\n---\na x 5..6').map((span, n) => ({
    ...span,
    ...[{ probability: 0.25 }, { probability: 0.5 }, { probability: 1 }, {}][n],
  }));
  for (const spans of [records, records.toReversed()]) expect([...buildTable(spans).probability]).toEqual([0.5, 0]);
});

test('the very first text of a table may be a scope as well', () => {
  const { table } = drawTable('a net 0..1 scope:net');
  expect([table.scope(0), table.text(0)]).toEqual(['net', 'a']);
});

test('the names of events stand once each', () => {
  expect(drawing.table.eventNames().toSorted()).toEqual(['done', 'retry']);
});
