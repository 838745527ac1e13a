import { at, numberAt } from '../model/units.ts';
import type { Cells } from './cells.ts';
import type { CellShift } from './latency.ts';
import type { Parties } from './parties.ts';

type Moved = Pick<CellShift, 'cell' | 'deviation' | 'ahead' | 'behind'>;

/** By how much the other side must be ahead before the gap leaves the callee. */
const LEAD = 0.02;
/** What a delay before the callee began, or after it ended, adds to the suspicion of either side. */
const SIDE_PRIOR = 1.25;
const MOSTLY = 0.67;

/**
 * Who is at fault for each cell. Local work is its service's own. The gap of a call is the caller's or the callee's by the
 * star rule: a starved caller moves all its outgoing gaps, a faulty callee all its incoming ones.
 *
 * ```
 *        ┌─▶ b  moved            a ─▶┐  moved
 *    a ──┼─▶ c  moved   a's      b ─▶┼ d           d's
 *        └─▶ d  moved            c ─▶┘  moved
 * ```
 *
 * Own work that moved too counts against its service; a delay before the callee began speaks for the caller, one after it
 * ended for the callee. Both are growth against the baseline, so a constant clock offset cancels. One owner a shift, in
 * the order of the shifts.
 */
export function ownersOf(cells: Cells, shifts: readonly Moved[], parties: Parties): Int32Array {
  const local = new Float64Array(parties.names.length);
  const edges = new Map<number, number>();
  for (const { cell, deviation } of shifts) {
    const from = at(cells.from, cell);
    const to = at(cells.to, cell);
    if (to < 0) local[from] = Math.max(numberAt(local, from), deviation);
    else edges.set(pair(from, to), Math.max(edges.get(pair(from, to)) ?? 0, deviation));
  }
  const outgoing = new Float64Array(parties.names.length);
  const incoming = new Float64Array(parties.names.length);
  const callees = new Int32Array(parties.names.length);
  const callers = new Int32Array(parties.names.length);
  for (const [key, moved] of edges) {
    const [from, to] = ends(key);
    outgoing[from] = numberAt(outgoing, from) + moved;
    incoming[to] = numberAt(incoming, to) + moved;
    callees[from] = at(callees, from) + 1;
    callers[to] = at(callers, to) + 1;
  }
  const suspicion = (sum: Float64Array, n: Int32Array, party: number) => {
    const star = (numberAt(sum, party) + 0.5) / (at(n, party) + 1);
    return 1 - (1 - star) * (1 - numberAt(local, party) / 2);
  };
  return Int32Array.from(shifts, ({ cell, ahead, behind }) => {
    const from = at(cells.from, cell);
    const to = at(cells.to, cell);
    if (to < 0) return from;
    let caller = suspicion(outgoing, callees, from);
    let callee = suspicion(incoming, callers, to);
    if (ahead > MOSTLY * (ahead + behind)) caller *= SIDE_PRIOR;
    else callee *= SIDE_PRIOR;
    return caller > callee + LEAD ? from : to;
  });
}

const WIDTH = 2 ** 20;
const pair = (from: number, to: number): number => from * WIDTH + to;
const ends = (key: number): readonly [number, number] => [Math.floor(key / WIDTH), key % WIDTH];
