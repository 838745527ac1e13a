import type { SpanTable } from '../model/trace.ts';
import { at } from '../model/units.ts';
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
  /** Growth of the part of an edge before its callee began and after it ended; 0 for local work. */
  readonly ahead: number;
  readonly behind: number;
};

/** One threefold growth brings the deviation to 63 %. */
const SCALE = Math.log(3);
/** Differences below a millisecond are noise of clocks and timers. */
const GRAIN = 1_000;
const QUANTILES = [0.5, 0.75, 0.9] as const;

/** Compares every cell between the two sides. */
export function shiftsOf(table: SpanTable, charges: Charges, cells: Cells, sides: Sides): readonly CellShift[] {
  const time = splitByCell(table, cells, sides, (row) => at(cells.time, row));
  const felt = splitByCell(table, cells, sides, (row) => at(cells.felt, row));
  const reached = (row: number, take: (callee: number) => number) => {
    const callee = at(charges.callee, row);
    return callee < 0 ? Number.NaN : take(callee);
  };
  const ahead = splitByCell(table, cells, sides, (row) =>
    reached(row, (callee) => at(table.start, callee) - at(table.start, row)),
  );
  const behind = splitByCell(table, cells, sides, (row) =>
    reached(row, (callee) => at(table.end, row) - at(table.end, callee)),
  );
  const whole = splitByCell(table, cells, sides, (row) => at(table.end, row) - at(table.start, row));
  const kinTime = kinSamples(cells, time);
  const kinFelt = kinSamples(cells, felt);
  const kinWhole = kinSamples(cells, whole);
  return Array.from({ length: cells.count }, (_, cell) => {
    const now = time.now(cell);
    const seen = time.before(cell);
    // Where the callee's spans are missing, its work is in the gap: such a call is compared with whole calls.
    const silenced = seen.length === 0 && at(cells.to, cell) >= 0 && ahead.now(cell).length === 0;
    const before = seen.length > 0 ? seen : (silenced ? kinWhole : kinTime)(cell);
    const feltBefore = seen.length > 0 ? felt.before(cell) : silenced ? before : kinFelt(cell);
    return {
      cell,
      now,
      before,
      deviation: deviation(now, before),
      usualFelt: feltBefore.length === 0 ? 0 : median(feltBefore),
      ahead: growth(ahead.now(cell), ahead.before(cell)),
      behind: growth(behind.now(cell), behind.before(cell)),
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

/**
 * Where a kind of call or work was never seen before, its nearest kin stands in: same parties, then, for a call, any call of
 * the same caller. Each pool is made once, when it is first asked for.
 */
function kinSamples(cells: Cells, split: Split): (cell: number) => Float64Array {
  const groups = new Map<string, number[]>();
  for (let cell = 0; cell < cells.count; cell++) {
    if (split.before(cell).length === 0) continue;
    const from = at(cells.from, cell);
    const to = at(cells.to, cell);
    ensure(groups, `${from} ${to}`, () => []).push(cell);
    if (to >= 0) ensure(groups, `${from} any`, () => []).push(cell);
  }
  const pools = new Map<string, Float64Array>();
  return (cell) => {
    const from = at(cells.from, cell);
    const to = at(cells.to, cell);
    const near = `${from} ${to}`;
    const key = groups.has(near) || to < 0 ? near : `${from} any`;
    return ensure(pools, key, () => merged((groups.get(key) ?? []).map((kin) => split.before(kin))));
  };
}

function growth(now: Float64Array, before: Float64Array): number {
  return now.length === 0 || before.length === 0 ? 0 : Math.max(0, median(now) - median(before));
}

function merged(samples: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(samples.reduce((sum, sample) => sum + sample.length, 0));
  let offset = 0;
  for (const sample of samples) {
    all.set(sample, offset);
    offset += sample.length;
  }
  return all.sort();
}

type Split = { now(cell: number): Float64Array; before(cell: number): Float64Array };

/** One value a visit, gathered by cell and side in two passes (count, fill), then sorted in place. NaN leaves a visit out. */
function splitByCell(table: SpanTable, cells: Cells, sides: Sides, value: (row: number) => number): Split {
  const slots = cells.count * 2;
  const from = new Int32Array(slots + 1);
  const each = (visit: (slot: number, value: number) => void) => {
    for (let trace = 0; trace < table.traces; trace++) {
      const now = sides.suspect[trace] === 1;
      const then = sides.reference[trace] === 1;
      if (!now && !then) continue;
      for (let row = at(table.first, trace); row < at(table.first, trace + 1); row++) {
        const cell = at(cells.of, row);
        if (cell < 0) continue;
        const measured = value(row);
        if (Number.isNaN(measured)) continue;
        if (now) visit(2 * cell, measured);
        if (then) visit(2 * cell + 1, measured);
      }
    }
  };
  each((slot) => {
    from[slot + 1] = at(from, slot + 1) + 1;
  });
  for (let slot = 0; slot < slots; slot++) from[slot + 1] = at(from, slot + 1) + at(from, slot);
  const next = from.slice();
  const values = new Float64Array(at(from, slots));
  each((slot, measured) => {
    values[at(next, slot)] = measured;
    next[slot] = at(next, slot) + 1;
  });
  for (let slot = 0; slot < slots; slot++) values.subarray(at(from, slot), at(from, slot + 1)).sort();
  const sample = (slot: number) => values.subarray(at(from, slot), at(from, slot + 1));
  return { now: (cell) => sample(2 * cell), before: (cell) => sample(2 * cell + 1) };
}
