import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildTable } from '../../src/trace/build.ts';
import { type Difference, traceDiff } from '../../src/trace/diff.ts';
import { drawTable } from '../draw.ts';
import { hostileTrace } from './random-trace.ts';

/** Last steps of the paths only: `added b`. */
function diffOf(before: string, now: string): readonly string[] {
  const differences = traceDiff(
    { table: drawTable(before).table, ordinal: 0 },
    { table: drawTable(now).table, ordinal: 0 },
  );
  const last = (path: string) => path.split(' ').at(-1);
  const words = (change: Difference): string => {
    if (change.kind === 'added') return `added ${last(change.in.path)}`;
    if (change.kind === 'removed') return `removed ${last(change.from.path)}`;
    if (change.kind === 'count') return `${last(change.in.path)} ${change.from.rows.length} → ${change.in.rows.length}`;
    return `${change.kind} ${last(change.from.path)} → ${last(change.in.path)}`;
  };
  return differences.map(words);
}

const BEFORE = 'a root 0..99\n  a one 1..9\n    b two 2..8\n      b three 3..7\n  a four 10..20';

describe('traceDiff', () => {
  it.each([
    ['nothing', BEFORE, []],
    ['only times and order', 'a root 0..50\n  a four 1..2\n  a one 10..19\n    b two 12..18\n      b three 13..17', []],
    ['a leaf gone', 'a root 0..99\n  a one 1..9\n    b two 2..8\n      b three 3..7', ['removed four']],
    ['a subtree gone, named at its top', 'a root 0..99\n  a four 10..20', ['removed one']],
    ['a subtree new, named at its top', `${BEFORE}\n  a five 30..40\n    a six 31..39`, ['added five']],
    ['more of the same', `${BEFORE}\n  a four 30..40\n  a four 50..60`, ['four 1 → 3']],
    [
      'twice the parent is the parent’s difference',
      `${BEFORE}\n  a one 41..49\n    b two 42..48\n      b three 43..47`,
      ['one 1 → 2'],
    ],
    [
      'moved under another parent',
      'a root 0..99\n  a one 1..9\n  a four 10..20\n    b two 12..18\n      b three 13..17',
      ['moved two → two'],
    ],
    [
      'renamed, with the same work below',
      'a root 0..99\n  a uno 1..9\n    b two 2..8\n      b three 3..7\n  a four 10..20',
      ['renamed one → uno'],
    ],
    [
      'another leaf is another leaf, not a new name',
      'a root 0..99\n  a one 1..9\n    b two 2..8\n      b three 3..7\n  a vier 10..20',
      ['removed four', 'added vier'],
    ],
    [
      'the same name in another service is not renamed',
      'a root 0..99\n  c one 1..9\n    b two 2..8\n      b three 3..7\n  a four 10..20',
      ['removed one', 'added one'],
    ],
  ])('%s', (_, now, expected) => {
    expect(diffOf(BEFORE, now)).toEqual(expected);
  });

  it('finds nothing between a trace and itself, and the mirror image the other way', () => {
    fc.assert(
      fc.property(hostileTrace, hostileTrace, (one, two) => {
        const a = { table: buildTable(one), ordinal: 0 };
        const b = { table: buildTable(two), ordinal: 0 };
        expect(traceDiff(a, a)).toEqual([]);
        const count = (changes: readonly Difference[], kind: Difference['kind']) =>
          changes.filter((c) => c.kind === kind).length;
        const there = traceDiff(a, b);
        const back = traceDiff(b, a);
        expect(count(there, 'added') + count(there, 'moved') + count(there, 'renamed')).toBe(
          count(back, 'removed') + count(back, 'moved') + count(back, 'renamed'),
        );
        expect(count(there, 'count')).toBe(count(back, 'count'));
      }),
      { numRuns: 100 },
    );
  });
});
