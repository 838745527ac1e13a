import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SpanRecord } from '../../src/model/span.ts';
import { Population, type SpanTable } from '../../src/model/trace.ts';
import { at, byteAt, numberAt } from '../../src/model/units.ts';
import { buildTable, findTrace, ordinalOf, TableBuilder, traceAt } from '../../src/trace/build.ts';
import { DRAWN_EPOCH, draw, drawnTraceId, drawTable } from '../draw.ts';
import { hostileTrace } from './random-trace.ts';

/** Everything a table says, as plain data. */
function dump(table: SpanTable) {
  const rows = Array.from({ length: table.size }, (_, row) => ({
    id: table.spanId(row),
    parent: at(table.parent, row),
    time: [numberAt(table.start, row), numberAt(table.end, row)],
    kind: byteAt(table.kind, row),
    flags: byteAt(table.flags, row),
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
    expect(findTrace(table, drawnTraceId(2))).toMatchObject({ ordinal: 0, from: 0, to: 1 });
    expect(() => traceAt(table, 3)).toThrow('The table has 3 traces, none with ordinal 3');
    expect(findTrace(table, drawnTraceId(1))).toMatchObject({ ordinal: 1, from: 1, to: 2, repairs: [] });
    expect([0, 1, 2].map((row) => ordinalOf(table, row))).toEqual([0, 1, 2]);
    const { table: equal } = drawTable('a x 5..9\n  a y 6..7\n---\na x 5..6\n---\na x 5..7\n  a z 6..7');
    expect(equal.traceIds).toEqual([1, 2, 3].map(drawnTraceId));
    expect([0, 1, 2, 3, 4].map((row) => ordinalOf(equal, row))).toEqual([0, 0, 1, 2, 2]);
    const reversed = buildTable(draw('a x 5..9\n---\na x 5..6\n---\na x 5..7').toReversed());
    expect(reversed.traceIds).toEqual(equal.traceIds);
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
          expect(numberAt(table.end, row)).toBeGreaterThanOrEqual(numberAt(table.start, row));
        }
      }),
      { numRuns: 200 },
    );
  });
});
