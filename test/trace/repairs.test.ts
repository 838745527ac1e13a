import { describe, expect, it } from 'vitest';
import { Flag } from '../../src/model/trace.ts';
import { at, byteAt, numberAt } from '../../src/model/units.ts';
import { buildTable, TableBuilder } from '../../src/trace/build.ts';
import { draw, drawTable } from '../draw.ts';

const tree = (text: string) => {
  const { table, nameOf } = drawTable(text);
  return Array.from({ length: table.size }, (_, row) => {
    const parent = at(table.parent, row);
    return parent < 0 ? nameOf(row) : `${nameOf(parent)} > ${nameOf(row)}`;
  });
};

describe('repairs', () => {
  const repaired = (text: string) => drawTable(text).trace.repairs;
  const id = (n: number) => n.toString(16).padStart(16, '0');

  it('makes a root of a span whose parent never arrived', () => {
    const { table, row, trace } = drawTable('a root 0..9\nb lost 1..2 ^gone');
    expect(byteAt(table.flags, row('lost')) & Flag.orphan).toBe(Flag.orphan);
    expect(trace.repairs).toMatchObject([{ kind: 'orphan', spanId: id(2) }]);
  });

  it('counts a span that came twice once, the fuller copy', () => {
    const { table, trace } = drawTable('a x 0..9 #s\na x 0..9 #s k=1\na x 0..9 #s');
    expect(table.size).toBe(1);
    expect(table.attribute(0, 'k')).toBe(1);
    expect(trace.repairs).toEqual([{ kind: 'duplicate', spanId: id(1), copies: 2 }]);
  });

  it('tells the two halves of a shared id apart and gives each its children', () => {
    const text = `
      a root 0..20
        b serve server 3..9 #s
        a call client 2..10 #s
        b query 4..5 ^s
        a encode 2..3 ^s
        c stray 5..6 ^s
    `;
    const { table, trace } = drawTable(text);
    const parents = Array.from({ length: table.size }, (_, row) => {
      const parent = at(table.parent, row);
      return [table.name(row), parent < 0 ? '' : table.name(parent)];
    });
    expect(Object.fromEntries(parents)).toEqual({
      root: '',
      call: 'root',
      serve: 'call',
      query: 'serve',
      encode: 'call',
      stray: 'serve',
    });
    expect(trace.repairs).toMatchObject([{ kind: 'shared-id', spanId: id(2) }]);
  });

  it('cuts a cycle above the span that starts first, and a span from itself', () => {
    expect(tree('a one 5..9 #one ^three\na two 2..9 #two ^one\na three 3..9 #three ^two')).toEqual([
      'two',
      'two > three',
      'three > one',
    ]);
    expect(repaired('a one 5..9 #one ^two\na two 5..9 #two ^one')).toEqual([{ kind: 'cycle', spanId: id(1) }]);
    expect(repaired('a one 5..9 #one ^one')).toEqual([{ kind: 'cycle', spanId: id(1) }]);
  });

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
    ['a status', 'ok', ''],
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

  it('lists repairs in an order that does not depend on how spans came', () => {
    const spans = draw('a one 9..4\na two 9..5\na three 9..3\na lost 1..2 ^gone');
    const lists = [spans, spans.toReversed()].map((each) => buildTable(each).repairs.get(0));
    expect(lists[0]).toEqual(lists[1]);
    expect(lists[0]?.map(({ kind }) => kind)).toEqual([
      'negative-duration',
      'negative-duration',
      'negative-duration',
      'orphan',
    ]);
  });

  it('gives a span that ends before it begins no length', () => {
    const { table, trace } = drawTable('a x 9..4');
    expect(numberAt(table.end, 0)).toBe(numberAt(table.start, 0));
    expect(trace.repairs).toEqual([{ kind: 'negative-duration', spanId: id(1), by: 5_000 }]);
  });

  it.each([
    Number.NaN,
    Number.POSITIVE_INFINITY,
    -1,
    0,
    2 ** 60,
  ])('puts a span that starts at %d at its parent', (start) => {
    const [root, broken, below] = draw('a root 0..9\n  a broken 5..6\n    a below 2..3');
    const table = buildTable([root!, { ...broken!, start }, below!]);
    expect([numberAt(table.start, 1), numberAt(table.end, 1)]).toEqual([0, 6_000]);
    expect(table.repairs.get(0)).toEqual([{ kind: 'bad-time', spanId: id(2) }]);
    const alone = buildTable([{ ...broken!, start: Number.NaN, end: Number.NaN }]);
    expect([numberAt(alone.start, 0), numberAt(alone.end, 0)]).toEqual([0, 0]);
  });

  it('gives a span without a possible end no length', () => {
    const [root, broken] = draw('a root 0..9\n  a broken 5..6');
    const table = buildTable([root!, { ...broken!, end: Number.NaN }]);
    expect([numberAt(table.start, 1), numberAt(table.end, 1)]).toEqual([5_000, 5_000]);
    expect(table.repairs.get(0)).toEqual([{ kind: 'bad-time', spanId: id(2) }]);
  });

  it('keeps of a trace that is too large the spans nearest to the root', () => {
    const builder = new TableBuilder({ spanLimit: 3 });
    builder.add(draw('a root 0..9\n  a one 1..2\n    a deep 1..2\n  a two 3..4\n  a three 5..6'));
    const table = builder.finish();
    expect(Array.from({ length: table.size }, (_, row) => table.name(row))).toEqual(['root', 'one', 'two']);
    expect(table.repairs.get(0)).toEqual([{ kind: 'truncated', kept: 3, dropped: 2 }]);
    const whole = new TableBuilder({ spanLimit: 5 });
    whole.add(draw('a root 0..9\n  a one 1..2\n    a deep 1..2\n  a two 3..4\n  a three 5..6'));
    expect(whole.finish().repairs.size).toBe(0);
  });

  it('marks what nobody waited for', () => {
    const { table, row } = drawTable(`
      a root server 0..20
        a send producer 1..2
          b process consumer 2..30
            b inside 3..4
        a call client 5..10
          c serve server 12..13
        a after 20..30
        a beyond 25..30
        a within 3..25
    `);
    const detached = Array.from({ length: table.size }, (_, r) => r).filter(
      (r) => (byteAt(table.flags, r) & Flag.detached) !== 0,
    );
    expect(detached).toEqual([row('process'), row('after'), row('beyond')].sort((a, b) => a - b));
  });

  it.each([
    ['at the moment at which its parent ended', 'a p 0..20\n  a x 20..30', true],
    ['together with a parent of no length', 'a p 5..5\n  a x 5..30', false],
    ['after a parent of no length', 'a p 5..5\n  a x 5.001..30', true],
    ['just before its parent ended', 'a p 0..20\n  a x 19.999..30', false],
    ['as a consumer of its own service below a call', 'a p client 0..20\n  a x consumer 1..2', true],
    ['as a consumer of its own service below its sending', 'a p producer 0..20\n  a x consumer 1..2', true],
    ['as a consumer of its own service below other work', 'a p 0..20\n  a x consumer 1..2', false],
    ['as a consumer of another service', 'a p 0..20\n  b x consumer 1..2', true],
    ['as a server after its call', 'a p client 0..20\n  b x server 30..40', false],
    ['as a server after what was no call', 'a p 0..20\n  b x server 30..40', true],
    ['as a call as long as clocks are coarse', 'a p server 0..20\n  a x client 5..22', false],
    ['as a call longer than that', 'a p server 0..20\n  a x client 5..22.001', true],
    ['as a long call a hundredth longer', 'a p server 0..1000\n  a x client 10..1010', false],
    ['as a long call longer than that', 'a p server 0..1000\n  a x client 10..1010.002', true],
    ['as a longer call of another service', 'a p server 0..20\n  b x client 5..90', false],
    ['as a longer call of other work', 'a p 0..20\n  a x client 5..90', false],
  ])('a span that begins %s', (_, text, detached) => {
    const { table, row } = drawTable(text);
    expect((byteAt(table.flags, row('x')) & Flag.detached) !== 0).toBe(detached);
    expect(byteAt(table.flags, row('p')) & Flag.detached).toBe(0);
  });

  it('marks a call that goes on after the service that made it has answered, by more than clocks are coarse', () => {
    const { table, row } = drawTable(`
      a root server 0..20
        a notify client 5..90
          b serve server 6..89
        a last client 10..21
        a stream internal 5..90
    `);
    const detached = Array.from({ length: table.size }, (_, r) => r).filter(
      (r) => (byteAt(table.flags, r) & Flag.detached) !== 0,
    );
    expect(detached).toEqual([row('notify')]);
  });
});
