import { expect, test } from 'vitest';
import type { SpanRecord } from '../../src/model/span.ts';
import { seenBy, times, viewOf } from './seen.ts';

const call = (answered: boolean, to = 'b', marks = '') => `
a  GET /x      server  0..40  resource.host.name=ha
  a  GET /y    client  2..38   server.address=${to}.example  resource.host.name=ha
${answered ? `    ${to}  GET /y  server  4..36  resource.host.name=h${to}  ${marks}` : ''}
`;
const usual = times(30, call(true), 'b');
const quality = (suspects: readonly SpanRecord[], baseline: readonly SpanRecord[] = usual) =>
  seenBy('D29', viewOf(suspects, baseline));
const withoutParent = (spans: readonly SpanRecord[]) => spans.filter(({ kind }) => kind !== 'client');
const orphans = (suspects: readonly SpanRecord[]) =>
  quality(suspects).filter(({ evidence }) => evidence[0].claim === 'quality.orphans');

test('D29 counts lost parents from five on, and from one span in twenty', () => {
  const lost = (count: number) => withoutParent(times(count, call(true), 'l'));
  expect(orphans([...lost(4), ...times(20, call(true), 's')])).toEqual([]);
  expect(orphans([...lost(5), ...times(20, call(true), 's')])).toMatchObject([{ support: 5, strength: 0.2 }]);
  expect(orphans([...lost(5), ...times(95, call(true), 's')])).toMatchObject([{ support: 5, strength: 0.05 }]);
  expect(orphans([...lost(5), ...times(96, call(true), 's')])).toEqual([]);
});

test('D29 counts what lost its parent in the window only, service by service', () => {
  const before = [...usual, ...withoutParent(times(9, call(true), 'c'))];
  expect(quality(times(12, call(true), 's'), before)).toEqual([]);
  const two = withoutParent([...times(6, call(true, 'c'), 's'), ...times(7, call(true), 't')]);
  const both = [...usual, ...times(30, call(true, 'c'), 'd')];
  const found = quality(two, both).map(({ component, support }) => [component, support]);
  expect(found).toEqual([
    [{ kind: 'service', service: 'b' }, 7],
    [{ kind: 'service', service: 'c' }, 6],
  ]);
});

test('D29 needs five calls without an answer, and certainly more of them than before', () => {
  const some = (silent: number, answered: number, salt: string) => [
    ...times(silent, call(false), salt),
    ...times(answered, call(true), `${salt}a`),
  ];
  expect(quality(some(4, 0, 's'))).toEqual([]);
  expect(quality(some(5, 0, 's'))).toMatchObject([{ support: 5, evidence: [{ claim: 'quality.silent' }] }]);
  expect(quality(some(20, 20, 's'), some(10, 30, 'b'))[0]?.evidence[0] ?? 'nothing').toBe('nothing');
  expect(quality(some(36, 4, 's'), some(10, 30, 'b'))).toMatchObject([
    { support: 36, evidence: [{ counts: { with: 36, of: 40, baselineWith: 10, baselineOf: 40 } }] },
  ]);
});

test('D29 tells of callees that fell silent in the order of who called whom', () => {
  const both = (answered: boolean) => [...times(9, call(answered, 'c'), 'x'), ...times(8, call(answered), 'y')];
  const before = [...usual, ...times(30, call(true, 'c'), 'd')];
  expect(quality(both(false), before).map(({ component, support }) => [component, support])).toEqual([
    [{ kind: 'edge', from: 'a', to: 'b' }, 8],
    [{ kind: 'edge', from: 'a', to: 'c' }, 9],
  ]);
});

const late = (spans: readonly SpanRecord[], ms: number, service = 'b') =>
  spans.map((span) =>
    span.service === service ? { ...span, start: span.start + ms * 1_000, end: span.end + ms * 1_000 } : span,
  );
const skews = (suspects: readonly SpanRecord[], baseline: readonly SpanRecord[]) =>
  quality(suspects, baseline).map(({ component, support, evidence: [{ values }] }) => [
    component.kind === 'edge' ? `${component.from} ${component.to}` : component.kind,
    support,
    values.offset?.value,
    values.uncertainty?.value,
  ]);
/** The callee takes next to nothing of its call, so that its clock is known to thirteen milliseconds only. */
const loose = (spans: readonly SpanRecord[]) =>
  spans.map((span) => (span.service === 'b' ? { ...span, start: span.start + 10_000, end: span.end - 10_000 } : span));

test.each<readonly [ms: number, change: 'tight' | 'loose', told: unknown]>([
  [90, 'tight', [['a b', 12, 87_000, 6_000]]],
  [-90, 'tight', [['a b', 12, 87_000, 6_000]]],
  [13, 'tight', [['a b', 12, 10_000, 6_000]]],
  [12.9, 'tight', []],
  [0, 'tight', []],
  [39, 'loose', [['a b', 12, 26_000, 26_000]]],
  [38.9, 'loose', []],
])('D29 tells of clocks that are %s ms apart, %s', (ms, change, told) => {
  const off = (spans: readonly SpanRecord[]) => late(change === 'loose' ? loose(spans) : spans, ms);
  expect(skews(off(times(12, call(true), 's')), off(usual))).toEqual(told);
});

test('D29 tells of clocks once for each pair of hosts, by requests of the window', () => {
  const off = (spans: readonly SpanRecord[]) => late(late(spans, 90), -70, 'c');
  const suspects = off([...times(5, call(true), 's'), ...times(4, call(true, 'c'), 'u')]);
  expect(
    skews(suspects, off([...usual, ...times(30, call(true, 'c'), 'd')])).map(([pair, support]) => [pair, support]),
  ).toEqual([
    ['a c', 4],
    ['a b', 5],
  ]);
});

const kept = (spans: readonly SpanRecord[], probability: number) => spans.map((span) => ({ ...span, probability }));

test.each<readonly [string, readonly (readonly [count: number, probability: number | undefined])[], unknown]>([
  ['all kept', [[12, 1]], undefined],
  ['nobody says', [[12, undefined]], undefined],
  ['an eighth kept', [[12, 0.125]], ['quality.sampled', 12, 0.875]],
  [
    'some kept whole',
    [
      [8, 1],
      [4, 0.5],
    ],
    ['quality.sampled', 12, 0.5],
  ],
  [
    'half of them say so',
    [
      [6, undefined],
      [6, 0.25],
    ],
    ['quality.sampled-partly', 6, 0.5],
  ],
  [
    'some say that they were kept whole',
    [
      [9, undefined],
      [3, 1],
    ],
    ['quality.sampled-partly', 3, 0.75],
  ],
])('D29 knows a sample: %s', (_, groups, told) => {
  const spans = groups.flatMap(([count, probability], i) => {
    const all = times(count, call(true), `s${i}`);
    return probability === undefined ? all : kept(all, probability);
  });
  const [finding] = quality(spans);
  expect(finding === undefined ? undefined : [finding.evidence[0].claim, finding.support, finding.strength]).toEqual(
    told,
  );
});

test('D29 shows a sample where the first that says so entered', () => {
  const [finding] = quality([...times(3, call(true), 'n'), ...kept(times(3, call(true), 's'), 0.5)]);
  expect(finding?.evidence[0].traceId).toBe(times(1, call(true), 's')[0]?.traceId);
  expect(finding?.component).toEqual({ kind: 'service', service: 'a' });
});
