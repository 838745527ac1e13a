import { expect, test } from 'vitest';
import { seenBy, times, viewOf, viewOfOne } from './seen.ts';

const beside = (mail: number, own = 20) => `
shop  POST /orders       server    0..${40 + own}
  shop  POST             client    5..15   server.address=mail
    mail  POST /letters  server    6..14
  shop  publish          producer  20..21  messaging.destination.name=letters
    mail  process        consumer  22..${30 + mail}  messaging.destination.name=letters
`;

test('D02 tells of what became slower without anybody waiting for it, and D01 does not', () => {
  const view = viewOf(times(12, beside(300), 's'), times(20, beside(0), 'b'));
  expect(seenBy('D01', view)).toEqual([]);
  const [finding] = seenBy('D02', view);
  expect(finding).toMatchObject({ role: 'context', component: { service: 'mail' }, support: 12 });
  expect(finding?.evidence.map(({ claim }) => claim)).toEqual(['unfelt.slow-operation']);
});

test('D02 is silent where nothing changed, and about what was felt', () => {
  expect(seenBy('D02', viewOf(times(12, beside(0), 's'), times(20, beside(0), 'b')))).toEqual([]);
  const view = viewOf(times(12, beside(0, 220), 's'), times(20, beside(0), 'b'));
  expect(seenBy('D02', view)).toEqual([]);
  expect(seenBy('D01', view)).toMatchObject([{ role: 'cause', component: { service: 'shop' }, support: 12 }]);
});

test('support counts requests, not visits', () => {
  const looped = (each: number) => `
shop  GET /list  server  0..${60 + 4 * each}
${[0, 1, 2, 3].map((i) => `  shop  GET  client  ${5 + i * (each + 10)}..${12 + i * (each + 10) + each}  server.address=tags\n    tags  GET /tag  server  ${6 + i * (each + 10)}..${11 + i * (each + 10) + each}`).join('\n')}
`;
  const [finding] = seenBy('D01', viewOf(times(12, looped(30), 's'), times(20, looped(0), 'b')));
  expect(finding).toMatchObject({ component: { service: 'tags' }, support: 12 });
  expect(finding?.evidence[0].counts).toEqual({ with: 12, of: 12, baselineWith: 0, baselineOf: 20 });
});

const query = (end: number, marks = '') => `
list  GET /items       server  0..${end + 10}
  list  SELECT items   client  2..${end}  db.system.name=postgresql db.namespace=stock db.query.summary="SELECT items" ${marks}
`;

test('D08 names the query that became slow, and says when it returns more', () => {
  const plain = seenBy('D08', viewOf(times(12, query(200), 's'), times(20, query(12), 'b')));
  expect(plain).toMatchObject([{ mechanism: 'slow-query', component: { kind: 'edge', from: 'list', to: 'stock' } }]);
  const grown = seenBy(
    'D08',
    viewOf(
      times(12, query(202, 'db.response.returned_rows=2000'), 's'),
      times(20, query(12, 'db.response.returned_rows=100'), 'b'),
    ),
  );
  expect(grown[0]?.evidence.find(({ claim }) => claim === 'slow-query.rows')?.values).toMatchObject({
    now: { value: 2000 },
    usual: { value: 100 },
  });
});

test('D08 tells a wait for a lock from a slow query', () => {
  const locked = 'db.query.text="SELECT * FROM items WHERE id = ? FOR UPDATE"';
  const view = viewOf(times(12, query(200, locked), 's'), times(20, query(12, locked), 'b'));
  expect(seenBy('D08', view)).toMatchObject([{ mechanism: 'lock-wait' }]);
});

test('D08, not the network, when a client reports under the name of the store that it asks', () => {
  const posing = (end: number) => `
list  GET /items       server  0..${end + 10}
  mysql  SQL SELECT    client  2..${end}  peer.service=mysql db.query.text="SELECT * FROM items"
`;
  const view = viewOf(times(12, posing(200), 's'), times(20, posing(12), 'b'));
  expect(seenBy('D03', view)).toEqual([]);
  expect(seenBy('D08', view)).toMatchObject([{ mechanism: 'slow-query', component: { from: 'mysql', to: 'mysql' } }]);
});

test('D08 is silent when the query is as fast as ever and when there is nothing to compare with', () => {
  expect(seenBy('D08', viewOf(times(12, query(12), 's'), times(20, query(12), 'b')))).toEqual([]);
  expect(seenBy('D08', viewOf(times(1, query(200), 's')))).toEqual([]);
});

const alone = (slow: number, calls = '') => `
shop  GET /cart       server  0..${slow + 40}
  shop  GET           client  5..${slow + 25}  server.address=stock
    stock  GET /level  server  7..${slow + 23}
${calls}`;

test('D01 tells of one request alone what most of it was waited for, and that it is no comparison', () => {
  const [finding, ...others] = seenBy('D01', viewOf(times(1, alone(480))));
  expect(others).toEqual([]);
  expect(finding).toMatchObject({
    detector: 'D01 longest-wait',
    mechanism: 'slow-operation',
    component: { service: 'stock', operation: 'GET /level' },
    specificity: 0.5,
    support: 1,
  });
  expect(finding?.evidence[0]).toMatchObject({
    claim: 'waiting.work',
    values: { time: { unit: 'us', value: 496_000 }, total: { unit: 'us', value: 520_000 } },
  });
});

test('D01 says nothing of a request alone that nobody waited for, or that waited here and there', () => {
  expect(seenBy('D01', viewOf(times(1, alone(60))))).toEqual([]);
  const spread = ['a', 'b', 'c', 'd', 'e', 'f']
    .map(
      (name, i) =>
        `  shop  GET /${name}  client  ${10 + 110 * i}..${115 + 110 * i}\n    ${name}  GET /${name}  server  ${11 + 110 * i}..${114 + 110 * i}`,
    )
    .join('\n');
  expect(seenBy('D01', viewOf(times(1, `shop  GET /all  server  0..700\n${spread}`)))).toEqual([]);
});

test('D01 names two waits of one request that make up most of it together', () => {
  const twice = `
shop  GET /cart        server  0..700
  shop  GET            client  5..305  server.address=stock
    stock  GET /level  server  7..303
  shop  GET            client  310..690  server.address=tax
    tax  GET /rate     server  312..688
`;
  const found = seenBy('D01', viewOf(times(1, twice)));
  expect(found.map(({ component }) => component)).toMatchObject([{ service: 'tax' }, { service: 'stock' }]);
});

test('D01 does not call a request slow that is as quick as others of its route', () => {
  const focus = times(1, alone(480), 'f');
  const view = (others: number) => viewOfOne(focus, times(8, alone(others), 'o'));
  expect(seenBy('D01', view(480))).toEqual([]);
  expect(seenBy('D01', view(100))).toMatchObject([{ component: { service: 'stock' } }]);
});

const sideBySide = (left: number, right: number) => `
shop  GET /cart        server  0..${Math.max(left, right) + 40}
  shop  GET            client  5..${left + 15}  server.address=stock
    stock  GET /level  server  7..${left + 13}
  shop  GET            client  6..${right + 15}  server.address=tax
    tax  GET /rate     server  8..${right + 13}
`;

test('D01 shares the delay of calls side by side when both got slower', () => {
  const view = viewOf(times(12, sideBySide(200, 180), 's'), times(20, sideBySide(20, 20), 'b'));
  const context = seenBy('D01', view).filter(({ detector }) => detector === 'D01 parallel-regression');
  expect(context).toMatchObject([{ role: 'context', component: { from: 'shop', to: 'tax' }, support: 12 }]);
  expect(context[0]?.evidence[0].values).toMatchObject({ first: { value: 'stock' }, second: { value: 'tax' } });
});

test('D01 shares nothing where only one of them got slower, or they follow each other', () => {
  const shared = (suspects: string) =>
    seenBy('D01', viewOf(times(12, suspects, 's'), times(20, sideBySide(20, 20), 'b'))).filter(
      ({ detector }) => detector === 'D01 parallel-regression',
    );
  expect(shared(sideBySide(200, 20))).toEqual([]);
  const oneByOne = `
shop  GET /cart        server  0..460
  shop  GET            client  5..215  server.address=stock
    stock  GET /level  server  7..213
  shop  GET            client  220..450  server.address=tax
    tax  GET /rate     server  222..448
`;
  expect(shared(oneByOne)).toEqual([]);
});
