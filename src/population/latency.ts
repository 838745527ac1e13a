import type { SpanTable } from '../model/trace.ts';
import { at, byteAt, numberAt } from '../model/units.ts';
import type { Times } from '../trace/critical-path.ts';
import type { CellVisits } from './cell-visits.ts';
import type { Cells } from './cells.ts';
import type { Charges } from './charges.ts';
import { ensure } from './numbering.ts';
import { median, quantileBounds } from './statistics.ts';

/** Which traces are held against which; 1 a trace that takes part. */
export type Sides = { readonly suspect: Uint8Array; readonly reference: Uint8Array };

/** How a cell differs between the sides. Times in µs. */
export type CellShift = {
  readonly cell: number;
  /** Sorted times of the visits on either side. */
  readonly now: Float64Array;
  readonly before: Float64Array;
  /** 0…1: how surely and how far beyond its own past, in steps of threefold growth. */
  readonly deviation: number;
  /** Median felt time of a visit before; what `excess` counts from. */
  readonly usualFelt: number;
  /** Growth of the part of an edge before its callee began and after it ended; 0 for local work and what did not grow. */
  readonly ahead: number;
  readonly behind: number;
};

/** One threefold growth brings the deviation to 63 %. */
const SCALE = Math.log(3);
/** Differences below a millisecond are noise of clocks and timers. */
const GRAIN = 1_000;
const QUANTILES = [0.5, 0.75, 0.9] as const;

/** Compares every cell between the two sides; O(visits log visits). */
export function shiftsOf(
  table: SpanTable,
  times: Times,
  charges: Charges,
  cells: Cells,
  visits: CellVisits,
  sides: Sides,
): readonly CellShift[] {
  const ahead = (row: number) => numberAt(times.start, at(charges.callee, row)) - numberAt(times.start, row);
  const behind = (row: number) => numberAt(times.end, row) - numberAt(times.end, at(charges.callee, row));
  const answered = (row: number) => at(charges.callee, row) >= 0;
  const nowRows = rowsBySide(visits, sides.suspect, cells.count);
  const beforeRows = rowsBySide(visits, sides.reference, cells.count);
  const kin = kinOf(cells, beforeRows);
  const time = pooled(beforeRows, (rows) => sample(rows, cells.time));
  const felt = pooled(beforeRows, (rows) => sample(rows, cells.felt));
  const whole = pooled(beforeRows, (rows) =>
    measured(rows, (row) => numberAt(table.end, row) - numberAt(table.start, row)),
  );
  return nowRows.map((visited, cell) => {
    const known = beforeRows[cell] ?? NO_ROWS;
    const now = sample(visited, cells.time);
    const seen = known.length > 0;
    // Where the callee's spans are missing, its work is in the gap: such a call is compared with whole calls.
    const silenced = !seen && at(cells.to, cell) >= 0 && !visited.some(answered);
    const before = seen ? sample(known, cells.time) : (silenced ? whole : time)(kin(cell));
    const feltBefore = seen ? sample(known, cells.felt) : silenced ? before : felt(kin(cell));
    const deviated = deviation(now, before);
    const growth = (measure: (row: number) => number) =>
      deviated > 0
        ? growthOf(measured(visited.filter(answered), measure), measured(known.filter(answered), measure))
        : 0;
    return {
      cell,
      now,
      before,
      deviation: deviated,
      usualFelt: feltBefore.length === 0 ? 0 : median(feltBefore),
      ahead: growth(ahead),
      behind: growth(behind),
    };
  });
}

/**
 * How far a sample lies beyond another one: the largest growth among three quantiles, each taken from the pessimistic end
 * of its interval, so that four visits can speak but not shout.
 */
export function deviation(now: Float64Array, before: Float64Array): number {
  if (now.length === 0 || before.length === 0) return 0;
  let growth = 0;
  for (const q of QUANTILES) {
    const low = quantileBounds(now, q).low;
    const high = quantileBounds(before, q).high;
    growth = Math.max(growth, Math.log((low + GRAIN) / (high + GRAIN)));
  }
  if (now.length < 3 || before.length < 3) growth /= 2;
  return 1 - Math.exp(-growth / SCALE);
}

/** The same for one value against another, without any doubt about either, 0…1. */
export function growthBeyond(now: number, usual: number): number {
  return 1 - Math.exp(-Math.max(0, Math.log((now + GRAIN) / (usual + GRAIN))) / SCALE);
}

const NO_ROWS = new Int32Array(0);

/** By cell, its rows in the traces of one side. */
function rowsBySide({ from, rows, traces }: CellVisits, side: Uint8Array, cells: number): readonly Int32Array[] {
  return Array.from({ length: cells }, (_, cell) => {
    const begin = at(from, cell);
    const end = at(from, cell + 1);
    let count = 0;
    for (let index = begin; index < end; index++) count += byteAt(side, at(traces, index));
    if (count === 0) return NO_ROWS;
    if (count === end - begin) return rows.subarray(begin, end);
    const found = new Int32Array(count);
    let next = 0;
    for (let index = begin; index < end; index++) {
      if (byteAt(side, at(traces, index)) === 1) found[next++] = at(rows, index);
    }
    return found;
  });
}

/** The values of some rows, in ascending order. */
function sample(rows: Int32Array, column: Float64Array): Float64Array {
  const values = new Float64Array(rows.length);
  for (let index = 0; index < rows.length; index++) values[index] = numberAt(column, at(rows, index));
  return values.sort();
}

/** The same for what stands in no column. */
const measured = (rows: Int32Array, measure: (row: number) => number): Float64Array =>
  Float64Array.from(rows, measure).sort();

const NO_KIN: readonly number[] = [];

/**
 * Where a kind of call or work was never seen before, its nearest kin stands in: same parties, then, for a call, any call of
 * the same caller.
 */
function kinOf(cells: Cells, rowsBefore: readonly Int32Array[]): (cell: number) => readonly number[] {
  const groups = new Map<string, number[]>();
  rowsBefore.forEach((known, cell) => {
    if (known.length === 0) return;
    const from = at(cells.from, cell);
    const to = at(cells.to, cell);
    ensure(groups, `${from} ${to}`, () => []).push(cell);
    if (to >= 0) ensure(groups, `${from} any`, () => []).push(cell);
  });
  return (cell) => {
    const from = at(cells.from, cell);
    const to = at(cells.to, cell);
    const near = groups.get(`${from} ${to}`);
    return near ?? (to < 0 ? undefined : groups.get(`${from} any`)) ?? NO_KIN;
  };
}

/** One sample of all kin together, which is made once, when it is first asked for. */
function pooled(
  rowsBefore: readonly Int32Array[],
  of: (rows: Int32Array) => Float64Array,
): (kin: readonly number[]) => Float64Array {
  const pools = new Map<readonly number[], Float64Array>();
  return (kin) => ensure(pools, kin, () => merged(kin.map((cell) => of(rowsBefore[cell] ?? NO_ROWS))));
}

function growthOf(now: Float64Array, before: Float64Array): number {
  return now.length === 0 || before.length === 0 ? 0 : Math.max(0, median(now) - median(before));
}

function merged(samples: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(samples.reduce((sum, values) => sum + values.length, 0));
  let offset = 0;
  for (const values of samples) {
    all.set(values, offset);
    offset += values.length;
  }
  return all.sort();
}
