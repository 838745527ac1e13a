import { describe, expect, test } from 'vitest';
import type { SpanRecord } from '../../src/model/span.ts';
import { at } from '../../src/model/units.ts';
import { brokenOrders, writesOf } from '../../src/population/order.ts';
import { certainRise, STRICT_Z } from '../../src/population/statistics.ts';
import { times } from '../detectors/seen.ts';
import { drawTable } from '../draw.ts';
import { bothSides } from './both-sides.ts';

function orders(
  suspects: readonly SpanRecord[],
  reference: readonly SpanRecord[],
  neither: readonly SpanRecord[] = [],
) {
  const { table, charges, cells, sides } = bothSides(suspects, reference, neither);
  return brokenOrders(table, charges, cells, sides).map(({ cell, breaches, ...rule }) => ({
    ...rule,
    visit: `${charges.parties.names[at(cells.from, cell)]} ${table.text(at(cells.operation, cell))}`,
    breaches: breaches.map(({ trace, call, step, margin }) => ({
      trace,
      between: `${table.name(call)}, ${table.name(step)}`,
      margin,
    })),
  }));
}

const byMargin = (breaches: readonly { readonly trace: number; readonly between: string; readonly margin: number }[]) =>
  breaches.map(({ between, margin }) => ({ between, margin })).sort((a, b) => b.margin - a.margin);

const INSERT = 'sales  INSERT orders  client';
/** A call that is acknowledged at 40 ms, and a write. */
const visit = (write: string, call = '5..40', more = '') => `
sales  POST /orders   server  0..400
  sales  POST         client  ${call}  server.address=stock.example
  ${INSERT}           ${write}  db.system.name=postgresql
${more}
`;
const kept = visit('42..50');
const overtaken = visit('6..14');

describe('a write after a call', () => {
  test('has an order that was kept and is broken, with every count and every breach', () => {
    const suspects = [...times(4, overtaken, 's'), ...times(2, visit('10..60'), 'e'), ...times(3, kept, 'k')];
    const found = orders(suspects, times(20, kept, 'b'));
    const traces = found[0]?.breaches.map(({ trace }) => trace) ?? [];
    expect(traces).toEqual([...new Set(traces)].sort((a, b) => a - b));
    const breach = (margin: number) => ({ between: 'POST, INSERT orders', margin });
    expect(found.map((rule) => ({ ...rule, breaches: byMargin(rule.breaches) }))).toEqual([
      {
        visit: 'sales POST /orders',
        before: { waited: 20, early: 0, overtook: 0 },
        now: { waited: 3, early: 2, overtook: 4 },
        writes: true,
        earlier: true,
        weight: certainRise({ with: 6, of: 9 }, { with: 0, of: 20 }, STRICT_Z),
        breaches: [26_000, 26_000, 26_000, 26_000, -20_000, -20_000].map(breach),
      },
    ]);
  });

  test.for([
    ['38..47', 'waited'],
    ['60..70', 'waited'],
    ['37.999..47', 'early'],
    ['37..38.001', 'early'],
    ['37..38', 'overtook'],
    ['1..3', 'overtook'],
  ] as const)('from %s ms on %s for it, give or take two milliseconds', ([write, relation]) => {
    const [rule] = orders([...times(20, overtaken, 's'), ...times(9, visit(write), 't')], times(20, kept, 'b'));
    const none = { waited: 0, early: 0, overtook: 20 };
    expect(rule?.now).toEqual({ ...none, [relation]: none[relation] + 9 });
  });

  test('is of less weight when it begins as long after the call as it always did', () => {
    const now = (start: number) =>
      orders(times(15, visit(`${start}..${start + 9}`, '5..300'), 's'), times(20, visit('45..50'), 'b'));
    const weight = certainRise({ with: 15, of: 15 }, { with: 0, of: 20 }, STRICT_Z);
    expect(now(37)).toMatchObject([{ earlier: false, weight: 0.2 * weight }]);
    expect(now(36.999)).toMatchObject([{ earlier: true, weight }]);
    expect(now(45)).toMatchObject([{ earlier: false, weight: 0.2 * weight }]);
    expect(now(2)).toMatchObject([{ earlier: true, weight }]);
  });

  test('is measured by the breaches alone: those that still wait begin late', () => {
    const suspects = [...times(7, visit('6..14', '5..300'), 's'), ...times(30, visit('301..310', '5..300'), 't')];
    expect(orders(suspects, times(60, kept, 'b'))).toMatchObject([{ earlier: true, now: { waited: 30, overtook: 7 } }]);
  });

  test('needs eight healthy visits, of which none broke the order before there are twenty', () => {
    const now = times(12, overtaken, 's');
    expect(orders(now, times(8, kept, 'b'))).toHaveLength(1);
    expect(orders(now, times(7, kept, 'b'))).toEqual([]);
    const healthy = (of: number, broken: number, how = overtaken) => [
      ...times(of - broken, kept, 'b'),
      ...times(broken, how, 'x'),
    ];
    expect(orders(now, healthy(19, 1))).toEqual([]);
    expect(orders(now, healthy(20, 1))).toHaveLength(1);
    expect(orders(now, healthy(20, 1, visit('10..60')))).toHaveLength(1);
    expect(orders(now, healthy(20, 2))).toEqual([]);
    expect(orders(now, healthy(200, 2))).toHaveLength(1);
    expect(orders(now, healthy(199, 2))).toEqual([]);
  });

  test('is looked for on the two sides only', () => {
    const [rule] = orders(times(12, overtaken, 's'), times(10, kept, 'b'), times(9, overtaken, 'x'));
    expect([rule?.before.waited, rule?.now.overtook, rule?.breaches.length]).toEqual([10, 12, 12]);
  });
});

describe('a step that is repeated', () => {
  test('counts with its first begin', () => {
    const again = visit('42..50', '5..40', `  ${INSERT}  8..12  db.system.name=postgresql`);
    expect(orders(times(12, again, 's'), times(10, kept, 'b'))).toMatchObject([{ now: { overtook: 12 } }]);
    const later = visit('42..50', '5..40', `  ${INSERT}  60..70  db.system.name=postgresql`);
    expect(orders(times(12, overtaken, 's'), times(10, later, 'b'))).toMatchObject([{ before: { waited: 10 } }]);
  });

  test('counts with its last acknowledgement', () => {
    const again = (last: string) =>
      visit('42..50', '5..40', `  sales  POST  client  ${last}  server.address=stock.example`);
    expect(orders(times(12, again('10..90'), 's'), times(10, kept, 'b'))).toMatchObject([
      { now: { overtook: 12 }, earlier: false, breaches: Array.from({ length: 12 }, () => ({ margin: 40_000 })) },
    ]);
    expect(orders(times(12, again('10..30'), 's'), times(10, kept, 'b'))).toEqual([]);
  });

  test('is another one when it goes to another peer', () => {
    const other = visit('42..50', '5..40', '  sales  POST  client  10..90  server.address=bank.example');
    expect(orders(times(12, other, 's'), times(10, kept, 'b'))).toEqual([]);
  });
});

describe('no order is seen', () => {
  const none = (change: (drawing: string) => string) =>
    expect(orders(times(12, change(overtaken), 's'), times(12, change(kept), 'b'))).toEqual([]);

  test('after a query: a store is no service that has to acknowledge', () =>
    none((drawing) => drawing.replace('server.address=stock.example', 'db.system.name=redis')));

  test('after a call that names nobody', () => none((drawing) => drawing.replace('server.address=stock.example', '')));

  test('of two writes', () =>
    none((drawing) =>
      drawing.replace(/sales {2}POST +client/, 'sales save cart').replace('server.address=stock.example', ''),
    ));

  test('of a step that is part of the call, or of another visit', () => {
    const within = visit('', '5..40').replace(/^ {2}sales {2}INSERT.*$/m, '    sales  save order  internal  6..14');
    const after = visit('', '5..40').replace(/^ {2}sales {2}INSERT.*$/m, '  sales  save order  internal  42..50');
    expect(orders(times(12, within, 's'), times(12, after, 'b'))).toEqual([]);
    const elsewhere = (time: string) =>
      visit('', '5..40').replace(
        /^ {2}sales {2}INSERT.*$/m,
        `  sales  GET  client  1..399\n    desk  GET /seat  server  1..398\n      desk  save order  ${time}`,
      );
    const found = orders(times(12, elsewhere('6..14'), 's'), times(12, elsewhere('42..50'), 'b'));
    expect(found.map((rule) => rule.visit)).toEqual([]);
  });
});

test('a call that another call always waited for is an order too, after those of writes', () => {
  const three = (second: string, write: string) =>
    visit(write, '5..40', `  sales  PUT  client  ${second}  server.address=bank.example`);
  const before = times(20, three('42..60', '62..70'), 'b');
  const found = orders(times(15, three('6..14', '62..70'), 's'), before);
  expect(found.map(({ writes, breaches }) => [writes, breaches[0]?.between])).toEqual([[false, 'POST, PUT']]);
  const both = orders(times(15, three('6..14', '7..10'), 's'), before);
  expect(both.map(({ writes, breaches }) => [writes, breaches[0]?.between])).toEqual([
    [true, 'POST, INSERT orders'],
    [true, 'PUT, INSERT orders'],
    [false, 'POST, PUT'],
  ]);
});

test('the surest order comes first, and of equals the one of the first cell', () => {
  const two = (first: string, second: string) => `
door  GET /  server  0..900
  door  POST  client  1..402
    sales  POST /orders  server  1..401
      sales  POST     client  5..40  server.address=stock.example
      sales  save cart  ${first}
  door  PUT   client  1..402
    desk  PUT /seat  server  1..401
      desk  POST     client  5..40  server.address=stock.example
      desk  save seat   ${second}
`;
  const before = times(20, two('42..50', '42..50'), 'b');
  const visits = (suspects: readonly SpanRecord[]) => orders(suspects, before).map((rule) => rule.visit);
  const both = times(12, two('6..14', '6..14'), 's');
  expect(visits([...both, ...times(6, two('6..14', '42..50'), 't')])).toEqual(['sales POST /orders', 'desk PUT /seat']);
  expect(visits([...both, ...times(6, two('42..50', '6..14'), 't')])).toEqual(['desk PUT /seat', 'sales POST /orders']);
  expect(visits(both)).toEqual(['sales POST /orders', 'desk PUT /seat']);
});

test('a visit of more than thirty-two steps is looked at no further', () => {
  const wide = (before: number, write: string) =>
    `sales  POST /orders  server  0..400
  sales  POST  client  5..40  server.address=stock.example
${Array.from({ length: before }, (_, i) => `  sales  GET  client  5.5..6  server.address=x${'a'.repeat(i)}.example`).join('\n')}
  sales  save order  ${write}
`;
  const found = (before: number) =>
    orders(times(12, wide(before, '7..14'), 's'), times(12, wide(before, '42..50'), 'b')).filter(
      ({ writes }) => writes,
    );
  expect(found(30)).toHaveLength(1);
  expect(found(31)).toEqual([]);
});

test.for([
  ['send  producer  0..1', true],
  ['send  producer  0..1  db.operation.name=SELECT', true],
  ['save order  server  0..1', false],
  ['save order  consumer  0..1  db.operation.name=INSERT', false],
  ['save order  internal  0..1', true],
  ['saveOrder  internal  0..1', true],
  ['save_order  internal  0..1', true],
  ['saver  internal  0..1', false],
  ['load  internal  0..1', false],
  ['UPSERT  unspecified  0..1', true],
  ['POST save  client  0..1', false],
  ['save  client  0..1  db.system.name=redis', true],
  ['GET  client  0..1  db.system.name=redis', false],
  ['GET  client  0..1  db.operation.name=SET', true],
  ['SET  client  0..1  db.operation.name=GET db.query.summary="INSERT x"', false],
  ['x  client  0..1  db.query.summary="INSERT orders"', true],
  ['x  client  0..1  db.query.summary="SELECT orders" db.query.text="INSERT"', false],
  ['x  client  0..1  db.query.text="delete from orders"', true],
  ['x  client  0..1  db.query.text="select from a table with many words and then insert"', false],
] as const)('%s changes data: %s', ([drawing, writes]) => {
  const { table } = drawTable(`a  ${drawing}`);
  expect(writesOf(table)(0)).toBe(writes);
  const { table: among, row } = drawTable(`a  ${drawing}  #it\n---\na  other  0..1  db.system.name=x`);
  expect(writesOf(among)(row('it'))).toBe(writes);
});
