import { describe, expect, test } from 'vitest';
import type { SpanRecord } from '../../src/model/span.ts';
import { at } from '../../src/model/units.ts';
import { durationOf, labelRequests } from '../../src/population/requests.ts';
import { times } from '../detectors/seen.ts';
import { drawTable } from '../draw.ts';
import { bothSides } from './both-sides.ts';

describe('the entry of a trace', () => {
  const entry = (drawing: string) => {
    const { table, nameOf } = drawTable(drawing);
    const { entry: rows } = labelRequests(table, new Uint8Array(table.traces));
    return nameOf(at(rows, 0));
  };

  test.for([
    ['the only root', 'web a server 0..9\n  web b server 1..9', 'a'],
    ['the longest root', 'web a server 0..9\nweb b server 1..12', 'b'],
    ['the first of equals', 'web a server 0..9\nweb b server 1..10', 'a'],
    ['a server before any other', 'web a internal 0..90\nweb b server 1..12', 'b'],
    ['a consumer before any other', 'web a client 0..90\nweb b consumer 1..12', 'b'],
    [
      'the longest server, whatever stands after it',
      'web a server 0..20\nweb b consumer 1..12\nweb c internal 2..99',
      'a',
    ],
    ['a root before an orphan', 'web a server 0..90 ^gone\nweb b internal 1..12', 'b'],
    ['of orphans a server', 'web a internal 0..90 ^gone\nweb b server 1..12 ^gone', 'b'],
    ['the longest of orphans', 'web a server 0..20 ^gone\nweb b server 1..30 ^gone', 'b'],
  ] as const)('is %s', ([, drawing, expected]) => {
    expect(entry(drawing)).toBe(expected);
  });
});

test.for([
  ['web GET / server 0..9', true],
  ['web poll consumer 0..9', true],
  ['web GET client 0..9', true],
  ['web tcp.connect internal 0..9', false],
  ['web GET / server 0..9 ^gone', false],
  ['web work internal 0..9\n  web more internal 1..8', true],
  ['web GET / server 0..9 ^gone\n  web more internal 1..8', true],
  ['web HTTP connection_setup example client 0..9\n  web dns internal 1..8', false],
  ['web HTTP connection_setups client 0..9', true],
  ['web the HTTP connection_setup client 0..9', true],
] as const)('a request or not: %s, %s', ([drawing, real]) => {
  const { table } = drawTable(drawing);
  expect([...labelRequests(table, new Uint8Array(1)).real]).toEqual([real ? 1 : 0]);
});

test('requests of one operation of one service are of one route, and an entry that failed is a failure', () => {
  const { table } = drawTable(
    [
      'web GET /a server 0..9',
      'web GET /b server 0..9 !',
      'app GET /a server 0..9',
      'web GET /a server 0..9\n  web x 1..2 !',
    ].join('\n---\n'),
  );
  const { route, failed } = labelRequests(table, new Uint8Array(table.traces));
  expect([...route]).toEqual([0, 1, 2, 0]);
  expect([...failed]).toEqual([0, 1, 0, 0]);
});

/** How many of the suspects are slow, of the requests that take so many milliseconds each. */
function slow(suspects: readonly number[], healthy: readonly number[]): readonly number[] {
  const all = (list: readonly number[], salt: string): readonly SpanRecord[] =>
    list.flatMap((ms, i) => times(1, `web  GET /  server  0..${ms}`, `${salt}${i}-`));
  const { table, sides } = bothSides(all(suspects, 's'), all(healthy, 'b'));
  const requests = labelRequests(table, sides.reference);
  return [...requests.slow.keys()]
    .filter((trace) => requests.slow[trace] === 1 && sides.suspect[trace] === 1)
    .map((trace) => durationOf(table, at(requests.entry, trace)) / 1_000)
    .sort((a, b) => a - b);
}
const many = (count: number, ms: number): readonly number[] => Array.from({ length: count }, () => ms);
const spread = (count: number, from: number, to: number): readonly number[] =>
  Array.from({ length: count }, (_, i) => from + ((to - from) * i) / (count - 1));

describe('a request is slow', () => {
  test('beyond five milliseconds more than usual, however steady the usual is', () => {
    // 3.5 deviations of a tenth of a logarithm and of nothing else: exp(ln(10.1) + 0.175) − 0.1.
    expect(slow([14.999, 15, 15.001], many(20, 10))).toEqual([15.001]);
  });

  test('beyond 3.5 deviations of the logarithm, where the usual is long', () => {
    const limit = 1_000.1 * Math.exp(3.5 * 0.05) - 0.1;
    expect(slow([limit - 0.01, limit + 0.01], many(20, 1_000))).toHaveLength(1);
    const restless = spread(21, 500, 1_500);
    expect(slow([2_600], restless)).toEqual([]);
    expect(slow([6_000], restless)).toEqual([6_000]);
  });

  test('beyond what one in twenty healthy ones take', () => {
    const sometimes = [...many(18, 10), ...many(2, 300)];
    expect(slow([200, 300, 301], sometimes)).toEqual([301]);
    expect(slow([200, 300, 301], [...many(19, 10), 300])).toEqual([301]);
    expect(slow([200, 300, 301], [...many(39, 10), 300])).toEqual([200, 300, 301]);
  });

  test('against eight healthy ones, or else against its own window', () => {
    expect(slow([400, 400, 400], many(8, 10))).toEqual([400, 400, 400]);
    // Seven are too few: all ten together are the sample, and three of ten are no exception but a slow group of it.
    expect(slow([400, 400, 400], many(7, 10))).toEqual([400, 400, 400]);
    expect(slow([400, 400], [])).toEqual([]);
    expect(slow([14, 14, 14], many(7, 10))).toEqual([]);
  });
});

describe('a window alone falls into fast and slow', () => {
  test('where a gap parts them', () => {
    expect(slow([...spread(12, 18, 22), ...spread(12, 380, 420)], [])).toHaveLength(12);
    expect(slow([...spread(20, 18, 22), 400], [])).toEqual([400]);
    expect(slow(spread(24, 20, 400), [])).toEqual([]);
    expect(slow(many(12, 20), [])).toEqual([]);
    expect(slow([], [])).toEqual([]);
  });

  test('when the slow take half as long again, and five milliseconds more', () => {
    const two = (fast: number, late: number) => slow([...many(12, fast), ...many(12, late)], []).length;
    expect(two(100, 152)).toBe(12);
    expect(two(100, 148)).toBe(0);
    expect(two(8, 18.1)).toBe(12);
    expect(two(8, 17.9)).toBe(0);
  });

  test('when the groups are further apart than they are wide', () => {
    expect(slow([...spread(12, 20, 40), ...spread(12, 44, 88)], [])).toEqual([]);
    expect(slow([...spread(12, 20, 22), ...spread(12, 60, 64)], [])).toHaveLength(12);
    // The two that take 100 and 127 ms are more like the fast ones than like the rest.
    expect(slow([...spread(12, 60, 64), ...spread(12, 100, 400)], [])).toHaveLength(10);
  });
});
