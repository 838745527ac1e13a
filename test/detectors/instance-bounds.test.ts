import { expect, test } from 'vitest';
import type { SpanRecord } from '../../src/model/span.ts';
import { seenBy, times, viewOf } from './seen.ts';

const served = (marks: string, end = 20, service = 'web', mark = '') =>
  `\n${service}  GET /  server  0..${end}  ${marks} ${mark}\n`;
const pod = (name: string, version?: string) =>
  `resource.k8s.pod.name=${name}${version === undefined ? '' : ` resource.service.version=${version}`}`;
const healthy = times(40, served(pod('p0', '1')), 'b');
/** How many requests each copy had, how long they took, ms. */
const copies = (...list: readonly (readonly [marks: string, count: number, length: number])[]): readonly SpanRecord[] =>
  list.flatMap(([marks, count, length], i) => times(count, served(marks, length), `s${i}`));
const told = (suspects: readonly SpanRecord[], baseline: readonly SpanRecord[] = healthy) =>
  seenBy('D16', viewOf(suspects, baseline))
    .filter(({ detector }) => detector === 'D16 bad-instance')
    .map(({ component, role, support, strength, specificity }) => [
      component.kind === 'attribute' ? component.value : component.kind,
      role,
      support,
      strength,
      specificity,
    ]);

test.each<readonly [string, unknown, readonly SpanRecord[]]>([
  [
    'all bad requests on one',
    [['p1', 'cause', 15, 1, 1]],
    copies([pod('p1'), 15, 400], [pod('p2'), 15, 20], [pod('p3'), 15, 20]),
  ],
  [
    'most of them',
    [['p1', 'cause', 12, 0.8, 1]],
    copies([pod('p1'), 12, 400], [pod('p2'), 3, 400], [pod('p3'), 30, 20]),
  ],
  [
    'neighbours on its version are well',
    [['p1', 'cause', 15, 1, 1]],
    copies([pod('p1', '2'), 15, 400], [pod('p2', '2'), 15, 20], [pod('p3', '1'), 15, 20]),
  ],
  [
    'neighbours on its version are as bad',
    [],
    copies([pod('p1', '2'), 15, 400], [pod('p2', '2'), 15, 400], [pod('p3', '1'), 30, 20]),
  ],
  [
    'the only one of a version that is told of already',
    [],
    copies([pod('p1', '2'), 15, 400], [pod('p2', '1'), 30, 20]),
  ],
  [
    'one good request elsewhere on its version',
    [['p1', 'cause', 15, 1, 1]],
    copies([pod('p1', '2'), 15, 400], [pod('p2', '2'), 1, 20], [pod('p3', '1'), 30, 20]),
  ],
  ['no other copy at all', [], copies([pod('p1', '2'), 15, 400], [pod('p1', '2'), 30, 20])],
])('D16 by who shares the bad requests: %s', (_, found, suspects) => {
  expect(told(suspects)).toEqual(found);
});

/** A page asks two services, each of the version and as much slower as told, ms. */
const asks = (api: string, late: number, mail: string, later: number) => `
web  GET /  server  0..${80 + late + later}
  web  GET  client  2..${32 + late}  server.address=api
    api  GET /a  server  4..${30 + late}  ${pod(`api${api}`, api)}
  web  GET  client  ${40 + late}..${70 + late + later}  server.address=mail
    mail  GET /m  server  ${42 + late}..${68 + late + later}  ${pod(`mail${mail}`, mail)}
`;

test('D16 accuses the only instance of a version that others run as well as ever, and not where the version is told of or bad for them', () => {
  const before = times(40, asks('1', 0, '1', 0), 'b');
  const window = (later: number, good: number, rest: string) => [
    ...times(15, asks('2', 100, '2', later), 's'),
    ...times(20, asks('1', 0, '2', good), 't'),
    ...times(30, asks('1', 0, rest, 0), 'u'),
  ];
  expect(told(window(0, 0, '2'), before)).toEqual([['api2', 'cause', 15, 1, 1]]);
  expect(told(window(0, 0, '1'), before)).toEqual([]);
  expect(told(window(60, 60, '1'), before)).toEqual([]);
});

/** Every request asks all shards; those in `broken` fail. */
const SHARDS = ['s1', 's2', 's3', 's4'];
const fanOut = (broken: readonly string[], shards: readonly string[] = SHARDS) => `
find  GET /search  server  0..50
${shards.map((shard, i) => `  find  GET  client  ${2 + i}..${20 + i}  server.address=shard ${broken.includes(shard) ? '! http.response.status_code=500' : ''}\n    shard  GET /part  server  ${4 + i}..${18 + i}  resource.k8s.pod.name=${shard}`).join('\n')}
`;
const well = times(30, fanOut([]), 'b');
const attempts = (...list: readonly (readonly [broken: string, count: number])[]) =>
  seenBy(
    'D16',
    viewOf(
      list.flatMap(([broken, count], i) => times(count, fanOut(broken.split(' ')), `s${i}`)),
      well,
    ),
  ).map(({ component, strength, specificity, support, evidence: [{ values }] }) => [
    component.kind === 'attribute' ? component.value : component.kind,
    strength,
    specificity,
    support,
    [values.failed?.value, values.tried?.value, values.elsewhere?.value, values.of?.value, values.instances?.value],
  ]);

test('D16 counts attempts that fail on an instance and elsewhere', () => {
  expect(attempts(['s3', 12], ['', 8])).toEqual([['s3', 0.6, 0.882, 12, [12, 20, 0, 60, 4]]]);
  expect(attempts(['s3', 15], ['s1', 1])).toEqual([['s3', 0.882, 0.979, 15, [15, 16, 1, 48, 4]]]);
});

const flagged = (value: string, end: number, key = 'feature_flag.basket') => served(`${key}=${value}`, end);
const contrast = (bad: readonly [on: number, off: number], good: readonly [on: number, off: number]) =>
  seenBy(
    'D21',
    viewOf(
      [
        ...times(bad[0], flagged('on', 400), 'n'),
        ...times(bad[1], flagged('off', 400), 'f'),
        ...times(good[0], flagged('on', 20), 'g'),
        ...times(good[1], flagged('off', 20), 'h'),
      ],
      times(40, flagged('off', 20), 'b'),
    ),
  ).map(({ role, strength, specificity, support, evidence: [{ counts, statistic }] }) => [
    role,
    strength,
    specificity,
    support,
    counts,
    statistic?.value,
  ]);

test.each<readonly [readonly [number, number], readonly [number, number]]>([
  [
    [15, 0],
    [0, 30],
  ],
  [
    [15, 3],
    [0, 30],
  ],
  [
    [15, 0],
    [5, 30],
  ],
  [
    [10, 10],
    [2, 30],
  ],
  [
    [3, 0],
    [0, 30],
  ],
  [
    [10, 10],
    [10, 10],
  ],
])('D21 counts who has the value among bad %j and good %j', (bad, good) => {
  expect(contrast(bad, good)).toMatchSnapshot();
});

const shelf = (miss: boolean, fetch = 60, more = 0, cache = 'server.address=cache') => `
shelf  GET /book  server  0..${(miss ? fetch + 10 : 10) + more}
  shelf  GET  client  2..4  db.system.name=redis db.operation.name=GET ${cache}
${miss ? `  shelf  SELECT books  client  5..${5 + fetch}  db.system.name=postgresql db.namespace=stock db.query.summary="SELECT books"` : ''}
`;
const misses = (
  now: readonly [miss: number, hit: number],
  before: readonly [miss: number, hit: number],
  fetch = 60,
  more = 0,
) =>
  seenBy(
    'D27',
    viewOf(
      [...times(now[0], shelf(true, fetch, more), 's'), ...times(now[1], shelf(false), 'h')],
      [...times(before[1], shelf(false), 'b'), ...times(before[0], shelf(true, fetch, more), 'm')],
    ),
  ).map(({ role, strength, specificity, support }) => [role, strength, specificity, support]);

test.each<readonly [string, boolean, readonly [number, number], readonly [number, number]]>([
  ['eight looks now and before are enough', true, [8, 0], [0, 8]],
  ['seven now are not', false, [7, 0], [0, 20]],
  ['seven before are not', false, [8, 0], [0, 7]],
  ['as many misses as ever are no news', false, [20, 20], [20, 20]],
  ['many more are', true, [30, 10], [10, 30]],
  ['a few more may be luck', false, [14, 26], [10, 30]],
])('D27: %s', (_, heard, now, before) => {
  const found = misses(now, before);
  expect(found).toHaveLength(heard ? 1 : 0);
  if (heard) expect(found[0]?.slice(2)).toEqual([1 - before[0] / (before[0] + before[1]), now[0]]);
});

test.each<readonly [string, string, number, number]>([
  ['five milliseconds are felt', 'cause', 5, 0],
  ['less are not', 'context', 4.9, 0],
  ['a tenth of the request is felt', 'cause', 10, 80],
  ['less is not', 'context', 10, 80.1],
])('D27 weighs what a miss costs: %s', (_, role, fetch, more) => {
  expect(misses([30, 5], [0, 30], fetch, more).map(([told]) => told)).toEqual([role]);
});

test('D27 shows the middle miss with what had to be fetched', () => {
  const suspects = [90, 50, 70, 60, 80].flatMap((fetch, i) => times(4, shelf(true, fetch), `s${i}`));
  const [finding] = seenBy('D27', viewOf(suspects, times(20, shelf(false), 'b')));
  expect(finding?.component).toEqual({ kind: 'edge', from: 'shelf', to: 'cache', operation: 'GET' });
  expect(finding?.evidence).toMatchObject([
    {
      traceId: times(3, shelf(true), 's2').at(-1)?.traceId,
      values: { service: { value: 'shelf' }, cache: { value: 'cache' }, missed: { value: 20 }, usual: { value: 0 } },
      counts: { with: 20, of: 20, baselineWith: 0, baselineOf: 20 },
    },
    { claim: 'cache.fetch', values: { time: { value: 70_000 }, share: { value: 0.875 } } },
  ]);
  expect(finding?.evidence[0].spanIds).toHaveLength(2);
});

const version = (number: string, slow: number, end = 40) => `
one  GET /  server  0..${end + slow}  resource.service.version="${number}"
  one  GET  client  5..${end - 5 + slow}  server.address=two resource.service.version="${number}"
    two  GET /b  server  6..${end - 6 + slow}  resource.service.version="${number}"
`;
const regressed = (slow: number, on: number, off: number, end = 40) =>
  seenBy(
    'D22',
    viewOf(
      [...times(on, version('2', slow, end), 's'), ...times(off, version('1', 0, end), 'o')],
      times(40, version('1', 0, end), 'b'),
    ),
  ).map(({ strength, specificity, support }) => [strength, specificity, support]);

test.each<readonly [slow: number, on: number, off: number, end: number]>([
  [60, 15, 25, 40],
  [5, 15, 25, 40],
  [5, 15, 25, 30],
  [4.9, 15, 25, 30],
  [40, 15, 25, 212],
  [39, 15, 25, 212],
  [60, 2, 25, 40],
  [60, 15, 0, 40],
])('D22 measures a version that is %s ms slower, %s requests on it and %s off it, of %s ms', (...given) => {
  expect(regressed(...given)).toMatchSnapshot();
});

test('D22 tells when the version came only where healthy requests never met it', () => {
  const window = [...times(15, version('2', 60), 's'), ...times(25, version('1', 0), 'o')];
  const claims = (baseline: readonly SpanRecord[]) =>
    seenBy('D22', viewOf(window, baseline)).map(({ evidence }) => evidence.map(({ claim }) => claim));
  expect(claims(times(40, version('1', 0), 'b'))).toEqual([['version.hop', 'version.rollout']]);
  expect(claims([...times(40, version('1', 0), 'b'), ...times(1, version('2', 0), 'c')])).toEqual([['version.hop']]);
});
