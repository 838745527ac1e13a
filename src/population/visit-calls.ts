import type { SpanTable } from '../model/trace.ts';
import { at, byteAt } from '../model/units.ts';
import { type Charges, Place } from './charges.ts';

/** The outbound rows of each visit, in row order: those of the visit with entry row e are `rows[from[e]] … rows[from[e + 1] − 1]`. */
export type VisitCalls = { readonly from: Int32Array; readonly rows: Int32Array };

/** Sorts the calls of all traces by their visits, by counting; O(spans). */
export function visitCalls(table: SpanTable, charges: Charges): VisitCalls {
  const from = new Int32Array(table.size + 1);
  for (let row = 0; row < table.size; row++) {
    if (byteAt(charges.place, row) !== Place.outbound) continue;
    const after = at(charges.visit, row) + 1;
    from[after] = at(from, after) + 1;
  }
  for (let row = 0; row < table.size; row++) from[row + 1] = at(from, row + 1) + at(from, row);
  const rows = new Int32Array(at(from, table.size));
  const next = from.slice();
  for (let row = 0; row < table.size; row++) {
    if (byteAt(charges.place, row) !== Place.outbound) continue;
    const entry = at(charges.visit, row);
    const index = at(next, entry);
    rows[index] = row;
    next[entry] = index + 1;
  }
  return { from, rows };
}
