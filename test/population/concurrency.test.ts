import fc from 'fast-check';
import { expect, test } from 'vitest';
import { gatherCells } from '../../src/population/cells.ts';
import { chargeTime } from '../../src/population/charges.ts';
import { overlaps } from '../../src/population/concurrency.ts';
import { visitCalls } from '../../src/population/visit-calls.ts';
import { criticalTimes } from '../../src/trace/critical-path.ts';
import { selfTimes } from '../../src/trace/self-time.ts';
import { drawTable } from '../draw.ts';

function overlapsOf(drawing: string, chosen: (trace: number) => boolean = () => true) {
  const { table, nameOf } = drawTable(drawing);
  const charges = chargeTime(table);
  const cells = gatherCells(table, charges, { self: selfTimes(table), felt: criticalTimes(table) });
  const traces = Uint8Array.from({ length: table.traces }, (_, trace) => (chosen(trace) ? 1 : 0));
  const found = [...overlaps(table, cells, visitCalls(table, charges), traces)];
  for (const [cell, list] of found) for (const { row } of list) expect(cells.of[row]).toBe(cell);
  return found.flatMap(([, list]) => list.map(({ row, ...overlap }) => ({ visit: nameOf(row), ...overlap })));
}

const call = (time: string) => `  web  GET  client  ${time}  server.address=peer.example`;
const visit = (...calls: readonly string[]) => ['web  GET /  server  0..900  #visit', ...calls].join('\n');

test.for([
  ['one after the other', ['0..10', '10..30'], { total: 30_000, covered: 30_000, parallel: 0 }],
  ['one hidden by the longest', ['0..10', '0..30'], { total: 40_000, covered: 30_000, parallel: 1 }],
  ['half of the shorter one hidden', ['0..20', '10..40'], { total: 50_000, covered: 40_000, parallel: 0.5 }],
  ['with a pause between', ['0..10', '20..30'], { total: 20_000, covered: 20_000, parallel: 0 }],
  ['one inside of a longer one', ['0..50', '10..20', '45..60'], { total: 75_000, covered: 60_000, parallel: 0.6 }],
  ['one of no length', ['0..50', '20..20'], { total: 50_000, covered: 50_000, parallel: 0 }],
  ['all of no length', ['20..20', '20..20'], { total: 0, covered: 0, parallel: 0 }],
] as const)('calls %s', ([, calls, expected]) => {
  expect(overlapsOf(visit(...calls.map(call)))).toEqual([{ visit: 'visit', calls: calls.length, ...expected }]);
});

test('calls are taken by their starts, not by their rows', () => {
  // The call inside of `later` stands before the one that begins first.
  const drawing = visit('  web  later  internal  1..90', `  ${call('40..80')}`, call('10..50'), call('60..70'));
  expect(overlapsOf(drawing)).toEqual([{ visit: 'visit', calls: 3, total: 90_000, covered: 70_000, parallel: 0.4 }]);
});

test('whatever the calls, what they cover is counted once', () => {
  const one = fc.tuple(fc.nat(60), fc.nat(40));
  fc.assert(
    fc.property(fc.array(one, { minLength: 2, maxLength: 7 }), (times) => {
      const nested = times.map(([from, length], i) =>
        i % 2 === 0
          ? call(`${from}..${from + length}`)
          : `  web  step  internal  ${i}..899\n  ${call(`${from}..${from + length}`)}`,
      );
      const [overlap] = overlapsOf(visit(...nested));
      const inside = (at: number) => times.some(([from, length]) => from <= at && at < from + length);
      const covered = Array.from({ length: 101 }, (_, at) => at).filter(inside).length;
      expect(overlap).toMatchObject({
        calls: times.length,
        total: 1_000 * times.reduce((sum, [, length]) => sum + length, 0),
        covered: 1_000 * covered,
      });
      expect(overlap?.parallel).toBeGreaterThanOrEqual(0);
      expect(overlap?.parallel).toBeLessThanOrEqual(1);
    }),
    { numRuns: 60 },
  );
});

test('a visit with one call has no overlap, and only chosen traces are looked at', () => {
  expect(overlapsOf(visit(call('1..2')))).toEqual([]);
  const two = ['first', 'second'].map((label) => visit(call('1..5'), call('3..9')).replace('#visit', `#${label}`));
  expect(overlapsOf(two.join('\n---\n')).map((overlap) => overlap.visit)).toEqual(['first', 'second']);
  expect(overlapsOf(two.join('\n---\n'), (trace) => trace === 1).map((overlap) => overlap.visit)).toEqual(['second']);
});
