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
    [
      'of several changes, in the order of the rows of before',
      'a root 0..99\n  a new 0..1\n  a one 1..9\n    b two 2..4\n      b three 3..4\n    b two 5..8\n      b three 6..7',
      ['two 1 → 2', 'removed four', 'added new'],
    ],
    [
      'under another parent, but with other work below',
      'a root 0..99\n  a one 1..9\n  a four 10..20\n    b two 12..18\n      b six 13..17',
      ['removed two', 'added two'],
    ],
    [
      'under another parent, with more of the same below',
      'a root 0..99\n  a one 1..9\n  a four 10..20\n    b two 12..18\n      b three 13..14\n      b three 15..16',
      ['removed two', 'added two'],
    ],
    [
      'under another parent, with more work far below',
      'a root 0..99\n  a one 1..9\n  a four 10..20\n    b two 12..18\n      b three 13..17\n        b six 14..15',
      ['removed two', 'added two'],
    ],
  ])('%s', (_, now, expected) => {
    expect(diffOf(BEFORE, now)).toEqual(expected);
  });

  /** A root with one span, and below that a child for each letter. */
  const withWork = (name: string, letters: string) =>
    `a root 0..99\n  a ${name} 1..90\n${[...letters].map((letter, n) => `    a ${letter} ${n + 2}..${n + 2.5}`).join('\n')}`;

  it.each([
    ['four of five children in common', 'vwxy', 'vwxyz', true],
    ['four of five, the other way round', 'vwxyz', 'vwxy', true],
    ['three of five', 'vwxyz', 'vwx', false],
    ['four of six', 'vwxy', 'vwxyzu', false],
    ['the same child less often', 'vvv', 'v', false],
    ['the same child more often', 'v', 'vvv', false],
    ['the same child four times of five', 'vvvvv', 'vvvv', true],
    ['the same in another order', 'vwxy', 'yxwv', true],
    ['no children at all', '', '', false],
    ['children that come', '', 'v', false],
    ['nothing in common', 'vw', 'xy', false],
  ])('takes another name for the same span with %s below: %s → %s, %s', (_, before, now, same) => {
    const [renamed, ...others] = diffOf(withWork('old', before), withWork('new', now));
    if (same) expect(renamed).toBe('renamed old → new');
    else expect([renamed, ...others]).toEqual(['removed old', 'added new']);
  });

  it('takes a span for the moved one though its children stand in another order', () => {
    const before = 'a root 0..99\n  a one 1..50\n    a two 2..49\n      a x 3..4\n      b y 5..6\n  a four 60..90';
    const now = 'a root 0..99\n  a one 1..50\n  a four 60..90\n    a two 62..89\n      b y 65..66\n      a x 67..68';
    expect(diffOf(before, now)).toEqual(['moved two → two']);
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
