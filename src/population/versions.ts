import type { SpanTable } from '../model/trace.ts';
import { at, numberAt } from '../model/units.ts';
import { type Cells, isEdge } from './cells.ts';
import type { Charges } from './charges.ts';
import { ensure } from './numbering.ts';
import { medianShift, pool, type Shift, sorted } from './statistics.ts';

/** How one service's own work differs between a version and the others. */
export type Hop = Shift & {
  readonly party: number;
  /** Visits behind it. */
  readonly on: number;
  readonly off: number;
  /** Median own time of a visit on the version and off it, µs. */
  readonly usualOn: number;
  readonly usualOff: number;
  /** Entry row of a typical visit on the version. */
  readonly example: number;
};

export type VersionShift = {
  readonly version: string;
  /** Services that run the version, with their shift; µs per visit. */
  readonly hops: readonly Hop[];
  readonly pooled: Shift & { readonly heterogeneity: number };
  /** True when both versions served in the same window: a contrast, not a before and after. */
  readonly concurrent: boolean;
};

export const VERSION = 'service.version';
const FEWEST = 5;
/** Standard errors of shifts count as at least this much: timers are no better. */
const ERROR_FLOOR = 500;
/** And between services as this part of the largest shift: the same work takes a little longer here than there. */
const TIMER_SHARE = 0.05;

type Visit = { readonly row: number; readonly time: number; readonly window: boolean };

/**
 * Compares the own work of every service between its versions, operation by operation, inside `window` (1 a trace) where both
 * serve there, otherwise the version of the window against the one before it.
 */
export function versionShifts(
  table: SpanTable,
  charges: Charges,
  cells: Cells,
  window: Uint8Array,
  baseline: Uint8Array,
): readonly VersionShift[] {
  const versionOf = versionsOf(table);
  if (!runsSeveral(table, charges, versionOf)) return [];
  const visits = visitsByVersion(table, charges, cells, versionOf, window, baseline);
  const found = new Map<string, { hop: Hop; concurrent: boolean }[]>();
  for (const [party, versions] of [...visits].sort(([a], [b]) => a - b)) {
    for (const [version, byCell] of [...versions].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const others = [...versions].filter(([other]) => other !== version).map(([, cellsOfOther]) => cellsOfOther);
      if (others.length === 0) continue;
      const concurrent = compareWork(party, byCell, others, true);
      const hop = concurrent ?? compareWork(party, byCell, others, false);
      if (hop !== undefined) ensure(found, version, () => []).push({ hop, concurrent: concurrent !== undefined });
    }
  }
  return [...found].map(([version, list]) => {
    const concurrent = list.some((entry) => entry.concurrent);
    const hops = list.filter((entry) => entry.concurrent === concurrent).map((entry) => entry.hop);
    const floor = hops.reduce((most, hop) => Math.max(most, TIMER_SHARE * hop.value), ERROR_FLOOR);
    return { version, hops, pooled: pool(hops, floor), concurrent };
  });
}

/** Version of each resource (by `resourceOf`). */
function versionsOf(table: SpanTable): readonly (string | undefined)[] {
  const versions: (string | undefined)[] = [];
  for (let row = 0; row < table.size; row++) {
    const resource = at(table.resourceOf, row);
    if (resource < versions.length) continue;
    // Resources are numbered in the order of rows, so a new one is the next.
    const version = table.resource(row, VERSION);
    versions.push(version === undefined ? undefined : String(version));
  }
  return versions;
}

/** Whether any service has spans of two versions; where none has, there is nothing to compare. */
function runsSeveral(table: SpanTable, charges: Charges, versionOf: readonly (string | undefined)[]): boolean {
  const seen: string[] = [];
  for (let row = 0; row < table.size; row++) {
    const version = versionOf[at(table.resourceOf, row)];
    if (version === undefined) continue;
    const party = at(charges.party, row);
    const known = seen[party];
    if (known === undefined) seen[party] = version;
    else if (known !== version) return true;
  }
  return false;
}

type ByCell = ReadonlyMap<number, readonly Visit[]>;

function compareWork(party: number, on: ByCell, others: readonly ByCell[], concurrent: boolean): Hop | undefined {
  const shifts: Shift[] = [];
  const allOn: Visit[] = [];
  const allOff: Visit[] = [];
  for (const [cell, visits] of on) {
    const here = visits.filter((visit) => visit.window);
    const there = others.flatMap((byCell) => byCell.get(cell) ?? []).filter((visit) => visit.window === concurrent);
    if (here.length < FEWEST || there.length < FEWEST) continue;
    const times = (list: readonly Visit[]) => sorted(list.map((visit) => visit.time));
    shifts.push(medianShift(times(here), times(there)));
    allOn.push(...here);
    allOff.push(...there);
  }
  if (shifts.length === 0) return undefined;
  const { value, error } = pool(shifts, ERROR_FLOOR);
  const byTime = (a: Visit, b: Visit) => a.time - b.time || a.row - b.row;
  const middle = (list: Visit[]) => list.sort(byTime)[Math.floor(list.length / 2)];
  const typical = middle(allOn);
  return {
    party,
    value,
    error,
    on: allOn.length,
    off: allOff.length,
    usualOn: typical?.time ?? 0,
    usualOff: middle(allOff)?.time ?? 0,
    example: typical?.row ?? -1,
  };
}

function visitsByVersion(
  table: SpanTable,
  charges: Charges,
  cells: Cells,
  versionOf: readonly (string | undefined)[],
  window: Uint8Array,
  baseline: Uint8Array,
): ReadonlyMap<number, ReadonlyMap<string, ByCell>> {
  const visits = new Map<number, Map<string, Map<number, Visit[]>>>();
  for (let trace = 0; trace < table.traces; trace++) {
    const inside = window[trace] === 1;
    if (!inside && baseline[trace] !== 1) continue;
    for (let row = at(table.first, trace); row < at(table.first, trace + 1); row++) {
      const cell = at(cells.of, row);
      if (cell < 0 || isEdge(cells, cell) || at(charges.visit, row) !== row) continue;
      const version = versionOf[at(table.resourceOf, row)];
      if (version === undefined) continue;
      const byVersion = ensure(visits, at(charges.party, row), () => new Map<string, Map<number, Visit[]>>());
      const byCell = ensure(byVersion, version, () => new Map<number, Visit[]>());
      ensure(byCell, cell, () => []).push({ row, time: numberAt(cells.time, row), window: inside });
    }
  }
  return visits;
}
