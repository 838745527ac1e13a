import type { SpanTable } from '../model/trace.ts';
import { at, byteAt, numberAt } from '../model/units.ts';
import { ordinalOf } from '../trace/build.ts';
import { type Charges, Place } from './charges.ts';

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
/** How a moment changes who is there: a visit opens or closes, or a request for it is on its way. */
const ARRIVES = 2;
/** Requests that were stopped together go on together: this part of them shows a sign of life soon after. */
const TOGETHER = 0.6;
const SOON = 5_000;
/** Shorter than this is nothing, µs. */
const LEAST = 10_000;

/** The moments of one process as columns: when, whose visit, and what begins (1) or ends (−1) there. */
type Moments = {
  /** Any row of the process. */
  readonly row: number;
  readonly time: number[];
  readonly visit: number[];
  readonly opens: number[];
  readonly calls: number[];
};

/**
 * Times in which a process had at least `fewest` requests that waited for nobody else, and in which none of its spans began
 * or ended, and which all went on at once afterwards: what a garbage collection or a throttled container looks like from
 * outside. A request counts from the moment it was sent, since a process that stands still does not even take it up.
 *
 * ```
 *   request 1   ├──work────│        │──work──┤
 *   request 2      ├──call─┤work    │─work──┤
 *   request 3        ├─work│        │──────work───┤
 *   request 4              │  sent  │──work──┤
 *                           ←pause→
 * ```
 */
export function stillnesses(
  table: SpanTable,
  charges: Charges,
  traces: Uint8Array,
  fewest: number = FEWEST,
): readonly Stillness[] {
  const processes: (Moments | undefined)[] = [];
  for (let trace = 0; trace < table.traces; trace++) {
    if (traces[trace] !== 1) continue;
    for (let row = at(table.first, trace); row < at(table.first, trace + 1); row++) {
      const callee = byteAt(charges.place, row) === Place.outbound ? at(charges.callee, row) : -1;
      if (callee >= 0 && numberAt(table.start, callee) > numberAt(table.start, row)) {
        const there = at(table.resourceOf, callee);
        const theirs = processes[there] ?? { row: callee, time: [], visit: [], opens: [], calls: [] };
        processes[there] = theirs;
        theirs.time.push(numberAt(table.start, row));
        theirs.visit.push(callee);
        theirs.opens.push(ARRIVES);
        theirs.calls.push(0);
      }
      const process = at(table.resourceOf, row);
      const visit = at(charges.visit, row);
      if (at(table.resourceOf, visit) !== process) continue;
      const opens = visit === row ? 1 : 0;
      const calls = byteAt(charges.place, row) === Place.outbound ? 1 : 0;
      const moments = processes[process] ?? { row, time: [], visit: [], opens: [], calls: [] };
      processes[process] = moments;
      moments.time.push(numberAt(table.start, row), numberAt(table.end, row));
      moments.visit.push(visit, visit);
      moments.opens.push(opens, -opens);
      moments.calls.push(calls, -calls);
    }
  }
  return processes.flatMap((moments) => (moments === undefined ? [] : sweep(table, charges, moments, fewest)));
}

/** Walks through the moments of one process and keeps who is at work: in a visit, and in none of its calls. */
function sweep(table: SpanTable, charges: Charges, moments: Moments, fewest: number): readonly Stillness[] {
  const found: Stillness[] = [];
  const open = new Set<number>();
  const calling = new Map<number, number>();
  /** Visits at work, and since when. */
  const working = new Map<number, number>();
  const order = inOrder(moments);
  const timeAt = (index: number) => moments.time[order[index] ?? -1] ?? 0;
  const visitAt = (index: number) => moments.visit[order[index] ?? -1] ?? 0;
  let from = timeAt(0);
  order.forEach((moment, index) => {
    const time = moments.time[moment] ?? 0;
    const visit = moments.visit[moment] ?? 0;
    const opens = moments.opens[moment] ?? 0;
    const calls = moments.calls[moment] ?? 0;
    if (opens === ARRIVES) {
      if (!working.has(visit)) working.set(visit, time);
      return;
    }
    if (time - from >= LEAST && working.size >= fewest && goOnTogether(order.length, timeAt, visitAt, index, working)) {
      const visits = [...working.keys()].sort((a, b) => a - b);
      const traces = [...new Set(visits.map((entry) => ordinalOf(table, entry)))];
      const { row } = moments;
      // A process without requests is idle, however long.
      const since = Math.max(
        from,
        visits.reduce((first, entry) => Math.min(first, working.get(entry) ?? time), time),
      );
      if (traces.length >= fewest && time - since >= LEAST)
        found.push({ row, party: at(charges.party, row), from: since, to: time, traces, visits });
    }
    from = time;
    if (opens > 0) open.add(visit);
    if (opens < 0) open.delete(visit);
    if (calls !== 0) calling.set(visit, (calling.get(visit) ?? 0) + calls);
    if (!open.has(visit) || (calling.get(visit) ?? 0) > 0) working.delete(visit);
    else if (!working.has(visit)) working.set(visit, time);
  });
  return found;
}

/** The places of moments by time, then by visit. Numbers are sorted, not objects; they are nearly in order already. */
function inOrder({ time, visit }: Moments): readonly number[] {
  const order = Array.from(time.keys());
  return order.sort((a, b) => (time[a] ?? 0) - (time[b] ?? 0) || (visit[a] ?? 0) - (visit[b] ?? 0) || a - b);
}

/** Requests that merely take long go on one by one. */
function goOnTogether(
  moments: number,
  timeAt: (index: number) => number,
  visitAt: (index: number) => number,
  from: number,
  working: ReadonlyMap<number, number>,
): boolean {
  const begin = timeAt(from);
  const alive = new Set<number>();
  for (let index = from; index < moments && timeAt(index) <= begin + SOON; index++) {
    if (working.has(visitAt(index))) alive.add(visitAt(index));
  }
  return alive.size >= TOGETHER * working.size;
}
