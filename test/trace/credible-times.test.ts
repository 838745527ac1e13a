import { describe, expect, it } from 'vitest';
import type { SpanRecord } from '../../src/model/span.ts';
import { numberAt } from '../../src/model/units.ts';
import { buildTable } from '../../src/trace/build.ts';
import { DRAWN_EPOCH, draw } from '../draw.ts';

const YEAR = 366 * 86_400_000_000;
const [ROOT, CHILD, OTHER] = draw('a root 0..9\n  a child 1..8\n  a other 2..3') as [
  SpanRecord,
  SpanRecord,
  SpanRecord,
];

/** Start and end of each span of a trace by name, µs after the drawings' epoch, and what was mended. */
function timesOf(...spans: readonly SpanRecord[]) {
  const table = buildTable(spans.map((span, n) => ({ ...span, spanId: span.spanId.slice(1) + n })));
  const times: Record<string, readonly number[]> = {};
  for (let row = 0; row < table.size; row++) {
    times[table.name(row)] = [table.start, table.end].map((of) => table.epoch + numberAt(of, row) - DRAWN_EPOCH);
  }
  return { times, repairs: (table.repairs.get(0) ?? []).map(({ kind }) => kind) };
}

const alone = ({ parentSpanId: _, ...span }: SpanRecord): SpanRecord => span;
const at = (span: SpanRecord, start: number, length = 0): SpanRecord => ({
  ...alone(span),
  start: DRAWN_EPOCH + start,
  end: DRAWN_EPOCH + start + length,
});

describe('a start is credible', () => {
  it.each([
    ['a year before the middle of its trace', -YEAR, true],
    ['a microsecond earlier', -YEAR - 1, false],
    ['a year after it', YEAR, true],
    ['a microsecond later', YEAR + 1, false],
  ])('%s', (_, start, credible) => {
    const { times, repairs } = timesOf(at(ROOT, 0, 9), at(CHILD, 0, 8), at(OTHER, start));
    expect(times.other).toEqual(credible ? [start, start] : [0, 0]);
    expect(repairs).toEqual(credible ? [] : ['bad-time']);
    expect([times.root, times.child]).toEqual([
      [0, 9],
      [0, 8],
    ]);
  });

  it('whatever else is no time at all', () => {
    const bad = [-1, -1, -1, Number.NaN, 2 ** 60].map((start) => ({ ...alone(OTHER), start, end: start }));
    const unset = { ...alone(OTHER), name: 'unset', start: 0, end: 0 };
    const { times, repairs } = timesOf(...bad, unset, at(ROOT, 0, 9), at(CHILD, 5, 8));
    expect(times).toEqual({ root: [0, 9], child: [5, 13], other: [0, 0], unset: [0, 0] });
    expect(repairs).toEqual(Array(6).fill('bad-time'));
  });

  it('in a trace of any length, as the first that is', () => {
    const broken = { ...alone(OTHER), start: Number.NaN, end: Number.NaN };
    expect(
      timesOf(at(ROOT, -YEAR), at(CHILD, 0), at({ ...CHILD, name: 'x' }, 0), at({ ...ROOT, name: 'y' }, 5), broken),
    ).toEqual({
      times: { root: [-YEAR, -YEAR], child: [0, 0], x: [0, 0], y: [5, 5], other: [-YEAR, -YEAR] },
      repairs: ['bad-time'],
    });
  });

  it('at 1970 when all of its trace began there', () => {
    const { times, repairs } = timesOf({ ...ROOT, start: 0, end: 9 });
    expect([times.root, repairs]).toEqual([[-DRAWN_EPOCH, 9 - DRAWN_EPOCH], []]);
  });
});

describe('an end', () => {
  it.each([
    ['at the start is one', 0, 0, []],
    ['a year later is one', YEAR, YEAR, []],
    ['still later is none', YEAR + 1, 0, ['bad-time']],
    ['before the start makes no length', -1, 0, ['negative-duration']],
    ['more than a year before the start is none', -YEAR - 1, 0, ['bad-time']],
  ])('%s', (_, length, kept, repairs) => {
    expect(timesOf(at(ROOT, 0, length))).toEqual({ times: { root: [0, kept] }, repairs });
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, -5, 2 ** 60])('of %d is none', (end) => {
    expect(timesOf({ ...ROOT, end })).toEqual({ times: { root: [0, 0] }, repairs: ['bad-time'] });
  });
});
