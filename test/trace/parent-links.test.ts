import { describe, expect, it } from 'vitest';
import { Flag } from '../../src/model/trace.ts';
import { buildTable } from '../../src/trace/build.ts';
import { draw } from '../draw.ts';

describe('spans that share an id, and cycles', () => {
  const id = (n: number) => n.toString(16).padStart(16, '0');

  it.each([
    ['both without a start, at the lower id', [Number.NaN, Number.NaN], 'one'],
    ['one without a start, at the other', [Number.NaN, 9_000], 'two'],
    ['the other without one', [9_000, Number.NaN], 'one'],
    ['starts at one moment, at the lower id', [9_000, 9_000], 'one'],
    ['the second first', [9_001, 9_000], 'two'],
  ])('cuts a cycle of two, %s, in whatever order they came', (_, starts, root) => {
    const cycle = draw('a one 5..9 #one ^two\na two 5..9 #two ^one').map((span, n) => ({
      ...span,
      start: (starts[n] ?? 0) + 1_800_000_000_000_000,
    }));
    for (const spans of [cycle, cycle.toReversed()]) {
      const table = buildTable(spans);
      expect([table.name(0), [...table.parent]]).toEqual([root, [-1, 0]]);
    }
  });

  it('chooses of copies that are as full by what is in them, in whatever order they came', () => {
    const copies = draw('a x 0..9 #s k=2\na x 0..9 #s k=1\na x 0..9 #s k=3');
    for (const spans of [copies, copies.toReversed(), copies.toSorted(() => 1)]) {
      expect(buildTable(spans).attribute(0, 'k')).toBe(1);
    }
  });

  it.each([
    ['more attributes', 'k=1 l=2', 'k=1'],
    ['a status', 'k=2 ok', 'k=1'],
    ['a parent', '^gone', ''],
  ])('keeps of copies the one with %s', (_, full, bare) => {
    const copies = draw(`a x 0..9 #s ${full}\na x 0..9 #s ${bare}`);
    const [kept] = copies;
    for (const spans of [copies, copies.toReversed()]) {
      const table = buildTable(spans);
      expect([table.size, table.keys(0, 'span').length]).toEqual([1, Object.keys(kept?.attributes ?? {}).length]);
      expect([table.status(0), table.flags[0] === Flag.orphan]).toEqual([
        kept?.status,
        kept?.parentSpanId !== undefined,
      ]);
    }
  });

  it('gives the halves of a shared id the same new ids always', () => {
    const text = 'a call client 2..10 #s\n  b serve server 3..9 #s\n  c serve server 4..8 #s\n  d odd 5..6 #s';
    const renamed = [draw(text), draw(text).toReversed()].map((spans) => buildTable(spans).repairs.get(0));
    expect(renamed[0]).toEqual(renamed[1]);
    expect(renamed[0]).toMatchInlineSnapshot(`
      [
        {
          "kind": "shared-id",
          "renamed": "05f75c956bf299c8",
          "spanId": "0000000000000001",
        },
        {
          "kind": "shared-id",
          "renamed": "3c0f032859d0dcd3",
          "spanId": "0000000000000001",
        },
        {
          "kind": "shared-id",
          "renamed": "77a3d5aa58ff438d",
          "spanId": "0000000000000001",
        },
      ]
    `);
  });

  it('leaves the id to the half that starts first, a call before all others', () => {
    const halves = draw('a late 5..9 #s\na early 3..4 #s\na call client 6..7 #s\na lost 1..2 #s');
    const [, early, call, lost] = halves;
    const broken = { ...lost!, start: Number.NaN };
    const first = (...spans: typeof halves) => {
      const table = buildTable(spans);
      return Array.from({ length: table.size }, (_, row) => row)
        .filter((row) => table.spanId(row) === id(1))
        .map((row) => table.name(row));
    };
    for (const order of [halves, halves.toReversed()]) expect(first(...order)).toEqual(['call']);
    for (const order of [halves, halves.toReversed()]) {
      expect(first(...order.filter((span) => span !== call && span !== lost))).toEqual(['early']);
    }
    for (const order of [
      [broken, early!],
      [early!, broken],
    ])
      expect(first(...order)).toEqual(['early']);
  });
});
