import { expect, test } from 'vitest';
import type { SpanRecord } from '../../src/model/span.ts';
import { once, seenBy, times, viewOf, viewOfOne } from './seen.ts';

const STORE = 'db.system.name=postgresql db.namespace=stock db.query.summary="SELECT items"';
const query = (end: number, marks = '') => `
list  GET /items       server  0..${end + 10}
  list  SELECT items   client  2..${end}  ${STORE} ${marks}
`;
const slow = (marks: string, before: string, now = 202) =>
  seenBy('D08', viewOf(times(12, query(now, marks), 's'), times(20, query(12, before), 'b')));

test.each<readonly [string, string, readonly string[], string, string]>([
  ['nothing said', 'slow-query', [], '', ''],
  [
    'rows that grew with the time',
    'slow-query',
    ['slow-query.rows'],
    'db.response.returned_rows=1050',
    'db.response.returned_rows=100',
  ],
  [
    'rows that grew by less than half of it',
    'slow-query',
    [],
    'db.response.returned_rows=1049',
    'db.response.returned_rows=100',
  ],
  ['as many rows', 'slow-query', [], 'db.response.returned_rows=100', 'db.response.returned_rows=100'],
  ['rows that nobody counted before', 'slow-query', [], 'db.response.returned_rows=2000', ''],
  ['rows that nobody counts now', 'slow-query', [], '', 'db.response.returned_rows=100'],
  ['rows that are no number', 'slow-query', [], 'db.response.returned_rows=many', 'db.response.returned_rows=100'],
  ['a lock for update', 'lock-wait', ['lock-wait.hint'], 'db.query.text="SELECT 1 FOR UPDATE"', ''],
  ['a lock for no key update', 'lock-wait', ['lock-wait.hint'], 'db.query.text="select 1 for no key update"', ''],
  ['a shared lock', 'lock-wait', ['lock-wait.hint'], 'db.query.text="SELECT 1 FOR SHARE"', ''],
  ['a lock on a table', 'lock-wait', ['lock-wait.hint'], 'db.query.text="LOCK TABLE items"', ''],
  ['a lock in share mode', 'lock-wait', ['lock-wait.hint'], 'db.query.text="SELECT 1 LOCK IN SHARE MODE"', ''],
  ['a lock by name', 'lock-wait', ['lock-wait.hint'], 'db.query.text="SELECT GET_LOCK(?)"', ''],
  ['an advisory lock', 'lock-wait', ['lock-wait.hint'], 'db.query.text="SELECT pg_advisory_xact_lock(?)"', ''],
  ['one that is tried', 'lock-wait', ['lock-wait.hint'], 'db.query.text="SELECT pg_try_advisory_lock(?)"', ''],
  ['a word like it', 'slow-query', [], 'db.query.text="SELECT clock table FROM updates"', ''],
  ['a lock that PostgreSQL refused', 'lock-wait', ['lock-wait.hint'], 'db.response.status_code=55P03', ''],
  ['a deadlock', 'lock-wait', ['lock-wait.hint'], 'db.response.status_code=40P01', ''],
  ['a lock that MySQL refused', 'lock-wait', ['lock-wait.hint'], 'db.response.status_code=1205', ''],
  ['a deadlock of MySQL', 'lock-wait', ['lock-wait.hint'], 'db.response.status_code=1213', ''],
  ['another code', 'slow-query', [], 'db.response.status_code=42703', ''],
])('D08: %s', (_, mechanism, extra, now, before) => {
  const found = slow(now, before);
  expect(found).toMatchObject([{ mechanism, role: 'cause', component: { kind: 'edge', from: 'list', to: 'stock' } }]);
  expect(found[0]?.evidence.map(({ claim }) => claim)).toEqual([`${mechanism}.time`, 'latency.share', ...extra]);
});

test('D08 counts how many of the slow queries were refused a lock', () => {
  const refused = times(3, query(202, 'db.response.status_code=55P03'), 'r');
  const [finding] = seenBy('D08', viewOf([...times(9, query(202), 's'), ...refused], times(20, query(12), 'b')));
  expect(finding?.evidence.at(-1)).toMatchObject({
    claim: 'lock-wait.hint',
    traceId: refused[0]?.traceId,
    values: { from: { value: 'list' }, to: { value: 'stock' }, refused: { value: 3 }, of: { value: 12 } },
  });
});

const page = (work: number) => `\nweb  GET /  server  0..${work}\n`;
const slower = (now: number, before: number) =>
  seenBy('D01', viewOf(times(12, page(now), 's'), times(20, page(before), 'b'))).map(({ support }) => support);

test.each<readonly [string, number, number, readonly number[]]>([
  ['five milliseconds more are told', 15, 10, [12]],
  ['less is not', 14.9, 10, []],
  ['of long work it takes more than a fifth', 300, 200, [12]],
  ['less is not told', 239.9, 200, []],
])('D01: %s', (_, now, before, told) => {
  expect(slower(now, before)).toEqual(told);
});

test('D01 shows the upper middle of the visits and counts those beyond what nine in ten healthy ones took', () => {
  const suspects = [90, 10, 80, 12, 70, 95, 60, 85, 75, 65, 11, 100].flatMap((work, i) => once(`s${i}`, page(work)));
  const before = Array.from({ length: 20 }, (_, i) => once(`b${i}`, page(8 + i / 4))).flat();
  const [finding] = seenBy('D01', viewOf(suspects, before));
  expect(finding).toMatchObject({ support: 9 });
  expect(finding?.evidence[0]).toMatchObject({
    traceId: once('s0', page(1))[0]?.traceId,
    counts: { with: 9, of: 12, baselineWith: 2, baselineOf: 20 },
  });
});

test('D01 tells of a fault that hits every fourth request by what those take', () => {
  const [finding] = seenBy(
    'D01',
    viewOf([...times(30, page(10), 's'), ...times(10, page(200), 't')], times(40, page(10), 'b')),
  );
  expect(finding?.evidence[0].values).toMatchObject({ now: { value: 200_000 }, usual: { value: 10_000 } });
});

const loop = (n: number, each = 5, end = 30 + n * (each + 1), marks: (i: number) => string = () => '') => `
list  GET /items  server  0..${end}
${Array.from({ length: n }, (_, i) => `  list  SELECT tags  client  ${5 + i * (each + 1)}..${5 + i * (each + 1) + each}  db.system.name=postgresql db.query.summary="SELECT tags" ${marks(i)}`).join('\n')}
`;
const repeated = (now: string, before: readonly SpanRecord[]) =>
  seenBy('D09', viewOf(times(12, now, 's'), before)).map(({ strength, specificity, support }) => [
    strength,
    specificity,
    support,
  ]);

test.each<readonly [string, unknown, string, number | undefined]>([
  ['five where there was one', [[0.8, 1, 12]], loop(5), 1],
  ['four are few', [], loop(4, 10), 1],
  ['three times as many', [[0.667, 1, 12]], loop(6), 2],
  ['less than that', [], loop(5), 2],
  ['where there was none', [[0.833, 1, 12]], loop(6), 0],
  ['alone, with half the certainty', [[0.8, 0.5, 12]], loop(5), undefined],
  ['twenty milliseconds together', [[0.8, 1, 12]], loop(5, 4, 60), 1],
  ['less than that together', [], loop(5, 3.9, 60), 1],
  ['a fifth of the request', [[0.8, 1, 12]], loop(5, 10, 250), 1],
  ['less than a fifth', [], loop(5, 10, 251), 1],
  ['calls that failed are retries', [], loop(6, 5, 90, (i) => (i === 3 ? '!"reset"' : '')), 1],
])('D09: %s', (_, told, now, before) => {
  expect(repeated(now, before === undefined ? [] : times(20, loop(before), 'b'))).toEqual(told);
});

test('D09 shows the visit that repeats most, twenty calls of it at most, and counts the visits that repeat', () => {
  const suspects = [
    ...times(5, loop(8), 's'),
    ...times(1, loop(30), 'm'),
    ...times(4, loop(6), 't'),
    ...times(2, loop(2), 'u'),
  ];
  const [finding] = seenBy('D09', viewOf(suspects, times(20, loop(2), 'b')));
  expect(finding).toMatchObject({
    support: 10,
    component: { kind: 'operation', service: 'list', operation: 'GET /items' },
  });
  expect(finding?.evidence[0]).toMatchObject({
    traceId: times(1, loop(30), 'm')[0]?.traceId,
    values: { now: { value: 7 }, usual: { value: 2 }, time: { value: 150_000 } },
  });
  expect(finding?.evidence[0].spanIds).toHaveLength(20);
});

const pooled = (wait: number, rest = 20, name = 'pg-pool.connect') => `
list  GET /items  server  0..${wait + rest}
  list  ${name}  internal  2..${2 + wait}
`;
const pools = (now: string, before: readonly SpanRecord[] = times(20, pooled(1), 'b')) =>
  seenBy('D06', viewOf(times(12, now, 's'), before)).map(({ role, support }) => [role, support]);

test.each<readonly [string, boolean, number, number]>([
  ['five milliseconds are a wait', true, 5, 20],
  ['less is none', false, 4.9, 15],
  ['a fifth of the visit is felt', true, 20, 80],
  ['less is not', false, 20, 80.1],
])('D06: %s', (_, told, wait, rest) => {
  expect(pools(pooled(wait, rest)).length > 0).toBe(told);
});

test.each([
  'pool',
  'acquire',
  'getConnection',
  'get connection',
  'wait_for_connection',
  'borrow',
  'checkout connection',
  'pool.get',
  'carpool',
  'connect',
])('D06 knows a pool by its name: %s', (name) => {
  const before = times(20, pooled(1, 20, name), 'b');
  expect(pools(pooled(120, 20, name), before).length > 0).toBe(!['carpool', 'connect'].includes(name));
});

test('D06 says nothing of waits that always were as long, and alone half as much', () => {
  expect(pools(pooled(120), times(20, pooled(110), 'b'))).toEqual([]);
  expect(seenBy('D06', viewOf(times(3, pooled(120), 's')))).toMatchObject([{ strength: 0.857, specificity: 0.5 }]);
});

const alone = (work: number, rest = 40) => `
shop  GET /cart       server  0..${work + rest}
  shop  GET           client  5..${work + 15}  server.address=stock
    stock  GET /level  server  6..${work + 14}
`;
const waited = (drawing: string, others: readonly SpanRecord[] = []) =>
  seenBy('D01', viewOfOne(times(1, drawing, 'f'), others)).map(({ component }) => component);

test('D01 tells of one request by what it waited for, from a tenth of a second on', () => {
  expect(waited(alone(97, 20))).toMatchSnapshot();
  expect([60, 80, 90, 91, 92, 93, 95, 100, 110].map((work) => waited(alone(work)).length)).toMatchSnapshot();
});

test('D01 holds one request against others of its route only, from four on', () => {
  const others = (count: number, work: number, route = '/cart') =>
    times(count, alone(work).replace('/cart', route), 'o');
  expect(waited(alone(480), others(3, 480))).toHaveLength(1);
  expect(waited(alone(480), others(4, 480))).toEqual([]);
  expect(waited(alone(480), others(9, 480, '/list'))).toHaveLength(1);
  expect(waited(alone(480), others(9, 385))).toHaveLength(1);
  expect(waited(alone(480), others(9, 395))).toEqual([]);
});
