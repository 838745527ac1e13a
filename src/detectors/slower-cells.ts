import type { Evidence, Finding, Mechanism, Quantity, Role } from '../model/finding.ts';
import { at, numberAt } from '../model/units.ts';
import { isEdge } from '../population/cells.ts';
import type { CellShift } from '../population/latency.ts';
import { areaUnderCurve, median } from '../population/statistics.ts';
import type { View } from '../population/view.ts';
import { ordinalOf } from '../trace/build.ts';
import {
  cite,
  clip,
  componentOf,
  isSilent,
  named,
  nameOf,
  operationOf,
  ratio,
  rounded,
  typicalVisit,
  us,
  visitsOf,
} from './cite.ts';
import { versionChange } from './version-change.ts';

/** Below this a shift is not worth a word, µs and as a share of the usual time. */
export const LEAST_SHIFT = 5_000;
const LEAST_GROWTH = 0.2;
/** Below this share of what its requests took too long, a change was not felt. */
const FELT = 0.05;

/** What kind of place a cell is; each kind has a detector of its own. */
export type CellKind = 'work' | 'call' | 'store' | 'silent';

export function kindOf(view: View, cell: number): CellKind {
  if (!isEdge(view.cells, cell)) return 'work';
  const row = at(view.visits.rows, at(view.visits.from, cell));
  if (!isSilent(view, at(view.cells.to, cell)) && !posesAsItsPeer(view, cell, row)) return 'call';
  const asksStore = STORE_SIGNS.some((key) => view.table.attribute(row, key) !== undefined);
  return asksStore ? 'store' : 'silent';
}

const STORE_SIGNS = ['db.system.name', 'db.query.text'] as const;

/**
 * A call to oneself that has no other half. Some clients report under the name of the store that they ask, so that the store
 * seems to call itself; no network lies between the two, and what the store did nobody has seen.
 */
const posesAsItsPeer = (view: View, cell: number, row: number): boolean =>
  at(view.cells.from, cell) === at(view.cells.to, cell) && at(view.charges.callee, row) < 0;

/** Cells that certainly take longer than before, by the time that requests lost there. */
export function slowerCells(view: View): readonly CellShift[] {
  const { shifts, contribution } = view.comparison;
  return shifts
    .filter(({ now, before, deviation }) => {
      if (deviation <= 0 || now.length === 0 || before.length === 0) return false;
      return upper(now) - upper(before) >= Math.max(LEAST_SHIFT, LEAST_GROWTH * median(before));
    })
    .sort(
      (a, b) =>
        numberAt(contribution.cellExcess, b.cell) - numberAt(contribution.cellExcess, a.cell) || a.cell - b.cell,
    );
}

/** Slower cells of one kind that their requests had to wait for. */
export function feltCells(view: View, kind: CellKind): readonly CellShift[] {
  return slowerCells(view).filter(({ cell }) => isFelt(view, cell) && kindOf(view, cell) === kind);
}

/** Whether whoever owns the cell holds a part of what requests took too long. */
export const isFelt = (view: View, cell: number): boolean => shareOf(view, cell) >= FELT;

const shareOf = ({ comparison: { contribution, owners } }: View, cell: number): number =>
  numberAt(contribution.latency, at(owners, cell));

/** A fault that hits every fourth visit leaves the median where it was. */
const upper = (sample: Float64Array): number => sample[Math.floor(0.9 * (sample.length - 1))] ?? 0;

/** Which of several detectors speaks, and as what. */
export type Telling = { readonly detector: string; readonly mechanism: Mechanism; readonly role: Role };

/**
 * What a slower cell says. Support is the suspect requests with a visit beyond what nine in ten healthy visits took; `extra`
 * comes behind the general evidence.
 */
export function slowFinding(
  view: View,
  shift: CellShift,
  { detector, mechanism, role }: Telling,
  extra: readonly Evidence[] = [],
): Finding {
  const { cell, now, before, deviation } = shift;
  const row = typicalVisit(view, cell, view.comparison.sides.suspect);
  const parties = partiesOf(view, cell);
  const usual = median(before);
  const taken = median(now) - usual >= LEAST_SHIFT ? median(now) : upper(now);
  const auc = areaUnderCurve(now, before);
  const slow = slowTraces(view, cell, view.sides.suspect, upper(before));
  const slowBefore = slowTraces(view, cell, view.sides.reference, upper(before));
  const values = { ...parties, operation: named(operationOf(view, row)), now: us(taken), usual: us(usual) };
  const evidence: [Evidence, ...Evidence[]] = [
    cite(view, [row], role === 'context' ? `unfelt.${mechanism}` : `${mechanism}.time`, values, {
      counts: { ...slow, baselineWith: slowBefore.with, baselineOf: slowBefore.of },
      statistic: { name: 'mann-whitney auc', value: rounded(auc) },
    }),
  ];
  if (role !== 'context') {
    evidence.push(cite(view, [row], 'latency.share', { share: ratio(shareOf(view, cell)) }));
    evidence.push(...versionChange(view, [row]));
  }
  evidence.push(...extra);
  return {
    detector,
    mechanism,
    component: componentOf(view, cell),
    role,
    strength: clip(deviation),
    specificity: clip(2 * auc - 1),
    support: slow.with,
    evidence,
  };
}

/** The names that sentences about a cell need. */
export function partiesOf(view: View, cell: number): Readonly<Record<string, Quantity>> {
  const from = named(nameOf(view, at(view.cells.from, cell)));
  return isEdge(view.cells, cell) ? { from, to: named(nameOf(view, at(view.cells.to, cell))) } : { service: from };
}

/** Requests that visit the cell, and those with a visit beyond the bound. */
function slowTraces(
  view: View,
  cell: number,
  traces: Uint8Array,
  bound: number,
): { readonly with: number; readonly of: number } {
  const visited = new Set<number>();
  const slow = new Set<number>();
  for (const row of visitsOf(view, cell, traces)) {
    const trace = ordinalOf(view.table, row);
    visited.add(trace);
    if (numberAt(view.cells.time, row) > bound) slow.add(trace);
  }
  return { with: slow.size, of: visited.size };
}
