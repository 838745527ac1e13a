import { at } from '../model/units.ts';
import type { Cells } from './cells.ts';

/** The rows of each cell, in row order: those of cell c are `rows[from[c]] … rows[from[c + 1] − 1]`. */
export type CellVisits = { readonly from: Int32Array; readonly rows: Int32Array };

/** Sorts the visits of all traces by cell, by counting; O(spans). */
export function cellVisits(cells: Cells): CellVisits {
  const from = new Int32Array(cells.count + 1);
  for (const cell of cells.of) if (cell >= 0) from[cell + 1] = at(from, cell + 1) + 1;
  for (let cell = 0; cell < cells.count; cell++) from[cell + 1] = at(from, cell + 1) + at(from, cell);
  const rows = new Int32Array(at(from, cells.count));
  const next = from.slice();
  cells.of.forEach((cell, row) => {
    if (cell < 0) return;
    rows[at(next, cell)] = row;
    next[cell] = at(next, cell) + 1;
  });
  return { from, rows };
}
