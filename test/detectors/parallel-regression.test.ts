import { expect, test } from 'vitest';
import type { SpanRecord } from '../../src/model/span.ts';
import { once, seenBy, times, viewOf } from './seen.ts';

/** Calls of one visit: whom, from when to when, ms. */
type Calls = readonly (readonly [to: string, from: number, to: number])[];

const visit = (calls: Calls, name = 'GET /cart') => {
  const end = calls.reduce((last, [, , until]) => Math.max(last, until), 0) + 20;
  return `\nshop  ${name}  server  0..${end}\n${calls
    .map(
      ([to, from, until]) =>
        `  shop  GET  client  ${from}..${until}  server.address=${to}\n    ${to}  GET /${to}  server  ${from + 1}..${until - 1}`,
    )
    .join('\n')}\n`;
};
const both = (stock: number, tax: number, from = 6): Calls => [
  ['stock', 5, 5 + stock],
  ['tax', from, from + tax],
];
const quick: Calls = both(20, 20);
const usual = times(20, visit(quick), 'b');

const shared = (suspects: readonly SpanRecord[], baseline: readonly SpanRecord[] = usual) =>
  seenBy('D01', viewOf(suspects, baseline)).filter(({ detector }) => detector === 'D01 parallel-regression');
const isShared = (calls: Calls, baseline: readonly SpanRecord[] = usual): boolean =>
  shared(times(8, visit(calls), 's'), baseline).length > 0;

test.each<readonly [string, boolean, Calls, Calls]>([
  ['calls that both got slower share the delay', true, both(200, 180), quick],
  ['five milliseconds more are slower', true, both(30, 25), quick],
  ['and less is not', false, both(30, 24.9), quick],
  ['of a long call it takes a fifth', true, both(260, 240), both(200, 200)],
  ['and less is not slower', false, both(260, 239.9), both(200, 200)],
  ['one that only its last half is beside the longest is not', false, both(200, 100, 155), quick],
  ['one for a moment more is', true, both(200, 100, 154.9), quick],
  [
    'one of which the first half is before the longest is not',
    false,
    [
      ['stock', 105, 305],
      ['tax', 55, 155],
    ],
    quick,
  ],
  [
    'one for a moment less is',
    true,
    [
      ['stock', 105, 305],
      ['tax', 55.1, 155.1],
    ],
    quick,
  ],
])('D01 side by side: %s', (_, told, calls, before) => {
  expect(isShared(calls, times(20, visit(before), 'b'))).toBe(told);
});

test('D01 side by side needs five visits now and five calls before', () => {
  const slow = visit(both(200, 180));
  expect(shared(times(4, slow, 's'))).toEqual([]);
  expect(shared(times(5, slow, 's'))).toMatchObject([{ support: 5 }]);
  const rare = (count: number) => [...times(20, visit([['stock', 5, 25]]), 'b'), ...times(count, visit(quick), 'c')];
  expect(isShared(both(200, 180), rare(4))).toBe(false);
  expect(isShared(both(200, 180), rare(5))).toBe(true);
});

test('D01 side by side tells who holds the larger share first, whoever was called first', () => {
  const [stockFirst] = shared(times(8, visit(both(200, 180)), 's'));
  expect(stockFirst).toMatchObject({
    component: { kind: 'edge', from: 'shop', to: 'tax' },
    evidence: [
      {
        values: {
          service: { value: 'shop' },
          first: { value: 'stock' },
          second: { value: 'tax' },
          now: { value: 180_000 },
          usual: { value: 20_000 },
          requests: { value: 8 },
        },
      },
    ],
  });
  const [taxFirst] = shared(times(8, visit(both(180, 200)), 's'));
  expect(taxFirst?.evidence[0].values).toMatchObject({ first: { value: 'tax' }, second: { value: 'stock' } });
  // Of equal shares the one that was called first comes first.
  const [equal] = shared(times(8, visit(both(180, 180, 5)), 's'));
  expect(equal?.evidence[0].values).toMatchObject({
    first: { value: 'stock' },
    share: { value: 0.5 },
    rest: { value: 0.5 },
  });
});

test('D01 side by side shares by what each visit of the kind lost', () => {
  const [mixed] = shared([...times(6, visit(both(200, 180)), 's'), ...times(2, visit(both(200, 100)), 't')]);
  expect(mixed).toMatchObject({ support: 8 });
  const [alike] = shared(times(8, visit(both(200, 180)), 's'));
  expect(mixed?.strength ?? 1).toBeLessThan(alike?.strength ?? 0);
});

test('D01 side by side leaves out who holds less than a tenth, and speaks of two different callees only', () => {
  expect(isShared(both(400, 70))).toBe(false);
  expect(isShared(both(400, 120))).toBe(true);
  const twice = (one: number, other: number): Calls => [
    ['stock', 5, 5 + one],
    ['stock', 6, 6 + other],
  ];
  expect(isShared(twice(200, 180), times(20, visit(twice(20, 20)), 'b'))).toBe(false);
  // The third holds too little to be named; the first two are.
  const three = (a: number, b: number, c: number): Calls => [...both(a, b), ['mail', 7, 7 + c]];
  const before = times(20, visit(three(20, 20, 20)), 'b');
  const [finding] = shared(times(8, visit(three(400, 380, 40)), 's'), before);
  expect(finding?.evidence[0].values).toMatchObject({ first: { value: 'stock' }, second: { value: 'tax' } });
  const [all] = shared(times(8, visit(three(380, 390, 400)), 's'), before);
  expect(all?.evidence[0].values).toMatchObject({ first: { value: 'mail' }, second: { value: 'tax' } });
});

test('D01 side by side tells of the kind of visit with most requests first, and of each by itself', () => {
  const kinds = [
    ...times(6, visit(both(200, 180), 'GET /a'), 's'),
    ...times(8, visit(both(180, 200), 'GET /b'), 't'),
    ...times(6, visit(both(200, 150), 'GET /c'), 'u'),
  ];
  const before = ['a', 'b', 'c'].flatMap((name) => times(20, visit(quick, `GET /${name}`), `b${name}`));
  expect(shared(kinds, before).map(({ component, support }) => [component, support])).toEqual([
    [{ kind: 'edge', from: 'shop', to: 'stock' }, 8],
    [{ kind: 'edge', from: 'shop', to: 'tax' }, 6],
    [{ kind: 'edge', from: 'shop', to: 'tax' }, 6],
  ]);
});

test('D01 side by side takes calls of a kind together in whatever order they were sent', () => {
  const turned: Calls = [
    ['tax', 5, 185],
    ['stock', 6, 206],
  ];
  expect(
    shared([...times(4, visit(both(200, 180)), 's'), ...times(4, visit(turned), 't')]).map(({ support }) => support),
  ).toEqual([8]);
});

test('D01 side by side says nothing of so many slow calls that nobody can share them out', () => {
  const fan = (count: number, length: number): Calls =>
    Array.from({ length: count }, (_, i) => [`c${i}`, 5 + i / 10, 5 + length + i / 10] as const);
  const told = (count: number) =>
    shared(
      Array.from({ length: 5 }, (_, i) => once(`s${i}`, visit(fan(count, 200)))).flat(),
      times(6, visit(fan(count, 20)), 'b'),
    ).length;
  expect([3, 8, 9].map(told)).toEqual([1, 1, 0]);
});
