import type { SpanTable } from '../model/trace.ts';
import { at } from '../model/units.ts';
import type { Cells } from './cells.ts';
import { type Charges, Place } from './charges.ts';
import { ensure } from './numbering.ts';

/** How far the calls of one visit ran side by side. */
export type Overlap = {
  /** Entry row of the visit. */
  readonly row: number;
  readonly calls: number;
  /** Lengths of the calls together, and the time that they covered, µs. */
  readonly total: number;
  readonly covered: number;
  /** 1: the longest call hid all others · 0: one after the other. What a call's own slowness does not change. */
  readonly parallel: number;
};

/**
 * The overlap of calls in every visit with two or more, by the cell of the visit; `traces` has 1 for each that is looked at.
 *
 * ```
 *   ├── call ──────┤              ├── call ──────┤
 *   ├─ call ──┤                                  ├─ call ──┤
 *   ←─ covered ────→   parallel 1   ←── covered ─────────────→   parallel 0
 * ```
 */
export function overlaps(
  table: SpanTable,
  charges: Charges,
  cells: Cells,
  traces: Uint8Array,
): ReadonlyMap<number, readonly Overlap[]> {
  const found = new Map<number, Overlap[]>();
  for (let trace = 0; trace < table.traces; trace++) {
    if (traces[trace] !== 1) continue;
    const visits = new Map<number, number[]>();
    for (let row = at(table.first, trace); row < at(table.first, trace + 1); row++) {
      if (at(charges.place, row) === Place.outbound) ensure(visits, at(charges.visit, row), () => []).push(row);
    }
    for (const [entry, calls] of visits) {
      if (calls.length < 2) continue;
      ensure(found, at(cells.of, entry), () => []).push(overlapOf(table, entry, calls));
    }
  }
  return found;
}

function overlapOf(table: SpanTable, row: number, calls: readonly number[]): Overlap {
  const ordered = calls.toSorted((a, b) => at(table.start, a) - at(table.start, b));
  let total = 0;
  let longest = 0;
  let covered = 0;
  let reached = Number.NEGATIVE_INFINITY;
  for (const call of ordered) {
    const [start, end] = [at(table.start, call), at(table.end, call)];
    total += end - start;
    longest = Math.max(longest, end - start);
    covered += Math.max(0, end - Math.max(start, reached));
    reached = Math.max(reached, end);
  }
  const parallel = total > longest ? (total - covered) / (total - longest) : 0;
  return { row, calls: calls.length, total, covered, parallel };
}
