import { describe, expect, test } from 'vitest';
import type { SpanRecord } from '../../src/model/span.ts';
import { at } from '../../src/model/units.ts';
import { anchoredOrders } from '../../src/population/anchored-orders.ts';
import { certainRise, STRICT_Z } from '../../src/population/statistics.ts';
import { times } from '../detectors/seen.ts';
import { bothSides } from './both-sides.ts';

/** Every request is about an order of its own: `K` becomes the trace's id. */
const about = (count: number, drawing: string, salt: string): readonly SpanRecord[] =>
  times(count, drawing, salt).map((span) => {
    const own = Object.entries(span.attributes).map(([key, value]) => [key, value === 'K' ? span.traceId : value]);
    return { ...span, attributes: Object.fromEntries(own) };
  });

function orders(
  suspects: readonly SpanRecord[],
  reference: readonly SpanRecord[],
  neither: readonly SpanRecord[] = [],
) {
  const { table, charges, cells, sides } = bothSides(suspects, reference, neither);
  return anchoredOrders(table, charges, cells, sides).map(({ cell, breaches, ...rule }) => ({
    ...rule,
    service: charges.parties.names[at(cells.from, cell)],
    breaches: breaches.map(({ trace, call, step, ...told }) => {
      expect([table.first[trace] ?? 0, table.first[trace + 1] ?? 0]).toSatisfy(
        ([from, to]) => call >= from && call < to && step >= from && step < to,
      );
      return { between: `${table.name(call)}, ${table.name(step)}`, ...told };
    }),
  }));
}

/**
 * Stock confirms an order from 5 to 55 ms, and sales writes it at the given time. All of one host with a clock finer than a
 * millisecond, so that every order is known to the microsecond.
 */
const request = (write: readonly [number, number], key = 'order.id', salesAt = [1, 99]) => `
front  POST /buy      server  0.5..100   resource.host.name=h
  front  POST         client  2..60      resource.host.name=h
    stock  POST /holds  server  5..55    resource.host.name=h  ${key}=K
  front  POST         client  ${salesAt[0]}..${salesAt[1]}  resource.host.name=h
    sales  POST /orders  server  ${salesAt[0]}..${salesAt[1]}  resource.host.name=h
      sales  INSERT orders  client  ${write[0]}..${write[1]}  resource.host.name=h  ${key}=K db.system.name=postgresql db.operation.name=INSERT
`;
const kept = request([66, 75]);
const overtaken = request([15, 20]);
const early = request([15, 70]);

describe('a write of one service and the confirmation of another', () => {
  test('have an order that was kept and is broken', () => {
    const suspects = [...about(4, overtaken, 's'), ...about(3, early, 'e'), ...about(2, kept, 'k')];
    const over = { between: 'POST /holds, INSERT orders', margin: 35_000, uncertainty: 0 };
    const begun = { ...over, margin: -40_000 };
    const found = orders(suspects, about(20, kept, 'b'));
    const byMargin = (rule: (typeof found)[number]) => rule.breaches.toSorted((a, b) => b.margin - a.margin);
    expect(found.map((rule) => ({ ...rule, breaches: byMargin(rule) }))).toEqual([
      {
        service: 'sales',
        before: { waited: 20, early: 0, overtook: 0 },
        now: { waited: 2, early: 3, overtook: 4 },
        writes: true,
        earlier: true,
        weight: certainRise({ with: 7, of: 9 }, { with: 0, of: 20 }, STRICT_Z),
        breaches: [over, over, over, over, begun, begun, begun],
      },
    ]);
  });

  test.for([
    [[55.001, 60], { waited: 9, early: 0, overtook: 0 }],
    [[54.999, 60], { waited: 0, early: 9, overtook: 0 }],
    [[20, 54.999], { waited: 0, early: 0, overtook: 9 }],
    [[20, 55.001], { waited: 0, early: 9, overtook: 0 }],
    [[55, 60], { waited: 0, early: 0, overtook: 0 }],
  ] as const)('are held against each other by the microsecond: %j', ([write, now]) => {
    // One breach more than what is looked at, so that there is a rule to be told at all.
    const [rule] = orders([...about(9, request(write), 's'), ...about(30, overtaken, 'o')], about(20, kept, 'b'));
    expect(rule?.now).toEqual({ ...now, overtook: now.overtook + 30 });
  });

  test('need eight healthy requests that kept the order', () => {
    const now = about(12, overtaken, 's');
    expect(orders(now, about(8, kept, 'b'))).toHaveLength(1);
    expect(orders(now, about(7, kept, 'b'))).toEqual([]);
    expect(
      orders(
        now,
        about(8, kept, 'b').filter(({ service }) => service !== 'stock'),
      ),
    ).toEqual([]);
    expect(orders(about(12, kept, 's'), about(8, kept, 'b'))).toEqual([]);
    expect(orders([], about(8, kept, 'b'))).toEqual([]);
  });

  test.for([
    ['early', early],
    ['overtook', overtaken],
  ] as const)('may have been broken once in a hundred before: %s', ([relation, broken]) => {
    const now = about(12, overtaken, 's');
    const healthy = (of: number) => [...about(of - 1, kept, 'b'), ...about(1, broken, 'x')];
    const [rule] = orders(now, healthy(100));
    expect(rule?.before).toEqual({ waited: 99, early: 0, overtook: 0, [relation]: 1 });
    expect(rule?.weight).toBeCloseTo(certainRise({ with: 12, of: 12 }, { with: 1, of: 100 }, STRICT_Z), 12);
    expect(orders(now, healthy(99))).toEqual([]);
  });

  test('are looked for on the two sides only', () => {
    const [rule] = orders(about(12, overtaken, 's'), about(10, kept, 'b'), [
      ...about(5, overtaken, 'x'),
      ...about(5, kept, 'y'),
    ]);
    expect([rule?.before.waited, rule?.now.overtook, rule?.breaches.length]).toEqual([10, 12, 12]);
  });
});

test.for([
  ['order.id', true],
  ['cart_id', true],
  ['request.key', true],
  ['dedup_key', true],
  ['messaging.message.id', true],
  ['messaging.message.conversation_id', true],
  ['saga.correlation_id', true],
  ['idempotency.key', true],
  ['user.id', false],
  ['session.id', false],
  ['db.id', false],
  ['k8s.pod.id', false],
  ['order.ident', false],
  ['order', false],
  ['messaging.message.body.size', false],
] as const)('an attribute %s speaks of the same thing: %s', ([key, speaks]) => {
  const found = orders(about(9, request([15, 20], key), 's'), about(9, request([66, 75], key), 'b'));
  expect(found).toHaveLength(speaks ? 1 : 0);
});

test('several ids of one request are several ways to the same pair', () => {
  const two = (write: readonly [number, number]) => request(write).replaceAll('order.id=K', 'order.id=K cart_id=K');
  const [rule, ...more] = orders(about(9, two([15, 20]), 's'), about(9, two([66, 75]), 'b'));
  expect([rule?.now.overtook, rule?.before.waited, more.length]).toEqual([18, 18, 0]);
});

test('spans with other ids, or that say nothing, are no part of it', () => {
  const other = (drawing: string) => drawing.replace('order.id=K', 'order.id="one of all"');
  expect(orders(about(9, other(overtaken), 's'), about(9, other(kept), 'b'))).toEqual([]);
  const unsaid = (drawing: string) => drawing.replace('order.id=K', '');
  expect(orders(about(9, unsaid(overtaken), 's'), about(9, unsaid(kept), 'b'))).toEqual([]);
});

describe('no order is seen between', () => {
  const none = (change: (drawing: string) => string) =>
    expect(orders(about(12, change(overtaken), 's'), about(12, change(kept), 'b'))).toEqual([]);

  test('two spans of one service', () => none((drawing) => drawing.replace('stock  POST', 'sales  POST')));

  test('two writes', () =>
    none((drawing) =>
      drawing
        .replace('stock  POST /holds  server', 'stock  INSERT holds  client')
        .replace('order.id=K', 'order.id=K db.operation.name=INSERT'),
    ));

  test('two confirmations', () =>
    none((drawing) =>
      drawing.replace(
        /sales {2}POST \/orders.*\n.*client {2}(\S+).*\n/,
        'sales  POST /orders  server  $1  resource.host.name=h  order.id=K\n',
      ),
    ));

  test('a write and a span that is neither an entry nor a write', () =>
    none((drawing) => drawing.replace('stock  POST /holds  server', 'front  POST /holds  internal')));

  test('a write and the request that it is part of', () => {
    const nested = `
stock  POST /holds    server  0.5..55  resource.host.name=h  order.id=K
  stock  POST         client  2..54    resource.host.name=h
    sales  POST /orders  server  3..53  resource.host.name=h
      sales  INSERT orders  client  15..20  resource.host.name=h  order.id=K db.operation.name=INSERT
`;
    expect(orders(about(12, nested, 's'), about(12, kept, 'b'))).toEqual([]);
  });
});

test('one value on more than sixty-four spans is a default', () => {
  const many = (writes: number, from: number) =>
    `${request([from, from + 5])}${`      sales  INSERT orders  client  ${from}..${from + 5}  resource.host.name=h  order.id=K db.operation.name=INSERT\n`.repeat(writes - 1)}`;
  const found = (writes: number) => orders(about(2, many(writes, 15), 's'), about(1, many(writes, 66), 'b'));
  expect(found(63)).toMatchObject([{ now: { overtook: 126 }, before: { waited: 63 } }]);
  expect(found(64)).toEqual([]);
});

test('the surest order comes first, and of equals the one of the first cell', () => {
  const two = (
    first: number,
    second: number,
  ) => `${request([first, first + 5])}  front  POST  client  1..99  resource.host.name=h
    audit  POST /log  server  1..99  resource.host.name=h
      audit  INSERT log  client  ${second}..${second + 5}  resource.host.name=h  order.id=K db.operation.name=INSERT
`;
  const before = about(20, two(66, 66), 'b');
  const services = (suspects: readonly SpanRecord[]) => orders(suspects, before).map(({ service }) => service);
  expect(services([...about(12, two(15, 15), 's'), ...about(6, two(15, 66), 't')])).toEqual(['sales', 'audit']);
  expect(services([...about(12, two(15, 15), 's'), ...about(6, two(66, 15), 't')])).toEqual(['audit', 'sales']);
  expect(services(about(12, two(15, 15), 's'))).toEqual(['sales', 'audit']);
});
