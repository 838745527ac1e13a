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
