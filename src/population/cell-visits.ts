import type { SpanTable } from '../model/trace.ts';
import { at } from '../model/units.ts';
import type { Cells } from './cells.ts';

/**
 * The rows of each cell, in row order, and the trace of each: those of cell c are `rows[from[c]] … rows[from[c + 1] − 1]`.
 */
export type CellVisits = { readonly from: Int32Array; readonly rows: Int32Array; readonly traces: Int32Array };

/** Sorts the visits of all traces by cell, by counting; O(spans). */
export function cellVisits(table: SpanTable, cells: Cells): CellVisits {
  const from = new Int32Array(cells.count + 1);
  for (const cell of cells.of) if (cell >= 0) from[cell + 1] = at(from, cell + 1) + 1;
  for (let cell = 0; cell < cells.count; cell++) from[cell + 1] = at(from, cell + 1) + at(from, cell);
  const rows = new Int32Array(at(from, cells.count));
  const traces = new Int32Array(rows.length);
  const next = from.slice();
  for (let trace = 0; trace < table.traces; trace++) {
    const end = at(table.first, trace + 1);
    for (let row = at(table.first, trace); row < end; row++) {
      const cell = at(cells.of, row);
      if (cell < 0) continue;
      const index = at(next, cell);
      rows[index] = row;
      traces[index] = trace;
      next[cell] = index + 1;
    }
  }
  return { from, rows, traces };
}
