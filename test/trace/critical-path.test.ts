import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { at, numberAt } from '../../src/model/units.ts';
import { TableBuilder } from '../../src/trace/build.ts';
import { criticalPath, criticalPathFrom, criticalTimes, entryOf } from '../../src/trace/critical-path.ts';
import { drawTable } from '../draw.ts';
import { hostileTrace } from './random-trace.ts';

/** The path as `name start–end` in ms. */
function pathOf(text: string, options?: { column?: number }): readonly string[] {
  const { table, nameOf } = drawTable(text, options);
  return criticalPath(table, 0).map(({ row, start, end }) => `${nameOf(row)} ${start / 1_000}–${end / 1_000}`);
}

const GEOMETRIES: readonly (readonly [string, string, readonly string[]])[] = [
  ['one span alone', 'a p |====|', ['p 0–4']],
  ['one child inside', 'a p |==========|\n  a c |  ====    |', ['p 0–2', 'c 2–6', 'p 6–10']],
  ['a child that begins with its parent, at zero', 'a p |====|\n  a c |==  |', ['c 0–2', 'p 2–4']],
  [
    'children in a row, one ending exactly when the next begins',
    'a p 1..100\n  a c1 10..50\n  a c2 50..90',
    ['p 0–9', 'c1 9–49', 'c2 49–89', 'p 89–99'],
  ],
  [
    'children side by side: the last finisher',
    'a p 0..100\n  a fast 10..40\n  a slow 10..90',
    ['p 0–10', 'slow 10–90', 'p 90–100'],
  ],
  [
    'equal ends: who began later was waited for last',
    'a p 0..100\n  a long 10..90\n  a late 50..90',
    ['p 0–50', 'late 50–90', 'p 90–100'],
  ],
  [
    'a small overlap is the grain of the clock',
    'a p 0..100\n  a c1 10..51\n  a c2 50..90',
    ['p 0–10', 'c1 10–50', 'c2 50–90', 'p 90–100'],
  ],
  ['a large overlap is concurrency', 'a p 0..100\n  a c1 10..60\n  a c2 50..90', ['p 0–50', 'c2 50–90', 'p 90–100']],
  ['a child that outlives its parent is clipped', 'a p 0..50\n  a c 10..80', ['p 0–10', 'c 10–50']],
  [
    'a child that begins before its parent is clipped',
    'a root 0..50\n  a p 20..50\n    a c 10..40',
    ['root 0–20', 'c 20–40', 'p 40–50'],
  ],
  ['a child that begins after its parent ended was not waited for', 'a p 0..50\n  a c 60..80', ['p 0–50']],
  [
    'a consumer was not waited for',
    'a p 0..50\n  a send producer 10..12\n    b process consumer 11..45',
    ['p 0–10', 'send 10–12', 'p 12–50'],
  ],
  [
    'the drawing in the description',
    'a entry |==============================|\n  a a    | =========                    |\n  a b    |     =================        |\n  a c    |          ============        |',
    ['entry 0–1', 'a 1–10', 'c 10–22', 'entry 22–30'],
  ],
  [
    'an overlap of exactly the tolerance',
    'a p 0..100\n  a c1 10..52\n  a c2 50..90',
    ['p 0–10', 'c1 10–50', 'c2 50–90', 'p 90–100'],
  ],
  ['an overlap of a little more', 'a p 0..100\n  a c1 10..52.001\n  a c2 50..90', ['p 0–50', 'c2 50–90', 'p 90–100']],
  [
    'a child that begins just after the one that was waited for, and ends within the tolerance',
    'a p 0..100\n  a c1 51..52\n  a c2 50..90',
    ['p 0–50', 'c2 50–90', 'p 90–100'],
  ],
  ['a child without length takes nothing', 'a p |====|\n  a c |  : |', ['p 0–4']],
  [
    'a grandchild through two services',
    'a p 0..9\n  a call client 1..8\n    b serve server 2..7',
    ['p 0–1', 'call 1–2', 'serve 2–7', 'call 7–8', 'p 8–9'],
  ],
];

describe('criticalPath', () => {
  it.each(GEOMETRIES)('%s', (_, text, expected) => {
    expect(pathOf(text)).toEqual(expected);
  });

  it('begins at the longest server root of several, and at the longest root when none was asked', () => {
    const drawn = drawTable('a lost 0..90\na small server 10..20\na big server 30..50');
    expect(drawn.nameOf(entryOf(drawn.table, 0))).toBe('big');
    const taken = drawTable('a lost 0..90\na take consumer 10..20');
    expect(taken.nameOf(entryOf(taken.table, 0))).toBe('take');
    const equal = drawTable('a one server 0..10\na two server 20..30\na three server 40..50');
    expect(equal.nameOf(entryOf(equal.table, 0))).toBe('one');
    const fragments = drawTable('a x 0..9 ^gone\nb y 0..20 ^gone');
    expect(fragments.nameOf(entryOf(fragments.table, 0))).toBe('y');
  });

  it('follows a server past its dead client when it is asked for the server itself', () => {
    const drawn = drawTable('a call client 0..100\n  b serve server 5..400\n    b query client 300..390');
    const path = criticalPathFrom(drawn.table, drawn.row('serve'));
    expect(path.map(({ row, start, end }) => [drawn.nameOf(row), start / 1e3, end / 1e3])).toEqual([
      ['serve', 5, 300],
      ['query', 300, 390],
      ['serve', 390, 400],
    ]);
  });

  it('tiles the entry exactly for any spans, and counts nothing twice', () => {
    fc.assert(
      fc.property(hostileTrace, (records) => {
        const builder = new TableBuilder();
        builder.add(records);
        const table = builder.finish();
        const entry = entryOf(table, 0);
        const sections = criticalPath(table, 0);
        let cursor = numberAt(table.start, entry);
        for (const { row, start, end } of sections) {
          expect(start).toBe(cursor);
          expect(end).toBeGreaterThan(start);
          expect(start).toBeGreaterThanOrEqual(numberAt(table.start, row));
          expect(end).toBeLessThanOrEqual(numberAt(table.end, row));
          cursor = end;
        }
        expect(cursor).toBe(numberAt(table.end, entry));
        const total = criticalTimes(table).reduce((sum, time) => sum + time, 0);
        let roots = 0;
        for (let row = 0; row < table.size; row++) {
          if (at(table.parent, row) < 0) roots += numberAt(table.end, row) - numberAt(table.start, row);
        }
        expect(total).toBe(roots);
      }),
      { numRuns: 300 },
    );
  });
});
