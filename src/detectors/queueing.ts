import type { Evidence, Finding } from '../model/finding.ts';
import { at, numberAt } from '../model/units.ts';
import { inFlight, rankCorrelation } from '../population/in-flight.ts';
import type { CellShift } from '../population/latency.ts';
import { median, sorted } from '../population/statistics.ts';
import type { View } from '../population/view.ts';
import { cite, count, named, nameOf, rounded, typicalVisit, visitsOf } from './cite.ts';
import type { Detector } from './detector.ts';
import { feltCells, slowFinding } from './slower-cells.ts';

/** Rank correlation between how much was under way at the callee and how long a call waited (reference section 4.3: 0.3). */
const LEAST_CORRELATION = 0.3;
/** Fewest calls that show a correlation of that size (Noether: about 70 would be sure; rank order needs fewer at 0.5). */
const FEWEST = 20;
/** The calls wait when more is under way than this many times the usual. */
const BUSIER = 1.5;

/**
 * D07: calls wait in front of a callee that works as fast as ever, the longer the more of them are under way: it has too few
 * workers for what it is asked. Messages that wait are `queue-delay.ts`'s.
 *
 * ```
 *   call  ├─ waits ────────────┤work├┤      many under way: long wait, same work
 *   call  ├─┤work├┤                         few: none
 * ```
 */
export const queueing: Detector = {
  id: 'D07 queueing',
  asks: 'Do calls wait because too many others are under way?',
  detect: (view) => feltCells(view, 'call').flatMap((shift) => findingOf(view, shift) ?? []),
};

function findingOf(view: View, shift: CellShift): Finding | undefined {
  const { cells } = view;
  const party = at(cells.to, shift.cell);
  if (shift.ahead <= shift.behind || worksSlower(view, party)) return undefined;
  const load = loads(view, party, view.window);
  const usual = loads(view, party, view.baseline);
  const rows = visitsOf(view, shift.cell, view.sides.suspect);
  if (rows.length < FEWEST || usual.size === 0) return undefined;
  const waits = Float64Array.from(rows, (row) => numberAt(cells.time, row));
  const others = Float64Array.from(rows, (row) => load.get(row) ?? 0);
  const correlation = rankCorrelation(waits, others);
  const [busy, quiet] = [middle(others), middle(usual.values())];
  if (correlation < LEAST_CORRELATION || busy < BUSIER * Math.max(1, quiet)) return undefined;
  const row = typicalVisit(view, shift.cell, view.sides.suspect);
  const values = { to: named(nameOf(view, party)), others: count(Math.round(busy)), usual: count(Math.round(quiet)) };
  const loaded: Evidence = cite(view, [row], 'queueing.load', values, {
    statistic: { name: 'rank correlation', value: rounded(correlation) },
  });
  return slowFinding(view, shift, { detector: queueing.id, mechanism: 'queueing', role: 'cause' }, [loaded]);
}

/** Whether the callee's own work became slower: then it is that, and waiting calls are what comes of it. */
function worksSlower({ cells, comparison }: View, party: number): boolean {
  return comparison.shifts.some(
    ({ cell, deviation }) => cells.from[cell] === party && cells.to[cell] === -1 && deviation > SLOWER,
  );
}
const SLOWER = 0.3;

/** For each call to the party, by row: how many others were under way when it began. */
function loads(view: View, party: number, traces: Uint8Array): ReadonlyMap<number, number> {
  const rows: number[] = [];
  for (let cell = 0; cell < view.cells.count; cell++) {
    if (view.cells.to[cell] !== party) continue;
    for (const row of visitsOf(view, cell, traces)) rows.push(row);
  }
  const load = inFlight(
    Float64Array.from(rows, (row) => numberAt(view.table.start, row)),
    Float64Array.from(rows, (row) => numberAt(view.table.end, row)),
  );
  return new Map(rows.map((row, i) => [row, numberAt(load, i)]));
}

const middle = (values: Iterable<number>): number => median(sorted(values));
