import type { Finding } from '../model/finding.ts';
import { at, numberAt } from '../model/units.ts';
import { type CellShift, deviation } from '../population/latency.ts';
import { ensure } from '../population/numbering.ts';
import { median, sorted } from '../population/statistics.ts';
import { VERSION } from '../population/versions.ts';
import type { View } from '../population/view.ts';
import { cite, clip, count, named, nameOf, operationOf, tracesIn, us, visitsOf } from './cite.ts';
import type { Detector } from './detector.ts';
import { feltCells } from './slower-cells.ts';

/** Where a copy of a service says which it is, the most specific first. */
const COPIES = ['k8s.pod.name', 'service.instance.id', 'container.id', 'host.name'] as const;
/** Fewest visits of a copy before its times mean anything. */
const FEWEST = 8;
/** Growth of a copy that is slow (by half), and at most of one that is as it was; see `deviation`. */
const SLOW = 0.3;
const AS_EVER = 0.1;

/** The visits of one cell in one copy: rows, and their times in ascending order. */
type Copy = { readonly key: string; readonly value: string; readonly rows: number[] };

/** D16 as well: one copy of a service became slow while its neighbours, which run the same version, are as quick as ever. */
export const slowInstance: Detector = {
  id: 'D16 slow-instance',
  asks: 'Is only one copy of it slow?',
  detect: (view) => feltCells(view, 'work').flatMap((shift) => slowCopy(view, shift) ?? []),
};

function slowCopy(view: View, shift: CellShift): Finding | undefined {
  const copies = copiesOf(view, shift.cell).filter(({ rows }) => rows.length >= FEWEST);
  const rated = copies.map((copy) => ({ copy, grown: deviation(timesOf(view, copy.rows), shift.before) }));
  const slow = rated.filter(({ grown }) => grown >= SLOW);
  const well = rated.filter(({ grown }) => grown <= AS_EVER);
  const [bad] = slow;
  if (bad === undefined || slow.length > 1 || well.length === 0 || slow.length + well.length < rated.length)
    return undefined;
  const { rows, key, value } = bad.copy;
  const version = ({ rows: [row = 0] }: Copy) => view.table.resource(row, VERSION);
  // Where no neighbour runs the same, it may be what it runs and not where.
  if (!well.some(({ copy }) => version(copy) === version(bad.copy))) return undefined;
  const ordered = rows.toSorted((a, b) => numberAt(view.cells.time, a) - numberAt(view.cells.time, b) || a - b);
  const row = ordered[Math.floor(ordered.length / 2)] ?? 0;
  const service = nameOf(view, at(view.cells.from, shift.cell));
  const others = sorted(well.flatMap(({ copy }) => [...timesOf(view, copy.rows)]));
  return {
    detector: slowInstance.id,
    mechanism: 'bad-instance',
    component: { kind: 'attribute', key, value, services: [service] },
    role: 'cause',
    strength: clip(bad.grown),
    specificity: 1,
    support: tracesIn(view, rows),
    evidence: [
      cite(view, [row], 'instance.slow', {
        instance: named(value),
        service: named(service),
        operation: named(operationOf(view, row)),
        now: us(median(timesOf(view, rows))),
        others: count(well.length),
        usual: us(median(others)),
      }),
    ],
  };
}

/** The copies that a cell is visited in, from the whole window: neighbours are well, so they are not among the bad. */
function copiesOf(view: View, cell: number): readonly Copy[] {
  const found = new Map<string, Copy>();
  for (const row of visitsOf(view, cell, view.window)) {
    const key = COPIES.find((one) => view.table.resource(row, one) !== undefined);
    if (key === undefined) return [];
    const value = String(view.table.resource(row, key));
    ensure(found, `${key} ${value}`, (): Copy => ({ key, value, rows: [] })).rows.push(row);
  }
  return [...found.values()];
}

const timesOf = (view: View, rows: readonly number[]): Float64Array =>
  sorted(rows.map((row) => numberAt(view.cells.time, row)));
