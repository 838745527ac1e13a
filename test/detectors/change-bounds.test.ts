import { expect, test } from 'vitest';
import type { SpanRecord } from '../../src/model/span.ts';
import { once, seenBy, times, viewOf } from './seen.ts';

/** Three services in a row; each works as long as told, ms, beside what it waits for. */
const row = (one: number, two: number, three: number) => `
one  GET /  server  0..${one + two + three}
  one  GET  client  ${one / 2}..${one / 2 + two + three}
    two  GET /b  server  ${one / 2}..${one / 2 + two + three}
      two  GET  client  ${one / 2 + two / 2}..${one / 2 + two / 2 + three}
        three  GET /c  server  ${one / 2 + two / 2}..${one / 2 + two / 2 + three}
`;
const common = (now: string, before: string, count = 12, usual = 20) =>
  seenBy('D25', viewOf(times(count, now, 's'), times(usual, before, 'b'))).map(
    ({ strength, specificity, support, evidence }) => [
      strength,
      specificity,
      support,
      evidence[0].values.factor?.value,
      evidence[0].values.operations?.value,
    ],
  );

test.each<readonly [string, readonly [number, number, number], readonly [number, number, number], unknown]>([
  ['by half', [30, 60, 90], [20, 40, 60], [[0.333, 1, 12, 1.499, 3]]],
  ['by a ninth', [22.4, 44.6, 66.8], [20, 40, 60], [[0.103, 1, 12, 1.115, 3]]],
  ['by less than a tenth', [22, 44, 66], [20, 40, 60], []],
  ['two of three alike', [30, 60, 240], [20, 40, 60], [[0.333, 0.667, 12, 1.499, 2]]],
  ['one of three', [20, 60, 240], [20, 40, 60], []],
  ['work of half a millisecond is too short to tell', [30, 60, 0.8], [20, 40, 0.5], []],
  ['of a little more it is blurred', [30, 60, 1.2], [20, 40, 0.6], [[0.333, 1, 12, 1.499, 3]]],
])('D25: %s', (_, now, before, told) => {
  expect(common(row(...now), row(...before))).toEqual(told);
});

test('D25 needs eight visits on both sides, and three services', () => {
  const [now, before] = [row(30, 60, 90), row(20, 40, 60)];
  expect(common(now, before, 8, 8)).toHaveLength(1);
  expect(common(now, before, 7, 20)).toEqual([]);
  expect(common(now, before, 12, 7)).toEqual([]);
  const two = (spans: string) => spans.replaceAll('three', 'two');
  expect(common(two(now), two(before))).toEqual([]);
});

test('D25 shows the longest work of all', () => {
  const [finding] = seenBy('D25', viewOf(times(12, row(30, 60, 90), 's'), times(20, row(20, 40, 60), 'b')));
  expect(finding?.component).toEqual({
    kind: 'attribute',
    key: 'services',
    value: 'all',
    services: ['one', 'three', 'two'],
  });
  expect(finding?.evidence[0].spanIds).toEqual(['0000000000000005']);
});

/** Two calls of a page, the second begun and ended as told, ms. */
const halves = (from: number, length = 50, more = '') => `
page  GET /home  server  0..${from + length + 15}
  page  GET  client  5..55  server.address=news
    news  GET /news  server  6..54
  page  GET  client  ${from}..${from + length}  server.address=mail
    mail  GET /inbox  server  ${from + 1}..${from + length - 1}
${more}`;
const serial = (suspects: readonly SpanRecord[], baseline: readonly SpanRecord[] = times(20, halves(6), 'b')) =>
  seenBy('D20', viewOf(suspects, baseline));

test.each([6, 20, 25, 28, 30, 31, 40, 57])('D20 measures calls of which the second begins at %s ms', (from) => {
  const found = serial(times(12, halves(from), 's'));
  expect(found.map(({ role }) => role)).toEqual(from < 31 ? [] : ['cause']);
});

test('D20 says nothing where there is more to do than before, of which there are few, or which always was so', () => {
  expect(serial(times(12, halves(57, 120), 's'))).toEqual([]);
  const more = '  page  GET  client  110..160  server.address=mail\n    mail  GET /inbox  server  111..159\n';
  expect(serial(times(12, halves(57, 50, more), 's'))).toEqual([]);
  expect(serial(times(7, halves(57), 's'))).toEqual([]);
  expect(serial(times(8, halves(57), 's'))).toHaveLength(1);
  expect(serial(times(12, halves(57), 's'), times(7, halves(6), 'b'))).toEqual([]);
  expect(serial(times(12, halves(57), 's'), times(8, halves(6), 'b'))).toHaveLength(1);
  expect(serial(times(12, halves(57), 's'), times(20, halves(57), 'b'))).toEqual([]);
  expect(serial(times(12, halves(57), 's'), [])).toEqual([]);
});

test('D20 shows the middle one of the visits that wait, and how many did before', () => {
  const suspects = [50, 52, 54, 51, 53, 49, 55].flatMap((from, i) => once(`s${i}`, halves(from)));
  const before = [...times(20, halves(6), 'b'), ...times(5, halves(57), 'c')];
  const [finding] = serial([...suspects, ...times(2, halves(6), 't')], before);
  expect(finding).toMatchObject({ support: 7, specificity: 0.8 });
  expect(finding?.evidence[0]).toMatchObject({
    traceId: once('s1', halves(1))[0]?.traceId,
    counts: { with: 7, of: 9, baselineWith: 5, baselineOf: 25 },
  });
});

const visit = (steps: string, events = '') => `\nbank  POST /move  server  0..50  *start@1 ${events}\n${steps}`;
const audit = '  bank  write audit  internal  20..25\n';
const mixed = (count: number, drawing: string, others: number, other: string, salt: string) => [
  ...times(count, drawing, salt),
  ...times(others, other, `${salt}o`),
];

test.each([0, 4, 8, 12, 16, 20])('D17 measures a step that %s of twenty requests leave out', (left) => {
  const [whole, cut] = [visit(audit), visit('')];
  const found = seenBy('D17', viewOf(mixed(left, cut, 20 - left, whole, 's'), mixed(19, whole, 1, cut, 'b')));
  expect(found.map(({ support, specificity }) => [support, specificity])).toEqual(left < 12 ? [] : [[left, 0.95]]);
});

test.each([0, 4, 8, 12, 16, 20])('D17 measures a line that %s of twenty requests say anew, or leave out', (count) => {
  const [silent, said] = [visit(''), visit('', '*settled@40')];
  const fresh = seenBy('D17', viewOf(mixed(count, said, 20 - count, silent, 's'), mixed(19, silent, 1, said, 'b')));
  expect(fresh.map(({ support, evidence }) => [support, evidence[0].claim])).toMatchSnapshot();
  const lost = seenBy('D17', viewOf(mixed(count, silent, 20 - count, said, 's'), mixed(19, said, 1, silent, 'b')));
  expect(lost.map(({ support, evidence }) => [support, evidence[0].claim])).toMatchSnapshot();
});

test('D17 tells each service once, a new step as well as one that is gone, and cuts what is said at 120 characters', () => {
  const more = visit(`${audit}  bank  ask twice  internal  30..35\n`);
  const found = seenBy('D17', viewOf(times(12, more, 's'), times(20, visit(audit), 'b')));
  expect(found.map(({ component, evidence }) => [component, evidence[0].claim])).toMatchSnapshot();
  const two = visit('', '*settled@40 *paid@41');
  expect(seenBy('D17', viewOf(times(12, visit(''), 's'), times(20, two, 'b')))).toHaveLength(1);
  const long = visit('', `*${'x'.repeat(300)}@40`);
  const [event] = seenBy('D17', viewOf(times(12, long, 's'), times(20, visit(''), 'b')));
  expect(event?.evidence[0].values.event?.value).toBe('x'.repeat(120));
});
