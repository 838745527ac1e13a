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
/** Requests that were stopped together go on together: this part of them shows a sign of life so soon after, µs. */
const TOGETHER = 0.6;
export const SOON = 5_000;
/** Shorter than this is nothing, µs. */
const LEAST = 10_000;

/** What happens at a moment: a request for the process sets out, or one of its spans begins or ends. */
const Edge = { arrives: 0, begins: 1, ends: 2 } as const;

/** The moments of one process as columns. */
type Moments = {
  /** Places of the moments in the other columns, by time, then by visit. */
  readonly order: Int32Array;
  readonly time: Float64Array;
  /** The span that begins or ends, or that the request will be. */
  readonly row: Int32Array;
  /** `Edge` codes. */
  readonly edge: Uint8Array;
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
  const { from, rows } = rowsByProcess(table, traces);
  const open = new Uint8Array(table.size);
  const calling = new Int32Array(table.size);
  const found: Stillness[] = [];
  for (let process = 0; process + 1 < from.length; process++) {
    const own = rows.subarray(at(from, process), at(from, process + 1));
    const moments = momentsOf(table, charges, own);
    if (moments.order.length > 0) sweep(moments);
  }
  return found;

  /** Walks through the moments of one process and keeps who is at work: in a visit, and in none of its calls. */
  function sweep(moments: Moments): void {
    /** Visits at work, and since when. */
    const working = new Map<number, number>();
    let from = numberAt(moments.time, at(moments.order, 0));
    for (let index = 0; index < moments.order.length; index++) {
      const moment = at(moments.order, index);
      const time = numberAt(moments.time, moment);
      const row = at(moments.row, moment);
      const visit = at(charges.visit, row);
      const edge = byteAt(moments.edge, moment);
      if (edge === Edge.arrives) {
        if (!working.has(visit)) working.set(visit, time);
        continue;
      }
      if (time - from >= LEAST && working.size >= fewest && goOnTogether(charges, moments, index, working)) {
        const still = stillness(table, charges, working, from, time);
        if (still.traces.length >= fewest && time - still.from >= LEAST) found.push(still);
      }
      from = time;
      const begins = edge === Edge.begins;
      if (row === visit) open[visit] = begins ? 1 : 0;
      if (byteAt(charges.place, row) === Place.outbound) calling[visit] = at(calling, visit) + (begins ? 1 : -1);
      if (byteAt(open, visit) === 0 || at(calling, visit) > 0) working.delete(visit);
      else if (!working.has(visit)) working.set(visit, time);
    }
  }
}

/** The rows of each process in the chosen traces, sorted by counting: those of process p are `rows[from[p]] … rows[from[p + 1] − 1]`. */
function rowsByProcess(table: SpanTable, traces: Uint8Array): { readonly from: Int32Array; readonly rows: Int32Array } {
  const { resourceOf } = table;
  const from = new Int32Array(resourceOf.reduce((most, process) => Math.max(most, process), -1) + 2);
  forEachRow(table, traces, (row) => {
    from[at(resourceOf, row) + 1] = at(from, at(resourceOf, row) + 1) + 1;
  });
  for (let process = 1; process < from.length; process++) from[process] = at(from, process) + at(from, process - 1);
  const rows = new Int32Array(at(from, from.length - 1));
  const next = from.slice();
  forEachRow(table, traces, (row) => {
    const process = at(resourceOf, row);
    rows[at(next, process)] = row;
    next[process] = at(next, process) + 1;
  });
  return { from, rows };
}

function forEachRow(table: SpanTable, traces: Uint8Array, tell: (row: number) => void): void {
  for (let trace = 0; trace < table.traces; trace++) {
    if (byteAt(traces, trace) !== 1) continue;
    for (let row = at(table.first, trace); row < at(table.first, trace + 1); row++) tell(row);
  }
}

/** What happens to the given rows of one process. Spans of a visit that began in another process say nothing of this one. */
function momentsOf(table: SpanTable, charges: Charges, rows: Int32Array): Moments {
  const time = new Float64Array(3 * rows.length);
  const row = new Int32Array(time.length);
  const edge = new Uint8Array(time.length);
  let size = 0;
  const note = (when: number, which: number, what: number) => {
    time[size] = when;
    row[size] = which;
    edge[size] = what;
    size++;
  };
  for (const own of rows) {
    const [start, end] = [numberAt(table.start, own), numberAt(table.end, own)];
    const caller = at(table.parent, own);
    const sent = caller >= 0 && at(charges.callee, caller) === own ? numberAt(table.start, caller) : start;
    if (sent < start) note(sent, own, Edge.arrives);
    if (at(table.resourceOf, at(charges.visit, own)) !== at(table.resourceOf, own)) continue;
    note(start, own, Edge.begins);
    note(end, own, Edge.ends);
  }
  // An array, not a column: its sort makes use of the order that there is, and moments are nearly in order already.
  const order = Array.from({ length: size }, (_, moment) => moment).sort(
    (a, b) =>
      numberAt(time, a) - numberAt(time, b) || at(charges.visit, at(row, a)) - at(charges.visit, at(row, b)) || a - b,
  );
  return { order: Int32Array.from(order), time, row, edge };
}

/** The still time up to `to` of the visits at work. A process without requests is idle, however long. */
function stillness(
  table: SpanTable,
  charges: Charges,
  working: ReadonlyMap<number, number>,
  since: number,
  to: number,
): Stillness {
  const visits = [...working.keys()].sort((a, b) => a - b);
  let first = to;
  for (const began of working.values()) first = Math.min(first, began);
  return {
    row: visits[0] ?? 0,
    party: at(charges.party, visits[0] ?? 0),
    from: Math.max(since, first),
    to,
    traces: [...new Set(visits.map((entry) => ordinalOf(table, entry)))],
    visits,
  };
}

/** Requests that merely take long go on one by one. */
function goOnTogether(
  charges: Charges,
  { order, time, row }: Moments,
  from: number,
  working: ReadonlyMap<number, number>,
): boolean {
  const latest = numberAt(time, at(order, from)) + SOON;
  const alive = new Set<number>();
  for (let index = from; index < order.length && numberAt(time, at(order, index)) <= latest; index++) {
    const visit = at(charges.visit, at(row, at(order, index)));
    if (working.has(visit)) alive.add(visit);
  }
  return alive.size >= TOGETHER * working.size;
}
