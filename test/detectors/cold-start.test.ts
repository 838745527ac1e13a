import { expect, test } from 'vitest';
import type { SpanRecord } from '../../src/model/span.ts';
import { once, seenBy, viewOf } from './seen.ts';

/** Visits of a process, as the time at which each begins and how long it takes, ms. */
type Life = readonly (readonly [at: number, length: number])[];

const visit = (pod: string, length: number, marks = '', name = 'GET /') =>
  `\nweb  ${name}  server  0..${length}  resource.k8s.pod.name=${pod} ${marks}\n`;
const lives = (pods: readonly string[], life: Life, marks = '', name = 'GET /'): readonly SpanRecord[] =>
  pods.flatMap((pod) => life.flatMap(([at, length], i) => once(`${pod}${i}`, visit(pod, length, marks, name), at)));
/** Healthy requests, all of one process and long after the others, so that it is known and nothing of it comes before. */
const healthy = (length = 20, name = 'GET /'): readonly SpanRecord[] =>
  Array.from({ length: 30 }, (_, i) =>
    once(`b${i}${name.at(-1)}`, visit('old', length, '', name), 1e6 + i * 100),
  ).flat();
const NEW = ['n1', 'n2', 'n3'];

const coldIn = (suspects: readonly SpanRecord[], baseline: readonly SpanRecord[] = healthy()) =>
  seenBy('D26', viewOf(suspects, baseline)).filter(({ detector }) => detector === 'D26 cold-start');
const isCold = (life: Life, usual = 20): boolean => coldIn(lives(NEW, life), healthy(usual)).length > 0;

test.each<readonly [string, Life, number, boolean]>([
  [
    'five times the usual is not yet cold',
    [
      [0, 100],
      [5_000, 20],
    ],
    20,
    false,
  ],
  [
    'more than five times the usual is',
    [
      [0, 100.1],
      [5_000, 20],
    ],
    20,
    true,
  ],
  [
    'where the usual is next to nothing, five milliseconds more are needed',
    [
      [0, 5.9],
      [5_000, 1],
    ],
    1,
    false,
  ],
  [
    'and are enough',
    [
      [0, 6],
      [5_000, 1],
    ],
    1,
    true,
  ],
  [
    'a minute after the first visit a process may still be cold',
    [
      [0, 80],
      [60_000, 400],
      [70_000, 20],
    ],
    20,
    true,
  ],
  [
    'and not later',
    [
      [0, 80],
      [60_000.1, 400],
      [70_000, 20],
    ],
    20,
    false,
  ],
  [
    'later visits have to be at their usual speed',
    [
      [0, 400],
      [5_000, 45],
    ],
    20,
    false,
  ],
  [
    'which is at most twice the usual and a little',
    [
      [0, 400],
      [5_000, 44.9],
    ],
    20,
    true,
  ],
  [
    'a visit that was over when the slow one began shows a warm process',
    [
      [0, 20],
      [20, 400],
      [5_000, 20],
    ],
    20,
    false,
  ],
  [
    'one that was still under way does not',
    [
      [0, 20],
      [19.9, 400],
      [5_000, 20],
    ],
    20,
    true,
  ],
  [
    'a quick visit that began at the same moment is not a later one',
    [
      [0, 400],
      [0, 20],
    ],
    20,
    false,
  ],
  [
    'one that began a moment later is',
    [
      [0, 400],
      [0.1, 20],
    ],
    20,
    true,
  ],
])('D26 cold: %s', (_, life, usual, cold) => {
  expect(isCold(life, usual)).toBe(cold);
});

const COLD: Life = [
  [0, 400],
  [5_000, 20],
];

test('D26 needs three cold requests, and a healthy window that knows of other processes', () => {
  expect(coldIn(lives(['n1', 'n2'], COLD))).toEqual([]);
  expect(coldIn(lives(NEW, COLD))).toMatchObject([{ support: 3, role: 'cause' }]);
  expect(coldIn(lives(NEW, COLD), [])).toEqual([]);
});

test('D26 calls no process cold for the quick visits of others, nor one that the healthy window knew', () => {
  expect(coldIn([...lives(NEW, [[0, 400]]), ...lives(['m1', 'm2'], [[5_000, 20]])])).toEqual([]);
  const known = NEW.flatMap((pod) => once(`k${pod}`, visit(pod, 20), 2e6));
  expect(coldIn(lives(NEW, COLD), [...healthy(), ...known])).toEqual([]);
});

test('D26 shows the middle one of the cold visits and counts processes, not visits', () => {
  const spans = [
    ...lives(
      ['n1'],
      [
        [0, 500],
        [100, 300],
        [5_000, 20],
      ],
    ),
    ...lives(
      ['n2'],
      [
        [0, 400],
        [5_000, 20],
      ],
    ),
    ...lives(
      ['n3'],
      [
        [0, 200],
        [5_000, 20],
      ],
    ),
    ...lives(
      ['n4'],
      [
        [0, 400],
        [5_000, 20],
      ],
    ),
  ];
  const [finding] = coldIn(spans);
  expect(finding).toMatchObject({ support: 5, strength: 0.95 });
  expect(finding?.evidence).toMatchObject([
    {
      traceId: once('n20', visit('n2', 400))[0]?.traceId,
      values: { processes: { value: 4 }, now: { value: 400_000 }, usual: { value: 20_000 } },
      counts: { with: 5, of: 9 },
    },
  ]);
});

test('D26 is why requests are bad when half of the bad ones were cold', () => {
  const slow = (count: number) => Array.from({ length: count }, (_, i) => once(`o${i}`, visit('old', 400), i)).flat();
  expect(coldIn([...lives(NEW, COLD), ...slow(3)])).toMatchObject([{ role: 'cause', support: 3 }]);
  expect(coldIn([...lives(NEW, COLD), ...slow(4)])).toMatchObject([{ role: 'context', support: 3 }]);
});

test('D26 tells of each operation in the order in which they were met', () => {
  const spans = [
    ...once('a', visit('old', 20)),
    ...lives(['c1', 'c2', 'c3'], COLD, '', 'GET /b'),
    ...lives(NEW, COLD),
    ...lives(['q1', 'q2', 'q3', 'q4'], COLD, '', 'GET /c'),
  ];
  const found = coldIn(spans, [...healthy(), ...healthy(20, 'GET /b'), ...healthy(20, 'GET /c')]);
  expect(found.map(({ component, support }) => [component, support])).toEqual([
    [{ kind: 'operation', service: 'web', operation: 'GET /' }, 3],
    [{ kind: 'operation', service: 'web', operation: 'GET /b' }, 3],
    [{ kind: 'operation', service: 'web', operation: 'GET /c' }, 4],
  ]);
});

test('D26 believes a platform about slow visits of the window only, one by one', () => {
  const told = (pods: readonly string[], length: number, mark: string) => lives(pods, [[0, length]], mark);
  const cold = told(['t1', 't2', 't3', 't4'], 400, 'faas.coldstart=true');
  expect(coldIn(cold)).toMatchObject([{ support: 4 }]);
  // A process that was there before is cold where the platform says so, and the one beside it is not.
  const before = [...healthy(), ...NEW.flatMap((pod) => once(`k${pod}`, visit(pod, 400, 'faas.coldstart=true'), 2e6))];
  expect(coldIn([...cold, ...lives(NEW, COLD)], before)).toMatchObject([{ support: 4 }]);
  expect(coldIn(told(NEW, 400, 'faas.coldstart=false'))).toEqual([]);
  expect(coldIn(told(NEW, 24, 'faas.coldstart=true'))).toEqual([]);
  // Nobody knows how long such requests take, so none went badly; of another service not even its work is known.
  const never = lives(NEW, [[0, 400]], 'faas.coldstart=true', 'GET /never');
  expect(coldIn(never)).toMatchObject([{ role: 'context', support: 3 }]);
  expect(coldIn(never.map((span) => ({ ...span, service: 'api' })))).toEqual([]);
});
