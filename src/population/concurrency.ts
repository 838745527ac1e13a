import type { SpanTable } from '../model/trace.ts';
import { at, numberAt } from '../model/units.ts';
import type { Cells } from './cells.ts';
import { ensure } from './numbering.ts';
import type { VisitCalls } from './visit-calls.ts';

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
  cells: Cells,
  { from, rows }: VisitCalls,
  traces: Uint8Array,
): ReadonlyMap<number, readonly Overlap[]> {
  const found = new Map<number, Overlap[]>();
  for (let trace = 0; trace < table.traces; trace++) {
    if (traces[trace] !== 1) continue;
    for (let entry = at(table.first, trace); entry < at(table.first, trace + 1); entry++) {
      const begin = at(from, entry);
      const end = at(from, entry + 1);
      if (end - begin < 2) continue;
      ensure(found, at(cells.of, entry), () => []).push(overlapOf(table, entry, rows.subarray(begin, end)));
    }
  }
  return found;
}

function overlapOf(table: SpanTable, row: number, calls: Int32Array): Overlap {
  let total = 0;
  let longest = 0;
  let covered = 0;
  let reached = Number.NEGATIVE_INFINITY;
  for (const call of byStart(table, calls)) {
    const [start, end] = [numberAt(table.start, call), numberAt(table.end, call)];
    total += end - start;
    longest = Math.max(longest, end - start);
    covered += Math.max(0, end - Math.max(start, reached));
    reached = Math.max(reached, end);
  }
  const parallel = total > longest ? (total - covered) / (total - longest) : 0;
  return { row, calls: calls.length, total, covered, parallel };
}

/** Calls stand by their rows; siblings among them are in order of their starts already, and nothing is left to sort. */
function byStart(table: SpanTable, calls: Int32Array): Int32Array {
  for (let index = 1; index < calls.length; index++) {
    if (numberAt(table.start, at(calls, index)) < numberAt(table.start, at(calls, index - 1)))
      return calls.toSorted((a, b) => numberAt(table.start, a) - numberAt(table.start, b));
  }
  return calls;
}
