import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Flag } from '../../src/model/trace.ts';
import { at, byteAt, numberAt } from '../../src/model/units.ts';
import { buildTable } from '../../src/trace/build.ts';
import { selfTime, selfTimes } from '../../src/trace/self-time.ts';
import { drawTable } from '../draw.ts';
import { hostileTrace } from './random-trace.ts';

const selfOf = (text: string) => selfTime(drawTable(text).table, 0) / 1_000;

describe('selfTime', () => {
  it.each([
    ['no child', 'a p |====|', 4],
    ['a child inside', 'a p |====|\n  a c | == |', 2],
    ['children that overlap count once', 'a p 0..20\n  a c1 2..9\n  a c2 5..11', 11],
    ['a child inside another', 'a p 0..20\n  a c1 2..10\n  a c2 3..5', 12],
    ['children outside are clipped', 'a p 5..20\n  a c1 0..7\n  a c2 18..30', 11],
    ['a child over everything', 'a p 5..20\n  a c 0..30', 0],
    ['consumers are not waited for', 'a p producer 0..10\n  b c consumer 4..30', 10],
    ['grandchildren do not count', 'a p 0..10\n  a c 0..2\n    a g 5..9', 8],
  ])('%s', (_, text, expected) => {
    expect(selfOf(text)).toBe(expected);
  });

  it('puts children in order on other times than the table’s own', () => {
    const text =
      'a p 0..50\n  a p1 0..20\n    a x 1..2\n  a p2 20..40 #p2\n    a late 21..23 #late\n    a early 22..24\n    a early 24..26';
    const { table, row } = drawTable(text);
    const move = (by: number) => (time: number, each: number) => (each === row('late') ? by : time);
    const times = { start: table.start.map(move(25_000)), end: table.end.map(move(30_000)) };
    // On them: early 22–24 and 24–26, late 25–30.
    expect(selfTime(table, row('p2'), times) / 1_000).toBe(12);
    expect(selfTime(table, row('p2')) / 1_000).toBe(15);
    expect([...selfTimes(table, times)].map((time) => time / 1_000)).toEqual([10, 19, 1, 12, 5, 2, 2]);
  });

  it('is what counting every microsecond gives, for any spans', () => {
    fc.assert(
      fc.property(hostileTrace, (records) => {
        const table = buildTable(records);
        const self = selfTimes(table);
        for (let row = 0; row < table.size; row++) {
          const edges = new Set([numberAt(table.start, row), numberAt(table.end, row)]);
          const children: number[] = [];
          for (let child = 0; child < table.size; child++) {
            if (at(table.parent, child) !== row || (byteAt(table.flags, child) & Flag.detached) !== 0) continue;
            children.push(child);
            for (const edge of [numberAt(table.start, child), numberAt(table.end, child)]) {
              if (edge > numberAt(table.start, row) && edge < numberAt(table.end, row)) edges.add(edge);
            }
          }
          // Between two neighbouring edges nothing changes, so the middle speaks for the whole piece.
          const cuts = [...edges].sort((a, b) => a - b);
          let expected = 0;
          for (let cut = 0; cut + 1 < cuts.length; cut++) {
            const middle = (cuts[cut]! + cuts[cut + 1]!) / 2;
            const busy = children.some(
              (child) => numberAt(table.start, child) < middle && middle < numberAt(table.end, child),
            );
            if (!busy) expected += cuts[cut + 1]! - cuts[cut]!;
          }
          expect(self[row]).toBe(expected);
        }
        // The same through times that are not the table's own.
        expect(selfTimes(table, { start: table.start, end: table.end })).toEqual(self);
      }),
      { numRuns: 200 },
    );
  });
});
