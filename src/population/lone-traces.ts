import type { SpanTable } from '../model/trace.ts';
import { at, numberAt } from '../model/units.ts';
import type { Times } from '../trace/critical-path.ts';
import { type Cells, isEdge } from './cells.ts';
import type { Charges } from './charges.ts';
import { growthBeyond } from './latency.ts';
import { ensure } from './numbering.ts';
import { ownersOf } from './ownership.ts';
import { median, quantile, sorted } from './statistics.ts';

/**
 * Whom the requests of `chosen` (1 a trace) waited for, when there is nothing healthy to hold them against: by party, the
 * mean share of the waiting, 0…1. What is usual for one call is then what is usual for any call of the system, and only
 * what lies beyond it counts, so that a chain of quick hops accuses nobody:
 *
 * ```
 *   entry  ├──────────────────────────────────┤
 *     call a  ├┤  call b ├─────────────────┤   call c ├┤      b's own work, or the gap in front of it, is the waiting
 * ```
 *
 * Gaps are charged by the star rule inside each trace: with two faults at once, other traces would speak for the other one.
 * Accuracy study, sections 1b and 2 ("trace mode without baseline").
 */
export function waitingShares(
  table: SpanTable,
  times: Times,
  charges: Charges,
  cells: Cells,
  chosen: Uint8Array,
): Float64Array {
  const typical = typicalGap(table, cells);
  const shares = new Float64Array(charges.parties.names.length);
  let traces = 0;
  for (let trace = 0; trace < table.traces; trace++) {
    if (chosen[trace] !== 1) continue;
    traces++;
    const waits = waitsOf(table, times, charges, cells, trace, typical);
    const waited = waits.reduce((sum, { felt }) => sum + felt, 0);
    for (const { party, beyond } of waits)
      shares[party] = numberAt(shares, party) + (waited === 0 ? 0 : beyond / waited);
  }
  return traces === 0 ? shares : shares.map((share) => share / traces);
}

/**
 * Lower quartile of the median gaps, µs: most calls of most systems are healthy, even in an incident. Fewer than four kinds
 * of calls have no quartile, and then nothing is known to be usual.
 */
export function typicalGap(table: SpanTable, cells: Cells): number {
  const gaps = new Map<number, number[]>();
  for (let row = 0; row < table.size; row++) {
    const cell = at(cells.of, row);
    if (cell >= 0 && isEdge(cells, cell)) ensure(gaps, cell, () => []).push(numberAt(cells.time, row));
  }
  return gaps.size < 4 ? 0 : quantile(sorted([...gaps.values()].map((sample) => median(sorted(sample)))), 0.25);
}

/** Where one request waited. */
export type Wait = {
  /** Row whose time it is: an entry, or a call out of a service. */
  readonly row: number;
  /** Who is charged with it. */
  readonly party: number;
  /** µs of the request's length that went by there, and how much of it lies beyond what is typical of a call. */
  readonly felt: number;
  readonly beyond: number;
};

type Visited = { readonly cell: number; deviation: number; readonly ahead: number[]; readonly behind: number[] };

/** Everything one trace waited for, in the order of its rows; `typical` is what any call takes, µs. */
export function waitsOf(
  table: SpanTable,
  times: Times,
  charges: Charges,
  cells: Cells,
  trace: number,
  typical: number,
): readonly Wait[] {
  const visited = new Map<number, Visited>();
  for (let row = at(table.first, trace); row < at(table.first, trace + 1); row++) {
    const cell = at(cells.of, row);
    if (cell < 0) continue;
    const entry = ensure(visited, cell, () => ({ cell, deviation: 0, ahead: [], behind: [] }));
    entry.deviation = Math.max(entry.deviation, growthBeyond(numberAt(cells.time, row), typical));
    const callee = at(charges.callee, row);
    if (callee < 0) continue;
    entry.ahead.push(numberAt(times.start, callee) - numberAt(times.start, row));
    entry.behind.push(numberAt(times.end, row) - numberAt(times.end, callee));
  }
  const shifts = [...visited.values()].map(({ cell, deviation, ahead, behind }) => ({
    cell,
    deviation,
    ahead: middle(ahead),
    behind: middle(behind),
  }));
  const owners = ownersOf(cells, shifts, charges.parties);
  const ownerOf = new Map(shifts.map(({ cell }, index) => [cell, at(owners, index)]));
  const waits: Wait[] = [];
  for (let row = at(table.first, trace); row < at(table.first, trace + 1); row++) {
    const party = ownerOf.get(at(cells.of, row));
    if (party === undefined) continue;
    const felt = numberAt(cells.felt, row);
    waits.push({ row, party, felt, beyond: growthBeyond(numberAt(cells.time, row), typical) * felt });
  }
  return waits;
}

const middle = (sample: readonly number[]): number => (sample.length === 0 ? 0 : Math.max(0, median(sorted(sample))));
