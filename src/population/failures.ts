import { Flag, type SpanTable } from '../model/trace.ts';
import { at, byteAt } from '../model/units.ts';
import type { Cells } from './cells.ts';
import type { Charges } from './charges.ts';
import type { Sides } from './latency.ts';
import { certainRise, LOOSE_Z, wilson } from './statistics.ts';

/** Where failures begin: of the visits or calls of one cell, how many were the first to fail. */
export type FailureRise = {
  readonly cell: number;
  /** Party at fault. */
  readonly party: number;
  readonly now: { readonly with: number; readonly of: number };
  readonly before: { readonly with: number; readonly of: number };
  /** How surely the rate rose, 0…1. */
  readonly weight: number;
  /** Origin rows in suspects, in order. */
  readonly rows: readonly number[];
  /** Share of those rows whose request failed as a whole. */
  readonly fatal: number;
};

/** A failure that no request felt says less about what woke us. */
const UNFELT = 0.5;
/** What is assumed of a call that the reference never made: that it may fail every other time. */
const UNKNOWN = 0.5;

/**
 * Counts error origins by cell on both sides. `origin` holds 1 for each row that failed by itself; `faulty` the party
 * that an origin is charged to.
 */
export function failureRises(
  table: SpanTable,
  charges: Charges,
  cells: Cells,
  sides: Sides,
  origins: { readonly origin: Uint8Array; readonly faulty: Int32Array },
  failed: Uint8Array,
): readonly FailureRise[] {
  const visits = { now: new Int32Array(cells.count), before: new Int32Array(cells.count) };
  const counted = new Map<
    string,
    { cell: number; party: number; now: number; before: number; rows: number[]; fatal: number }
  >();
  for (let trace = 0; trace < table.traces; trace++) {
    const now = sides.suspect[trace] === 1;
    if (!now && sides.reference[trace] !== 1) continue;
    const side = now ? 'now' : 'before';
    for (let row = at(table.first, trace); row < at(table.first, trace + 1); row++) {
      const own = at(cells.of, row);
      if (own >= 0) visits[side][own] = at(visits[side], own) + 1;
      if (origins.origin[row] !== 1) continue;
      const cell = at(cells.of, at(charges.host, row));
      const party = at(origins.faulty, row);
      const key = `${cell} ${party}`;
      const entry = counted.get(key) ?? { cell, party, now: 0, before: 0, rows: [], fatal: 0 };
      counted.set(key, entry);
      entry[side]++;
      if (!now) continue;
      entry.rows.push(row);
      if (failed[trace] === 1) entry.fatal++;
    }
  }
  return [...counted.values()]
    .map(({ cell, party, now, before, rows, fatal }) => {
      const seen = { with: Math.min(now, at(visits.now, cell)), of: at(visits.now, cell) };
      // A call whose callee fell silent is a cell of its own; the same call with an answer is what it was before.
      const calls = at(visits.before, cell) > 0 ? at(visits.before, cell) : kinVisits(cells, visits.before, cell);
      const known = { with: Math.min(before, calls), of: calls };
      const rise =
        known.of === 0
          ? Math.max(0, wilson(seen.with, seen.of, LOOSE_Z).low - UNKNOWN)
          : certainRise(seen, known, LOOSE_Z);
      const felt = now === 0 ? 0 : fatal / now;
      return {
        cell,
        party,
        // One call may fail several times, as when it opens connections, but it is one call.
        now: seen,
        before: known,
        weight: rise * (UNFELT + (1 - UNFELT) * felt),
        rows,
        fatal: felt,
      };
    })
    .filter((rise) => rise.now.with > 0)
    .sort((a, b) => b.weight - a.weight || a.cell - b.cell || a.party - b.party);
}

export const hasFailed = (table: SpanTable, row: number): boolean => (byteAt(table.flags, row) & Flag.error) !== 0;

/** Visits of the other cells between the same two parties. */
function kinVisits(cells: Cells, visits: Int32Array, cell: number): number {
  if (at(cells.to, cell) < 0) return 0;
  let total = 0;
  for (let other = 0; other < cells.count; other++) {
    if (cells.from[other] === cells.from[cell] && cells.to[other] === cells.to[cell]) total += at(visits, other);
  }
  return total;
}
