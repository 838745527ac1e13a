import { expect, test } from 'vitest';
import type { SpanRecord } from '../../src/model/span.ts';
import { seenBy, times, viewOf } from './seen.ts';

const served = (pod: string, version: string, end: number) =>
  `\nweb  GET /  server  0..${end}  resource.k8s.pod.name=${pod} resource.service.version="${version}"\n`;
const old = times(40, served('a1', '1', 20), 'b');

test('D16 leaves an instance alone whose neighbours on its version are as bad', () => {
  const window = [
    ...times(12, served('n1', '2', 400), 'n1'),
    ...times(12, served('n2', '2', 400), 'n2'),
    ...times(15, served('a1', '1', 20), 'a1'),
    ...times(15, served('a2', '1', 20), 'a2'),
  ];
  expect(seenBy('D16', viewOf(window, old))).toEqual([]);
});

test('D16 leaves the only instance of a version alone where the version is bad for other services too', () => {
  const chain = (version: string, extra: number) => `
web  GET /  server  0..${60 + 2 * extra}  resource.k8s.pod.name=web${version} resource.service.version="${version}"
  web  GET  client  ${5 + extra}..${50 + 2 * extra}  server.address=api resource.service.version="${version}"
    api  GET /b  server  ${6 + extra}..${48 + 2 * extra}  resource.k8s.pod.name=api${version} resource.service.version="${version}"
`;
  // Half of the requests never reach the api, so that its instance and the version are not on the very same requests.
  const alone = (version: string, extra: number) =>
    chain(version, extra).split('\n').slice(0, 2).join('\n').replace('GET /', 'GET /me');
  const window = [
    ...times(15, chain('2', 40), 's'),
    ...times(15, alone('2', 40), 't'),
    ...times(25, chain('1', 0), 'o'),
    ...times(15, alone('1', 0), 'p'),
  ];
  const view = viewOf(window, [...times(40, chain('1', 0), 'b'), ...times(20, alone('1', 0), 'c')]);
  expect(view.contrasts.map(({ value }) => value)).toContain('api2');
  expect(seenBy('D16', view)).toEqual([]);
});

test('D16 still accuses one bad instance among good ones of the same version', () => {
  const window = [
    ...times(15, served('n1', '2', 400), 'n1'),
    ...times(15, served('n2', '2', 20), 'n2'),
    ...times(15, served('n3', '2', 20), 'n3'),
  ];
  const n1 = { mechanism: 'bad-instance', component: { key: 'k8s.pod.name', value: 'n1' } };
  // By who shares the bad requests, and by whose work takes longer.
  expect(seenBy('D16', viewOf(window, old))).toMatchObject([n1, n1]);
});

/** Every request asks all shards; those in `broken` fail. */
const fanOut = (broken: readonly string[]) => `
find  GET /search  server  0..50
${['s1', 's2', 's3', 's4'].map((shard, i) => `  find  GET  client  ${2 + i}..${20 + i}  server.address=shard ${broken.includes(shard) ? '! http.response.status_code=500' : ''}\n    shard  GET /part  server  ${4 + i}..${18 + i}  resource.k8s.pod.name=${shard}`).join('\n')}
`;
const mixed = (broken: readonly string[], n: number): readonly SpanRecord[] =>
  times(n, fanOut(broken), broken.join(''));

test('D16 finds the one shard behind a fan-out that every request passes', () => {
  const [finding] = seenBy('D16', viewOf(mixed(['s3'], 15), times(30, fanOut([]), 'b')));
  expect(finding).toMatchObject({
    mechanism: 'bad-instance',
    component: { kind: 'attribute', key: 'k8s.pod.name', value: 's3', services: ['shard'] },
    support: 15,
    strength: 1,
    specificity: 1,
  });
  expect(finding?.evidence[0].values).toMatchObject({
    failed: { value: 15 },
    tried: { value: 15 },
    elsewhere: { value: 0 },
    of: { value: 45 },
    instances: { value: 4 },
  });
});

test('D16 is silent when all shards fail, when a handful of calls do, and about two copies only', () => {
  const all = ['s1', 's2', 's3', 's4'];
  expect(seenBy('D16', viewOf(mixed(all, 15), times(30, fanOut([]), 'b')))).toEqual([]);
  expect(
    seenBy('D16', viewOf([...mixed(['s3'], 3), ...times(12, fanOut([]), 'x')], times(30, fanOut([]), 'b'))),
  ).toEqual([]);
  const two = (broken: boolean) =>
    fanOut(broken ? ['s2'] : [])
      .split('\n')
      .slice(0, 6)
      .join('\n');
  expect(seenBy('D16', viewOf(times(15, two(true), 's'), times(30, two(false), 'b')))).toEqual([]);
});

/** Forty requests dealt to two copies in turn; `slow` says how long the work of a copy takes. */
const dealt = (salt: string, slow: (copy: number) => number, version: (copy: number) => string = () => '1') =>
  [0, 1].flatMap((copy) =>
    times(
      20,
      `\nweb  GET /buy  server  0..${slow(copy)}  resource.service.instance.id=web-${copy} resource.service.version=${version(copy)}\n`,
      `${salt}${copy}`,
    ),
  );
const slowOnes = (now: readonly SpanRecord[]) =>
  seenBy(
    'D16',
    viewOf(
      now,
      dealt('b', () => 10),
    ),
  ).filter(({ detector }) => detector === 'D16 slow-instance');

test('D16 tells one slow copy from its quick neighbour on the same version', () => {
  const [finding] = slowOnes(dealt('s', (copy) => (copy === 1 ? 90 : 10)));
  expect(finding).toMatchObject({
    mechanism: 'bad-instance',
    component: { key: 'service.instance.id', value: 'web-1', services: ['web'] },
    role: 'cause',
    support: 20,
  });
  expect(finding?.evidence[0].values).toMatchObject({ now: { value: 90_000 }, usual: { value: 10_000 } });
});

test('D16 names no copy when all are slow, when another version may be why, and when there is one copy only', () => {
  expect(slowOnes(dealt('s', () => 90))).toEqual([]);
  expect(
    slowOnes(
      dealt(
        's',
        (copy) => (copy === 1 ? 90 : 10),
        (copy) => `${copy}`,
      ),
    ),
  ).toEqual([]);
  expect(slowOnes(dealt('s', () => 90).slice(0, 20))).toEqual([]);
});
