import type { SpanTable } from '../model/trace.ts';
import { at } from '../model/units.ts';
import { ordinalOf } from '../trace/build.ts';
import { type Charges, Place } from './charges.ts';
import { ensure } from './numbering.ts';

/** A time in which one process did nothing for any of its requests. Times in µs since the table's epoch. */
export type Stillness = {
  /** Any row of the process, to name it by. */
  readonly row: number;
  readonly party: number;
  readonly from: number;
  readonly to: number;
  /** Traces that were at work in the process all the while, ascending. */
  readonly traces: readonly number[];
  /** Entry rows of their visits. */
  readonly visits: readonly number[];
};

/** Fewest requests at work in the process: one that is silent computes, three at once were stopped. */
const FEWEST = 3;
/** Requests that were stopped together go on together: this part of them shows a sign of life soon after. */
const TOGETHER = 0.6;
const SOON = 5_000;
/** Shorter than this is nothing, µs. */
const LEAST = 10_000;

type Moment = { readonly time: number; readonly visit: number; readonly opens: number; readonly calls: number };

/**
 * Times in which a process had at least three requests that waited for nobody else, and in which none of its spans began or
 * ended, and which all went on at once afterwards: what a garbage collection or a throttled container looks like from outside.
 *
 * ```
 *   request 1   ├──work────│        │──work──┤
 *   request 2      ├──call─┤work    │─work──┤
 *   request 3        ├─work│        │──────work───┤
 *                           ←pause→
 * ```
 */
export function stillnesses(table: SpanTable, charges: Charges, traces: Uint8Array): readonly Stillness[] {
  const processes = new Map<number, Moment[]>();
  const rowOf = new Map<number, number>();
  for (let trace = 0; trace < table.traces; trace++) {
    if (traces[trace] !== 1) continue;
    for (let row = at(table.first, trace); row < at(table.first, trace + 1); row++) {
      const process = at(table.resourceOf, row);
      const visit = at(charges.visit, row);
      if (at(table.resourceOf, visit) !== process) continue;
      const opens = visit === row ? 1 : 0;
      const calls = charges.place[row] === Place.outbound ? 1 : 0;
      const moments = ensure(processes, process, () => []);
      moments.push({ time: at(table.start, row), visit, opens, calls });
      moments.push({ time: at(table.end, row), visit, opens: -opens, calls: -calls });
      if (!rowOf.has(process)) rowOf.set(process, row);
    }
  }
  return [...processes]
    .sort(([a], [b]) => a - b)
    .flatMap(([process, moments]) => sweep(table, charges, rowOf.get(process) ?? 0, moments));
}

/** Walks through the moments of one process and keeps who is at work: in a visit, and in none of its calls. */
function sweep(table: SpanTable, charges: Charges, row: number, moments: readonly Moment[]): readonly Stillness[] {
  const found: Stillness[] = [];
  const open = new Set<number>();
  const calling = new Map<number, number>();
  const working = new Set<number>();
  const ordered = moments.toSorted((a, b) => a.time - b.time || a.visit - b.visit);
  ordered.forEach(({ time, visit, opens, calls }, index) => {
    const from = ordered[index - 1]?.time ?? time;
    if (time - from >= LEAST && working.size >= FEWEST && goOnTogether(ordered, index, working)) {
      const visits = [...working].sort((a, b) => a - b);
      const traces = [...new Set(visits.map((entry) => ordinalOf(table, entry)))];
      if (traces.length >= FEWEST) found.push({ row, party: at(charges.party, row), from, to: time, traces, visits });
    }
    if (opens > 0) open.add(visit);
    if (opens < 0) open.delete(visit);
    if (calls !== 0) calling.set(visit, (calling.get(visit) ?? 0) + calls);
    if (open.has(visit) && (calling.get(visit) ?? 0) <= 0) working.add(visit);
    else working.delete(visit);
  });
  return found;
}

/** Requests that merely take long go on one by one. */
function goOnTogether(moments: readonly Moment[], from: number, working: ReadonlySet<number>): boolean {
  const begin = moments[from]?.time ?? 0;
  const alive = new Set<number>();
  for (let index = from; index < moments.length; index++) {
    const moment = moments[index];
    if (moment === undefined || moment.time > begin + SOON) break;
    if (working.has(moment.visit)) alive.add(moment.visit);
  }
  return alive.size >= TOGETHER * working.size;
}
