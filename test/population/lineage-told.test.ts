import { describe, expect, test } from 'vitest';
import type { SpanRecord } from '../../src/model/span.ts';
import { traceLineage, unusualActor } from '../../src/population/lineage.ts';
import { times, viewOf } from '../detectors/seen.ts';

const ann = { key: 'user.id', value: 'ann' };
const lineageOf = (suspects: readonly SpanRecord[], baseline: readonly SpanRecord[] = []) =>
  traceLineage(viewOf(suspects, baseline), ann);

const request = `
edge  GET /export  server  0..90  user.id=ann client.address=198.51.100.4 user_agent.original=curl
  edge  GET  client  1..80
    desk  GET /rows  server  2..79
      desk  SELECT orders  client  3..30  db.system.name=postgresql db.namespace=shop db.collection.name=orders db.response.returned_rows=40
      desk  SELECT orders  client  31..40  db.system.name=postgresql db.namespace=shop db.collection.name=orders db.response.returned_rows=2
      desk  DELETE carts  client  41..50  db.system.name=postgresql
      desk  PUT  client  51..60  server.address=bank.example
`;
const other = request.replace('198.51.100.4', '203.0.113.9').replace('db.response.returned_rows=40', '');

test('an actor’s requests are told with their origins, ways and data, the most frequent and the largest first', () => {
  const healthy = times(12, request.replace('user.id=ann', 'user.id=ben').replace('rows=40', 'rows=5'), 'b');
  const suspects = [
    ...times(1, other, 'a'),
    ...times(2, request, 'c'),
    ...times(3, request.replace('=ann', '=bob'), 'o'),
  ];
  const lineage = lineageOf(suspects, healthy);
  const cited = { traceId: expect.stringMatching(/^[0-9a-f]{32}$/), spanId: expect.stringMatching(/^[0-9a-f]{16}$/) };
  expect(lineage).toEqual({
    actor: ann,
    requests: 3,
    traceIds: expect.arrayContaining(
      suspects.filter(({ attributes }) => attributes['user.id'] === 'ann').map(({ traceId }) => traceId),
    ),
    origins: [
      { address: '198.51.100.4', userAgent: 'curl', entry: 'GET /export', count: 2, ...cited },
      { address: '203.0.113.9', userAgent: 'curl', entry: 'GET /export', count: 1, ...cited },
    ],
    hops: [
      { from: 'edge', to: 'desk', operation: 'GET /rows', count: 3, ...cited },
      { from: 'desk', to: 'bank.example', operation: 'PUT', count: 3, ...cited },
    ],
    data: [
      {
        service: 'desk',
        store: 'postgresql/shop',
        target: 'orders',
        effect: 'read',
        operations: 6,
        rows: 86,
        usualRows: 7,
        ...cited,
      },
      { service: 'desk', store: 'postgresql', target: 'DELETE carts', effect: 'delete', operations: 3, ...cited },
    ],
    silent: ['bank.example'],
  });
  expect(lineage?.traceIds).toHaveLength(3);
});

test('nothing is told of an actor who asked for nothing, under another key, or only before', () => {
  expect(lineageOf(times(3, request.replace('=ann', '=bob'), 's'))).toBeUndefined();
  expect(lineageOf(times(3, request.replace('user.id', 'enduser.id'), 's'))).toBeUndefined();
  expect(lineageOf(times(3, request.replace('=ann', '=bob'), 's'), times(12, request, 'b'))).toBeUndefined();
});

test('what is not said is not told', () => {
  const bare = `
edge  GET /x  server  0..90  user.id=ann user_agent.original="" client.address=""
  edge  GET  client  1..80
`;
  expect(lineageOf(times(1, bare, 's'))).toEqual({
    actor: ann,
    origins: [{ entry: 'GET /x', count: 1, traceId: expect.anything(), spanId: expect.anything() }],
    hops: [],
    data: [],
    requests: 1,
    traceIds: [expect.anything()],
    silent: [],
  });
});

test('silent peers stand by name, and a call without an answer goes by its own name', () => {
  const two = `
edge  GET /x  server  0..90  user.id=ann
  edge  PUT  client  1..20  server.address=z.example
  edge  GET  client  21..40  server.address=a.example
  edge  GET  client  41..60  server.address=a.example
`;
  const lineage = lineageOf(times(1, two, 's'));
  expect(lineage?.silent).toEqual(['a.example', 'z.example']);
  expect(lineage?.hops.map(({ from, to, operation, count }) => [from, to, operation, count])).toEqual([
    ['edge', 'z.example', 'PUT', 1],
    ['edge', 'a.example', 'GET', 2],
  ]);
});

const touching = (...lines: readonly string[]) => {
  const drawing = `edge  GET /x  server  0..90  user.id=ann\n${lines.map((line) => `  edge  ${line}`).join('\n')}`;
  return lineageOf(times(1, drawing, 's'))?.data.map(({ store, target, effect, operations, rows }) =>
    [store, target, effect, operations, ...(rows === undefined ? [] : [rows])].join(' '),
  );
};

test.for([
  ['DELETE carts client 1..2 db.system.name=x', 'x DELETE carts delete 1'],
  ['truncate client 1..2 db.system.name=x', 'x truncate delete 1'],
  ['x client 1..2 db.system.name=x db.operation.name=DROP', 'x DROP delete 1'],
  ['export rows client 1..2 db.system.name=x', 'x export rows export 1'],
  ['COPY rows client 1..2 db.system.name=x', 'x COPY rows export 1'],
  ['undump client 1..2 db.system.name=x', 'x undump unknown 1'],
  ['INSERT rows client 1..2 db.system.name=x', 'x INSERT rows write 1'],
  ['SELECT rows client 1..2 db.system.name=x', 'x SELECT rows read 1'],
  ['x client 1..2 db.system.name=x db.operation.name=Find', 'x Find read 1'],
  ['selected client 1..2 db.system.name=x', 'x selected unknown 1'],
  ['GET client 1..2 aws.s3.bucket=photos', 'photos GET read 1'],
  ['GET client 1..2 db.system.name=x db.namespace=n db.collection.name=c', 'x/n c read 1'],
  ['GET client 1..2 db.system.name=x db.namespace="" db.collection.name=""', 'x GET read 1'],
  ['GET client 1..2 db.system.name="" aws.s3.bucket=photos', 'photos GET read 1'],
  ['GET client 1..2 db.system.name=x db.response.returned_rows=0', 'x GET read 1 0'],
  ['GET client 1..2 db.system.name=x db.response.returned_rows=many', 'x GET read 1'],
  ['GET client 1..2 db.system.name=x db.response.returned_rows="12"', 'x GET read 1 12'],
] as const)('data: %s', ([line, told]) => {
  expect(touching(line)).toEqual([told]);
});

test('data stand by their rows, then by how often they were touched', () => {
  const touch = (table: string, rows?: number) =>
    `GET client 1..2 db.system.name=x db.collection.name=${table}${rows === undefined ? '' : ` db.response.returned_rows=${rows}`}`;
  expect(
    touching(touch('a'), touch('b', 3), touch('c', 9), touch('d'), touch('d'), touch('e', 3), touch('e', 0)),
  ).toEqual(['x c read 1 9', 'x e read 2 3', 'x b read 1 3', 'x d read 2', 'x a read 1']);
});

describe('whoever reads far more than others', () => {
  const reading = (user: string, rows: number | string, table = 'orders') => `
web  GET /history  server  0..40  user.id=${user}
  web  SELECT ${table}  client  5..30  db.system.name=postgresql db.collection.name=${table} ${rows === '' ? '' : `db.response.returned_rows=${rows}`}
`;
  const crowd = (rows: number, salt: string, size = 12) =>
    Array.from({ length: size }, (_, i) => times(1, reading(`u${i}`, rows), `${salt}${i}`)).flat();
  const found = (suspects: readonly SpanRecord[], usual = 20) =>
    unusualActor(viewOf([...crowd(usual, 's'), ...suspects], crowd(usual, 'b')))?.value;

  test('reads five times as much, and at least fifty rows', () => {
    expect(found(times(1, reading('bulk', 100), 'x'))).toBe('bulk');
    expect(found(times(1, reading('bulk', 99), 'x'))).toBeUndefined();
    expect(found(times(1, reading('bulk', 50), 'x'), 2)).toBe('bulk');
    expect(found(times(1, reading('bulk', 49), 'x'), 2)).toBeUndefined();
  });

  test('reads it in one request, from one target that others read too', () => {
    expect(found(times(9, reading('bulk', 60), 'x'))).toBeUndefined();
    const twice = `${reading('bulk', 60)}  web  SELECT orders  client  31..35  db.system.name=postgresql db.collection.name=orders db.response.returned_rows=60\n`;
    expect(found(times(1, twice, 'x'))).toBe('bulk');
    expect(
      found(times(1, twice.replaceAll(/orders(\s+client +31.*name=)orders/g, 'carts$1carts'), 'x')),
    ).toBeUndefined();
    expect(found(times(1, reading('bulk', 9_000, 'secrets'), 'x'))).toBeUndefined();
  });

  test('is the one with the most rows, and of equals the first by name', () => {
    const two = (a: number, z: number) => [...times(1, reading('zoe', z), 'z'), ...times(1, reading('amy', a), 'a')];
    expect(found(two(400, 300))).toBe('amy');
    expect(found(two(300, 400))).toBe('zoe');
    expect(found(two(300, 300))).toBe('amy');
    // Rows of all its requests count, but only of those that are unusual.
    expect(found([...two(300, 200), ...times(1, reading('zoe', 150), 'y')])).toBe('zoe');
    expect(found([...two(300, 250), ...times(3, reading('zoe', 90), 'y')])).toBe('amy');
  });

  test('is somebody: who is not named, or not counted, is nobody', () => {
    expect(found(times(1, reading('bulk', 900).replace('user.id=bulk', ''), 'x'))).toBeUndefined();
    expect(found(times(1, reading('bulk', ''), 'x'))).toBeUndefined();
    expect(found(times(1, reading('bulk', 'many'), 'x'))).toBeUndefined();
    expect(found(times(1, reading('bulk', 900).replace('db.system.name=postgresql', ''), 'x'))).toBeUndefined();
    expect(unusualActor(viewOf(times(3, reading('bulk', ''), 'x')))).toBeUndefined();
  });

  test('is told by the key that names it', () => {
    const named = (key: string) =>
      unusualActor(
        viewOf([...crowd(20, 's'), ...times(1, reading('bulk', 900).replace('user.id', key), 'x')], crowd(20, 'b')),
      );
    for (const key of ['user.id', 'enduser.id', 'user.hash', 'enduser.pseudo.id', 'session.id'])
      expect(named(key)).toEqual({ key, value: 'bulk' });
    expect(named('user.name')).toBeUndefined();
  });

  test('did not do so more than a minute before', () => {
    const moved = (spans: readonly SpanRecord[], by: number) =>
      spans.map((span) => ({ ...span, start: span.start - by, end: span.end - by }));
    const habit = (by: number, rows = 900) =>
      unusualActor(
        viewOf(
          [...crowd(20, 's'), ...times(1, reading('bulk', 900), 'x')],
          [...crowd(20, 'b', 30), ...moved(times(1, reading('bulk', rows), 'h'), by)],
        ),
      )?.value;
    expect(habit(60_000_000)).toBe('bulk');
    expect(habit(60_000_001)).toBeUndefined();
    expect(habit(60_000_001, 181)).toBeUndefined();
    expect(habit(60_000_001, 180)).toBe('bulk');
  });
});
