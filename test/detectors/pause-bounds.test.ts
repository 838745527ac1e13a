import { expect, test } from 'vitest';
import type { SpanRecord } from '../../src/model/span.ts';
import { once, seenBy, viewOf } from './seen.ts';

/** Requests of one process, as the times at which each begins and ends, ms. */
type Visits = readonly (readonly [from: number, to: number])[];

const visit = (length: number, marks = 'resource.k8s.pod.name=p1', service = 'web') =>
  `\n${service}  GET /  server  0..${length}  ${marks}\n`;
const visits = (salt: string, list: Visits, marks?: string, service?: string): readonly SpanRecord[] =>
  list.flatMap(([from, to], i) => once(`${salt}${i}`, visit(to - from, marks, service), from));
/** Healthy requests one by one, each as long as told, long after. */
const healthy = (length = 20, count = 30): readonly SpanRecord[] =>
  visits(
    'b',
    Array.from({ length: count }, (_, i) => [1e6 + i * 500, 1e6 + i * 500 + length] as const),
  );
const stops = (suspects: readonly SpanRecord[], baseline: readonly SpanRecord[] = healthy()) =>
  seenBy('D26', viewOf(suspects, baseline)).filter(({ detector }) => detector === 'D26 pause');

test.each<readonly [string, boolean, Visits, number]>([
  [
    'three that set out apart and go on together',
    true,
    [
      [0, 320],
      [4, 320.5],
      [8, 321],
    ],
    20,
  ],
  [
    'two are not enough',
    false,
    [
      [0, 320],
      [8, 320.5],
    ],
    20,
  ],
  [
    'fifty milliseconds are',
    true,
    [
      [0, 60],
      [4, 60.2],
      [8, 60.4],
      [9, 60.6],
      [10, 60.8],
    ],
    5,
  ],
  [
    'and a little less are not',
    false,
    [
      [0, 59],
      [4, 59.2],
      [8, 59.4],
      [9, 59.6],
      [10, 59.8],
    ],
    5,
  ],
  [
    'five milliseconds apart may be luck',
    false,
    [
      [0, 320],
      [2, 320.5],
      [5, 321],
    ],
    20,
  ],
  [
    'more than five are apart',
    true,
    [
      [0, 320],
      [2, 320.5],
      [5.1, 321],
    ],
    20,
  ],
  [
    'who went on alone was working',
    false,
    [
      [0, 320],
      [4, 340],
      [8, 360],
    ],
    20,
  ],
  [
    'who lost half of the time was stopped',
    true,
    [
      [0, 320],
      [4, 320.5],
      [8, 321],
    ],
    157,
  ],
  [
    'and who is nearly always as slow was not',
    false,
    [
      [0, 320],
      [4, 320.5],
      [8, 321],
    ],
    158,
  ],
])('D26 pause: %s', (_, told, list, usual) => {
  expect(stops(visits('s', list), healthy(usual)).length > 0).toBe(told);
});

const STOPPED: Visits = [
  [0, 320],
  [4, 320.5],
  [8, 321],
];
const later = (list: Visits, ms: number): Visits => list.map(([from, to]) => [from + ms, to + ms] as const);

test('D26 tells of the longest pause of a process, how often it stopped, and its name', () => {
  const [finding, ...others] = stops([
    ...visits('s', STOPPED),
    ...visits(
      't',
      later(
        [
          [0, 520],
          [4, 520.5],
          [8, 521],
          [9, 521.5],
        ],
        5_000,
      ),
    ),
    ...visits('u', later(STOPPED, 9_000)),
  ]);
  expect(others).toEqual([]);
  expect(finding).toMatchObject({ component: { kind: 'service', service: 'web' }, role: 'cause', support: 10 });
  expect(finding?.evidence).toMatchObject([
    {
      claim: 'pause.still',
      values: { service: { value: 'web' }, time: { value: 511_000 }, requests: { value: 4 } },
      counts: { with: 10, of: 10 },
    },
    { claim: 'pause.process', values: { service: { value: 'web' }, instance: { value: 'p1' } } },
    { claim: 'pause.times', values: { pauses: { value: 3 }, with: { value: 10 } } },
  ]);
});

test('D26 prefers a pause that stopped several to a longer one of a single request', () => {
  const [finding] = stops([...visits('s', STOPPED), ...visits('t', [[5_000, 5_900]])]);
  expect(finding?.evidence[0].values).toMatchObject({ time: { value: 312_000 }, requests: { value: 3 } });
});

test.each([
  'k8s.pod.name',
  'service.instance.id',
  'container.id',
  'host.name',
  'process.pid',
])('D26 names the process by %s', (key) => {
  const marks = `resource.${key}=77`;
  const [finding] = stops(
    visits('s', STOPPED, marks),
    visits(
      'b',
      later(STOPPED, 1e6).map(([from]) => [from, from + 20]),
      marks,
    ).concat(healthy()),
  );
  expect(finding?.evidence[1]).toMatchObject({ claim: 'pause.process', values: { instance: { value: '77' } } });
});

test('D26 names no process that says nothing of itself, and none by an empty name', () => {
  expect(stops(visits('s', STOPPED, ''))[0]?.evidence.map(({ claim }) => claim)).toEqual(['pause.still']);
  const empty = 'resource.k8s.pod.name="" resource.host.name=h1';
  expect(stops(visits('s', STOPPED, empty))[0]?.evidence[1]?.values.instance?.value).toBe('h1');
});

test('D26 tells of each process that stopped by itself, and of those only that did', () => {
  const two = [
    ...visits('q', STOPPED, 'resource.k8s.pod.name=p2'),
    ...visits('s', STOPPED),
    ...visits(
      'r',
      [
        [0, 20],
        [4, 24],
        [8, 28],
      ],
      'resource.k8s.pod.name=p3',
    ),
  ];
  const found = stops(two).map(({ evidence, support }) => [evidence[1]?.values.instance?.value, support]);
  expect(found).toEqual([
    ['p2', 3],
    ['p1', 3],
  ]);
});

test('D26 is why requests are bad when the pause stopped half of the bad ones that came to the service', () => {
  const slow = (count: number, service?: string) =>
    visits(
      'x',
      Array.from({ length: count }, (_, i) => [9_000 + i * 500, 9_300 + i * 437] as const),
      'resource.k8s.pod.name=p7',
      service,
    );
  expect(stops([...visits('s', STOPPED), ...slow(3)])).toMatchObject([{ role: 'cause', support: 3 }]);
  expect(stops([...visits('s', STOPPED), ...slow(4)])).toMatchObject([{ role: 'context', support: 3 }]);
  // Bad requests of others are not its business.
  const others = [
    ...healthy(),
    ...healthy().map((span) => ({ ...span, service: 'api', traceId: `f${span.traceId.slice(1)}` })),
  ];
  expect(stops([...visits('s', STOPPED), ...slow(4, 'api')], others)).toMatchObject([{ role: 'cause' }]);
});

test('D26 says nothing where as many always stopped together, and trusts a pause less where some did', () => {
  const before = (count: number) =>
    Array.from({ length: count }, (_, i) => visits(`p${i}`, later(STOPPED, 2e6 + i * 5_000))).flat();
  const now = [0, 1, 2, 3].flatMap((i) => visits(`s${i}`, later(STOPPED, i * 3_000)));
  expect(stops(now, [...healthy(), ...before(1)])).toMatchObject([{ specificity: 0.909, support: 12 }]);
  expect(stops(now, [...healthy(20, 12), ...before(8)])).toEqual([]);
});

test('D26 knows no pause without healthy requests, nor where nothing went badly or was done before', () => {
  expect(stops(visits('s', STOPPED), [])).toEqual([]);
  expect(
    stops(
      visits(
        's',
        later(
          [
            [0, 60],
            [4, 60.2],
            [8, 60.4],
          ],
          0,
        ),
      ),
      healthy(58),
    ),
  ).toEqual([]);
  // What was never done before took no longer than ever.
  const other = visits('s', STOPPED).map((span) => ({ ...span, service: 'api' }));
  expect(stops(other)).toEqual([]);
});
