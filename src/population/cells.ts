import type { SpanTable } from '../model/trace.ts';
import { at, byteAt, numberAt } from '../model/units.ts';
import { PairNumbers } from '../trace/pair-numbers.ts';
import { type Charges, Place } from './charges.ts';

/**
 * A cell is a place where time can go, the same in every trace: a service's own work behind one entry operation, or the gap
 * of one kind of call (caller's operation → callee's operation). Whatever is compared between suspects and baseline is
 * compared cell by cell.
 */
export type Cells = {
  readonly count: number;
  /** Cell of an entry or outbound row, −1 for every other row. */
  readonly of: Int32Array;
  /** Party whose spans measure the cell. */
  readonly from: Int32Array;
  /** Other party of an edge; −1 for local work. */
  readonly to: Int32Array;
  /** Dictionary id of the operation: the entry's, or the outbound span's. */
  readonly operation: Int32Array;
  /** By host row, µs: own time of the row and of everything charged to it. */
  readonly time: Float64Array;
  /** By host row, µs: the part of it that the requester waited for. */
  readonly felt: Float64Array;
};

export const isEdge = (cells: Cells, cell: number): boolean => at(cells.to, cell) >= 0;

/** Own time and critical-path time of every row, µs. */
export type OwnTimes = { readonly self: Float64Array; readonly felt: Float64Array };

/** Numbers the cells in order of first appearance and sums what is charged to each visit of one; O(spans). */
export function gatherCells(table: SpanTable, charges: Charges, own: OwnTimes): Cells {
  const { place, host, callee, peer, party } = charges;
  const ends = new PairNumbers();
  const keys = new PairNumbers();
  const from: number[] = [];
  const to: number[] = [];
  const operation: number[] = [];
  const of = new Int32Array(table.size).fill(-1);
  const time = new Float64Array(table.size);
  const felt = new Float64Array(table.size);

  for (let row = 0; row < table.size; row++) {
    const charged = at(host, row);
    time[charged] = numberAt(time, charged) + numberAt(own.self, row);
    felt[charged] = numberAt(felt, charged) + numberAt(own.felt, row);
    if (charged !== row) continue;
    // An outbound span that does not say whom it called is work of its own service like any other.
    const edge = byteAt(place, row) === Place.outbound && at(peer, row) >= 0;
    const reached = edge ? at(callee, row) : -1;
    const here = ends.number(at(party, row), at(table.operation, row));
    const there = edge ? ends.number(at(peer, row), reached < 0 ? SILENT : at(table.operation, reached)) : LOCAL;
    const cell = keys.number(here, there);
    of[row] = cell;
    if (from[cell] === undefined) {
      from[cell] = at(party, row);
      to[cell] = edge ? at(peer, row) : -1;
      operation[cell] = at(table.operation, row);
    }
  }
  return {
    count: from.length,
    of,
    from: Int32Array.from(from),
    to: Int32Array.from(to),
    operation: Int32Array.from(operation),
    time,
    felt,
  };
}

/** Stand for an operation of the other side, and for another side, where there is none. */
const SILENT = 2 ** 25;
const LOCAL = 2 ** 25 + 1;
