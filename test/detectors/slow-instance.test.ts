import { expect, test } from 'vitest';
import type { SpanRecord } from '../../src/model/span.ts';
import { seenBy, times, viewOf } from './seen.ts';

/** A copy of a service: what its spans say of it, how often it is visited and how long each visit takes, ms. */
type Copy = readonly [marks: string, visits: number, lengths: readonly number[]];

const id = (name: string, version = '1') => `resource.service.instance.id=${name} resource.service.version=${version}`;
const dealt = (copies: readonly Copy[], salt: string): readonly SpanRecord[] =>
  copies.flatMap(([marks, visits, lengths], copy) =>
    Array.from({ length: visits }, (_, i) =>
      times(1, `\nweb  GET /buy  server  0..${lengths[i % lengths.length]}  ${marks}\n`, `${salt}${copy}-${i}`),
    ).flat(),
  );
const before = dealt(
  [
    [id('web-0'), 20, [10]],
    [id('web-1'), 20, [10]],
  ],
  'b',
);
const slowOnes = (...copies: readonly Copy[]) =>
  seenBy('D16', viewOf(dealt(copies, 's'), before)).filter(({ detector }) => detector === 'D16 slow-instance');
const slow = (...copies: readonly Copy[]): readonly string[] =>
  slowOnes(...copies).map(({ component }) => (component.kind === 'attribute' ? component.value : component.kind));

test.each<readonly [string, readonly string[], readonly Copy[]]>([
  [
    'one of two',
    ['web-1'],
    [
      [id('web-0'), 20, [10]],
      [id('web-1'), 20, [90]],
    ],
  ],
  [
    'eight visits show what a copy is like',
    ['web-1'],
    [
      [id('web-0'), 20, [10]],
      [id('web-1'), 8, [90]],
    ],
  ],
  [
    'seven do not',
    [],
    [
      [id('web-0'), 20, [10]],
      [id('web-1'), 7, [90]],
    ],
  ],
  [
    'a neighbour with seven does not count',
    [],
    [
      [id('web-0'), 7, [10]],
      [id('web-1'), 20, [90]],
    ],
  ],
  [
    'and one with eight does',
    ['web-1'],
    [
      [id('web-0'), 8, [10]],
      [id('web-1'), 20, [90]],
    ],
  ],
  [
    'a quicker neighbour is well',
    ['web-1'],
    [
      [id('web-0'), 20, [9]],
      [id('web-1'), 20, [90]],
    ],
  ],
  [
    'of two slow ones none',
    [],
    [
      [id('web-0'), 20, [10]],
      [id('web-1'), 20, [90]],
      [id('web-2'), 20, [90]],
    ],
  ],
  [
    'none where a third is neither',
    [],
    [
      [id('web-0'), 20, [10]],
      [id('web-1'), 20, [90]],
      [id('web-2'), 20, [12]],
    ],
  ],
  [
    'one where a third is well',
    ['web-1'],
    [
      [id('web-0'), 20, [10]],
      [id('web-1'), 20, [90]],
      [id('web-2'), 20, [10]],
    ],
  ],
  [
    'none that alone runs its version',
    [],
    [
      [id('web-0', '2'), 20, [10]],
      [id('web-1'), 20, [90]],
    ],
  ],
  [
    'one of whose version a neighbour is well, whatever another runs',
    ['web-1'],
    [
      [id('web-0', '2'), 20, [10]],
      [id('web-1'), 20, [90]],
      [id('web-2'), 20, [10]],
    ],
  ],
  [
    'none where some visits do not say which copy',
    [],
    [
      [id('web-0'), 20, [10]],
      [id('web-1'), 20, [90]],
      ['', 1, [10]],
    ],
  ],
])('D16 slow copy: %s', (_, values, copies) => {
  expect(slow(...copies)).toEqual(values);
});

test.each(['k8s.pod.name', 'service.instance.id', 'container.id', 'host.name'])('D16 knows copies by %s', (key) => {
  const copy = (name: string) => `resource.${key}=${name}`;
  expect(slowOnes([copy('a'), 20, [10]], [copy('b'), 20, [90]])).toMatchObject([{ component: { key, value: 'b' } }]);
});

test('D16 names a copy by the most specific that is said of it', () => {
  const copy = (pod: string) => `resource.host.name=h1 resource.container.id=c-${pod} resource.k8s.pod.name=${pod}`;
  expect(slowOnes([copy('a'), 20, [10]], [copy('b'), 20, [90]])).toMatchObject([
    { component: { key: 'k8s.pod.name', value: 'b' } },
  ]);
});

test('D16 tells what the slow copy takes and what its neighbours take, from its middle visit', () => {
  const [finding] = slowOnes(
    [id('web-2'), 10, [10, 9, 8]],
    [id('web-1'), 21, [110, 70, 90]],
    [id('web-0'), 10, [9, 10]],
  );
  expect(finding).toMatchObject({ role: 'cause', specificity: 1, support: 21 });
  expect(finding?.evidence[0]).toMatchObject({
    traceId: times(1, 'web  GET /buy  server  0..1', 's1-11')[0]?.traceId,
    values: {
      instance: { value: 'web-1' },
      service: { value: 'web' },
      operation: { value: 'GET /buy' },
      now: { value: 90_000 },
      others: { value: 2 },
      usual: { value: 9_000 },
    },
  });
});

test('D16 looks at the work of services, not at calls that became slower', () => {
  const call = (gap: number, copy: number) => `
web  GET /buy  server  0..${gap + 30}  ${id(`web-${copy}`)}
  web  GET  client  2..${gap + 28}  server.address=till  ${id(`web-${copy}`)}
    till  GET /sum  server  5..15
`;
  const requests = (gaps: readonly number[], salt: string) =>
    gaps.flatMap((gap, copy) => times(20, call(gap, copy), `${salt}${copy}`));
  const view = viewOf(requests([0, 90], 's'), requests([0, 0], 'b'));
  expect(seenBy('D16', view).filter(({ detector }) => detector === 'D16 slow-instance')).toEqual([]);
});
