import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SpanRecord } from '../../src/model/span.ts';
import { Flag, Population, type SpanTable } from '../../src/model/trace.ts';
import { at } from '../../src/model/units.ts';
import { buildTable, findTrace, ordinalOf, TableBuilder, traceAt } from '../../src/trace/build.ts';
import { DRAWN_EPOCH, draw, drawnTraceId, drawTable } from '../draw.ts';
import { hostileTrace } from './random-trace.ts';

/** Everything a table says, as plain data. */
function dump(table: SpanTable) {
  const rows = Array.from({ length: table.size }, (_, row) => ({
    id: table.spanId(row),
    parent: at(table.parent, row),
    time: [at(table.start, row), at(table.end, row)],
    kind: at(table.kind, row),
    flags: at(table.flags, row),
    words: [at(table.service, row), at(table.operation, row), at(table.path, row)].map((id) => [id, table.text(id)]),
    children: [...table.children.slice(table.childrenFrom[row], table.childrenFrom[row + 1])],
    name: table.name(row),
    status: [table.status(row), table.statusMessage(row), table.scope(row)],
    attributes: table.keys(row, 'span').map((key) => [key, table.attribute(row, key)]),
    resource: table.keys(row, 'resource').map((key) => [key, table.resource(row, key)]),
    events: table.events(row),
    links: table.links(row),
  }));
  const { size, traces, epoch, first, traceIds, population, repairs } = table;
  return { size, traces, epoch, first: [...first], traceIds, population: [...population], rows, repairs: [...repairs] };
}

/** The same without what copies leave behind. */
function dumpWithoutCopies(table: SpanTable) {
  const { repairs, ...rest } = dump(table);
  const others = repairs.map(([ordinal, list]) => [ordinal, list.filter(({ kind }) => kind !== 'duplicate')] as const);
  return { ...rest, repairs: others.filter(([, list]) => list.length > 0) };
}

const tree = (text: string) => {
  const { table, nameOf } = drawTable(text);
  return Array.from({ length: table.size }, (_, row) => {
    const parent = at(table.parent, row);
    return parent < 0 ? nameOf(row) : `${nameOf(parent)} > ${nameOf(row)}`;
  });
};

describe('buildTable', () => {
  it('is empty without spans', () => {
    const table = buildTable([]);
    expect(dump(table)).toMatchObject({ size: 0, traces: 0, epoch: 0, first: [0], rows: [] });
    expect(() => traceAt(table, 0)).toThrow(RangeError);
    expect(findTrace(table, drawnTraceId(1))).toBeUndefined();
  });

  it('stands depth-first, siblings by start, then end, then id', () => {
    expect(tree('a root 0..9\n  a late 5..6\n    a below 5..6\n  a long 1..4\n  a short 1..2\n  a twin 5..6')).toEqual([
      'root',
      'root > short',
      'root > long',
      'root > late',
      'late > below',
      'root > twin',
    ]);
  });

  it('keeps every word and value with its type', () => {
    const [record] = draw(
      'shop GET client 0..4.25 !"why" scope:net n=1.5 b=false t="1" list=[1,"x",true] *e@1{"k":2} resource.pid=7',
    );
    const table = buildTable([record!]);
    expect(table.epoch).toBe(DRAWN_EPOCH);
    expect(table.attribute(0, 'n')).toBe(1.5);
    expect(table.attribute(0, 'b')).toBe(false);
    expect(table.attribute(0, 't')).toBe('1');
    expect(table.attribute(0, 'list')).toEqual([1, 'x', true]);
    expect(table.attribute(0, 'none')).toBeUndefined();
    expect(table.keys(0, 'span')).toEqual(['b', 'list', 'n', 't']);
    expect(table.resource(0, 'pid')).toBe(7);
    expect(table.keys(0, 'resource')).toEqual(['pid', 'service.name']);
    expect(table.events(0)).toEqual(record?.events);
    expect([table.status(0), table.statusMessage(0), table.scope(0)]).toEqual(['error', 'why', 'net']);
    expect(table.text(table.id('shop'))).toBe('shop');
    expect(table.id('nobody')).toBe(-1);
  });

  it('keeps values that never repeat, whatever their type and size', () => {
    const values = Array.from({ length: 3_000 }, (_, n) => [
      `käse-${n}`,
      n / 7,
      [n, 'x'],
      n === 2_999 ? 'x'.repeat(3_000_000) : '',
    ]);
    const [record] = draw('a x 0..1');
    const records = values.map(
      ([text = '', number = 0, list = '', large = ''], n): SpanRecord => ({
        ...record!,
        spanId: n.toString(16).padStart(16, '0'),
        attributes: { text, number, list, large, same: 'same' } as SpanRecord['attributes'],
      }),
    );
    const table = buildTable(records);
    for (let row = 0; row < table.size; row++) {
      const keys = ['text', 'number', 'list', 'large'];
      expect(keys.map((key) => table.attribute(row, key))).toEqual(values[Number.parseInt(table.spanId(row), 16)]);
    }
  });

  it('writes a path as the steps from the root', () => {
    const { table, row } = drawTable('a GET server 0..9 http.request.method=GET http.route=/x\n  b work 1..2');
    const path = at(table.path, row('work'));
    expect(table.text(path)).toBe('a server GET /x > b internal work');
    expect(table.text(table.parentPath(path))).toBe('a server GET /x');
    expect(table.parentPath(table.parentPath(path))).toBe(-1);
  });

  it('puts traces in order of their start and finds them', () => {
    const { table } = drawTable('a x 5..9\n---\na x 2..3\n---\na x 5..6');
    expect(table.traceIds).toEqual([drawnTraceId(2), drawnTraceId(1), drawnTraceId(3)]);
    expect(findTrace(table, drawnTraceId(1))).toMatchObject({ ordinal: 1, from: 1, to: 2, repairs: [] });
    expect([0, 1, 2].map((row) => ordinalOf(table, row))).toEqual([0, 1, 2]);
  });

  it('knows the population of a trace; one that is both is a suspect', () => {
    const records = draw('a x 0..1\n---\na x 1..2\n---\na x 2..3');
    const builder = new TableBuilder();
    builder.add(records.slice(0, 2), 'baseline');
    builder.add(records.slice(1));
    expect([...builder.finish().population]).toEqual([Population.baseline, Population.suspect, Population.suspect]);
    expect(() => builder.finish()).toThrow('already');
  });

  it('refuses ids that are none', () => {
    const [record] = draw('a x 0..1');
    for (const spanId of ['', '123', 'zzzzzzzzzzzzzzzz', '00000000000000AB']) {
      expect(() => buildTable([{ ...record!, spanId }])).toThrow('hex');
    }
  });
});

describe('repairs', () => {
  const repaired = (text: string) => drawTable(text).trace.repairs;
  const id = (n: number) => n.toString(16).padStart(16, '0');

  it('makes a root of a span whose parent never arrived', () => {
    const { table, row, trace } = drawTable('a root 0..9\nb lost 1..2 ^gone');
    expect(at(table.flags, row('lost')) & Flag.orphan).toBe(Flag.orphan);
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

  it('gives a span that ends before it begins no length', () => {
    const { table, trace } = drawTable('a x 9..4');
    expect(at(table.end, 0)).toBe(at(table.start, 0));
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
    expect([at(table.start, 1), at(table.end, 1)]).toEqual([0, 6_000]);
    expect(table.repairs.get(0)).toEqual([{ kind: 'bad-time', spanId: id(2) }]);
    const alone = buildTable([{ ...broken!, start: Number.NaN, end: Number.NaN }]);
    expect([at(alone.start, 0), at(alone.end, 0)]).toEqual([0, 0]);
  });

  it('gives a span without a possible end no length', () => {
    const [root, broken] = draw('a root 0..9\n  a broken 5..6');
    const table = buildTable([root!, { ...broken!, end: Number.NaN }]);
    expect([at(table.start, 1), at(table.end, 1)]).toEqual([5_000, 5_000]);
    expect(table.repairs.get(0)).toEqual([{ kind: 'bad-time', spanId: id(2) }]);
  });

  it('keeps of a trace that is too large the spans nearest to the root', () => {
    const builder = new TableBuilder({ spanLimit: 3 });
    builder.add(draw('a root 0..9\n  a one 1..2\n    a deep 1..2\n  a two 3..4\n  a three 5..6'));
    const table = builder.finish();
    expect(Array.from({ length: table.size }, (_, row) => table.name(row))).toEqual(['root', 'one', 'two']);
    expect(table.repairs.get(0)).toEqual([{ kind: 'truncated', kept: 3, dropped: 2 }]);
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
      (r) => (at(table.flags, r) & Flag.detached) !== 0,
    );
    expect(detached).toEqual([row('process'), row('after'), row('beyond')].sort((a, b) => a - b));
  });
});

describe('any spans', () => {
  const arbitraryTraces = fc
    .array(hostileTrace, { minLength: 1, maxLength: 3 })
    .map((traces) => traces.flatMap((trace, n) => trace.map((span) => ({ ...span, traceId: drawnTraceId(n + 1) }))));

  it('give the same table in any order and any batches', () => {
    fc.assert(
      fc.property(
        arbitraryTraces.chain((spans) =>
          fc.tuple(fc.constant(spans), fc.shuffledSubarray(spans, { minLength: spans.length })),
        ),
        fc.integer({ min: 1, max: 7 }),
        ([spans, shuffled], batch) => {
          const builder = new TableBuilder({ spanLimit: 20 });
          for (let from = 0; from < shuffled.length; from += batch) builder.add(shuffled.slice(from, from + batch));
          const whole = new TableBuilder({ spanLimit: 20 });
          whole.add(spans);
          expect(dump(builder.finish())).toEqual(dump(whole.finish()));
        },
      ),
      { numRuns: 200 },
    );
  });

  it('change nothing by coming twice', () => {
    fc.assert(
      fc.property(arbitraryTraces, (spans) => {
        expect(dumpWithoutCopies(buildTable([...spans, ...spans]))).toEqual(dumpWithoutCopies(buildTable(spans)));
      }),
      { numRuns: 100 },
    );
  });

  it('move in time as a whole', () => {
    fc.assert(
      fc.property(arbitraryTraces, fc.integer({ min: -1_000_000_000, max: 1_000_000_000 }), (spans, by) => {
        const moved = spans.map((span) => ({ ...span, start: span.start + by, end: span.end + by }));
        const { epoch, ...rest } = dump(buildTable(moved));
        const { epoch: before, ...same } = dump(buildTable(spans));
        expect(epoch).toBe(before + by);
        expect(rest).toEqual(same);
      }),
      { numRuns: 100 },
    );
  });

  it('make trees: parents above, descendants in one run, every span once', () => {
    fc.assert(
      fc.property(hostileTrace, (spans) => {
        const table = buildTable(spans);
        const ids = new Set(Array.from({ length: table.size }, (_, row) => table.spanId(row)));
        expect(ids.size).toBe(table.size);
        const open: number[] = [];
        for (let row = 0; row < table.size; row++) {
          const parent = at(table.parent, row);
          expect(parent).toBeLessThan(row);
          while (open.length > 0 && open.at(-1) !== parent) open.pop();
          expect(open.at(-1) ?? -1).toBe(parent);
          open.push(row);
          expect(at(table.end, row)).toBeGreaterThanOrEqual(at(table.start, row));
        }
      }),
      { numRuns: 200 },
    );
  });
});
