import type { Finding } from '../model/finding.ts';
import { at, byteAt, numberAt, SECOND } from '../model/units.ts';
import { isEdge } from '../population/cells.ts';
import { ensure } from '../population/numbering.ts';
import { median, sorted } from '../population/statistics.ts';
import { sum, type View } from '../population/view.ts';
import { cite, clip, componentOf, count, named, nameOf, tracesIn, us } from './cite.ts';
import type { Detector } from './detector.ts';
import { LEAST_SHIFT } from './slower-cells.ts';

/** The first visit of a new process is cold when it takes this many times the usual. */
const COLD = 5;
/** Visits within this time of a process's first one may still be cold, µs. */
const WARMING = 60 * SECOND;
const MOSTLY = 0.5;
/** Fewer cold requests than this are not worth a word. */
const FEWEST = 3;

/**
 * D26 as well: processes that had just been started. A platform says so (`faas.coldstart`), or it shows: the first visits of
 * a process that the healthy window did not know take far longer than its later ones.
 */
export const coldStart: Detector = {
  id: 'D26 cold-start',
  asks: 'Were slow answers the first ones of new processes?',
  detect(view) {
    const known = processesIn(view, view.sides.reference);
    if (!known.includes(1)) return [];
    const groups = new Map<number, number[]>();
    for (const row of coldVisits(view, known)) ensure(groups, at(view.cells.of, row), () => []).push(row);
    return [...groups]
      .filter(([, rows]) => tracesIn(view, rows) >= FEWEST)
      .sort(([a], [b]) => a - b)
      .map(([cell, rows]) => findingOf(view, cell, rows));
  },
};

/** 1 for each process (by `resourceOf`) that the traces passed. */
function processesIn({ table }: View, traces: Uint8Array): Uint8Array {
  const found = new Uint8Array(table.size);
  for (let trace = 0; trace < table.traces; trace++) {
    if (traces[trace] !== 1) continue;
    for (let row = at(table.first, trace); row < at(table.first, trace + 1); row++)
      found[at(table.resourceOf, row)] = 1;
  }
  return found;
}

/** Visits by processes that are new, early in their lives, and far beyond what such visits usually take. */
function coldVisits(view: View, known: Uint8Array): readonly number[] {
  const { table, charges, cells } = view;
  const born = new Map<number, number>();
  const entries: number[] = [];
  const told = table.carries(COLD_START);
  for (let trace = 0; trace < table.traces; trace++) {
    if (view.window[trace] !== 1) continue;
    for (let row = at(table.first, trace); row < at(table.first, trace + 1); row++) {
      if (at(charges.visit, row) !== row) continue;
      const process = at(table.resourceOf, row);
      if (byteAt(known, process) === 1 && !(told && isToldCold(view, row))) continue;
      if (isEdge(cells, at(cells.of, row))) continue;
      born.set(process, Math.min(born.get(process) ?? Number.POSITIVE_INFINITY, numberAt(table.start, row)));
      entries.push(row);
    }
  }
  return entries.filter((row) => {
    const usual = usualOf(view, at(cells.of, row));
    if (usual === undefined) return false;
    const time = numberAt(cells.time, row);
    if (time < usual + LEAST_SHIFT) return false;
    const early = numberAt(table.start, row) <= (born.get(at(table.resourceOf, row)) ?? 0) + WARMING;
    return isToldCold(view, row) || (early && time > COLD * usual && isFirstOfAll(view, row, usual));
  });
}

/** In which a platform says that a process was started for the request. */
const COLD_START = 'faas.coldstart';
const isToldCold = ({ table }: View, row: number): boolean => table.attribute(row, COLD_START) === true;

function usualOf(view: View, cell: number): number | undefined {
  const before = view.comparison.shifts[cell]?.before;
  return before === undefined || before.length === 0 ? undefined : median(before);
}

/**
 * Whether the same process did the same work at its usual speed later, else it is not cold but slow, and never before, for a
 * process that is warm stays so: what is slow then is the slow tail of the work.
 */
function isFirstOfAll(view: View, cold: number, usual: number): boolean {
  const { table, cells, visits } = view;
  const cell = at(cells.of, cold);
  let later = false;
  for (const row of visits.rows.subarray(at(visits.from, cell), at(visits.from, cell + 1))) {
    const warm = numberAt(cells.time, row) < 2 * usual + LEAST_SHIFT;
    if (!warm || table.resourceOf[row] !== table.resourceOf[cold]) continue;
    if (numberAt(table.end, row) <= numberAt(table.start, cold)) return false;
    if (numberAt(table.start, row) > numberAt(table.start, cold)) later = true;
  }
  return later;
}

function findingOf(view: View, cell: number, rows: readonly number[]): Finding {
  const times = sorted(rows.map((row) => numberAt(view.cells.time, row)));
  const ordered = rows.toSorted((a, b) => numberAt(view.cells.time, a) - numberAt(view.cells.time, b) || a - b);
  const telling = ordered[Math.floor(ordered.length / 2)] ?? 0;
  const support = tracesIn(view, rows);
  const bad = sum(view.bad);
  const processes = new Set(rows.map((row) => at(view.table.resourceOf, row))).size;
  return {
    detector: coldStart.id,
    mechanism: 'pause',
    component: componentOf(view, cell),
    role: bad > 0 && support >= MOSTLY * bad ? 'cause' : 'context',
    strength: clip(1 - (usualOf(view, cell) ?? 0) / Math.max(1, median(times))),
    specificity: 1,
    support,
    evidence: [
      cite(
        view,
        [telling],
        'pause.cold',
        {
          service: named(nameOf(view, at(view.cells.from, cell))),
          processes: count(processes),
          now: us(median(times)),
          usual: us(usualOf(view, cell) ?? 0),
        },
        { counts: { with: support, of: sum(view.window) } },
      ),
    ],
  };
}
