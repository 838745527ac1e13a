import type { Evidence, Finding, Mechanism, Quantity } from '../model/finding.ts';
import { at } from '../model/units.ts';
import { isEdge } from '../population/cells.ts';
import type { CellShift } from '../population/latency.ts';
import { areaUnderCurve, median } from '../population/statistics.ts';
import type { View } from '../population/view.ts';
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
} from './cite.ts';
import type { Detector } from './detector.ts';

/** Below this a shift is not worth a word, µs and as a share of the usual time. */
export const LEAST_SHIFT = 5_000;
const LEAST_GROWTH = 0.2;
/** Below this share of what its requests took too long, a change was not felt. */
const FELT = 0.05;

/** D01: the own work of an operation takes longer, and requests wait for it. */
export const slowOperation: Detector = {
  id: 'D01 slow-operation',
  asks: 'Which service spends more of its own time than usual, and is it felt?',
  detect: (view) =>
    moved(view)
      .filter(({ cell }) => !isEdge(view.cells, cell))
      .map((shift) => finding(view, shift, 'D01 slow-operation', 'slow-operation')),
};

/** D03: more time between a caller and its callee than usual, measured by durations only, so that clocks cannot lie. */
export const slowEdge: Detector = {
  id: 'D03 network-delay',
  asks: 'Which call takes longer than the work behind it explains?',
  detect: (view) =>
    moved(view)
      .filter(({ cell }) => isEdge(view.cells, cell) && !isSilent(view, at(view.cells.to, cell)))
      .map((shift) => finding(view, shift, 'D03 network-delay', 'network-delay')),
};

/** D08: a data store answers more slowly. */
export const slowQuery: Detector = {
  id: 'D08 slow-query',
  asks: 'Which query became slow?',
  detect: (view) =>
    moved(view)
      .filter(({ cell }) => isStore(view, cell))
      .map((shift) => finding(view, shift, 'D08 slow-query', 'slow-query')),
};

/** D24: the time is at or behind a peer that sends no spans; nobody inside can be named. */
export const blindSpot: Detector = {
  id: 'D24 blind-spot',
  asks: 'Is the time spent with somebody who sends no spans?',
  detect: (view) =>
    moved(view)
      .filter(({ cell }) => isEdge(view.cells, cell) && isSilent(view, at(view.cells.to, cell)) && !isStore(view, cell))
      .map((shift) => finding(view, shift, 'D24 blind-spot', 'blind-spot')),
};

function isStore(view: View, cell: number): boolean {
  if (!isEdge(view.cells, cell) || !isSilent(view, at(view.cells.to, cell))) return false;
  const row = typicalVisit(view, cell, view.window);
  return row >= 0 && view.table.attribute(row, 'db.system.name') !== undefined;
}

/** Cells that certainly take longer than before, by the time that requests lost there. */
function moved(view: View): readonly CellShift[] {
  const { shifts, contribution } = view.comparison;
  return shifts
    .filter(({ now, before, deviation }) => {
      if (deviation <= 0 || now.length === 0 || before.length === 0) return false;
      const usual = median(before);
      return upper(now) - upper(before) >= Math.max(LEAST_SHIFT, LEAST_GROWTH * usual);
    })
    .sort((a, b) => at(contribution.cellExcess, b.cell) - at(contribution.cellExcess, a.cell) || a.cell - b.cell);
}

/** A fault that hits every fourth visit leaves the median where it was. */
const upper = (sample: Float64Array): number => sample[Math.floor(0.9 * (sample.length - 1))] ?? 0;

function finding(view: View, shift: CellShift, detector: string, mechanism: Mechanism): Finding {
  const { cell, now, before, deviation } = shift;
  const { contribution, owners, sides } = view.comparison;
  const edge = isEdge(view.cells, cell);
  const row = typicalVisit(view, cell, sides.suspect);
  const from = nameOf(view, at(view.cells.from, cell));
  const parties: Readonly<Record<string, Quantity>> = edge
    ? { from: named(from), to: named(nameOf(view, at(view.cells.to, cell))) }
    : { service: named(from) };
  const auc = areaUnderCurve(now, before);
  const usual = median(before);
  const taken = median(now) - usual >= LEAST_SHIFT ? median(now) : upper(now);
  const evidence: [Evidence, ...Evidence[]] = [
    cite(
      view,
      [row],
      `${mechanism}.time`,
      { ...parties, operation: named(operationOf(view, row)), now: us(taken), usual: us(usual) },
      {
        counts: { with: now.length, of: now.length, baselineOf: before.length },
        statistic: { name: 'mann-whitney auc', value: rounded(auc) },
      },
    ),
  ];
  const share = at(contribution.latency, at(owners, cell));
  if (share >= FELT) evidence.push(cite(view, [row], 'latency.share', { share: ratio(share) }));
  if (edge && shift.ahead + shift.behind > LEAST_SHIFT) {
    const side = shift.ahead >= shift.behind ? 'ahead' : 'behind';
    const callee = at(view.charges.callee, row);
    evidence.push(
      cite(view, callee < 0 ? [row] : [row, callee], `network-delay.${side}`, {
        ...parties,
        time: us(side === 'ahead' ? shift.ahead : shift.behind),
      }),
    );
  }
  return {
    detector,
    mechanism,
    component: componentOf(view, cell),
    role: share < FELT ? 'context' : 'cause',
    strength: clip(deviation),
    specificity: clip(2 * auc - 1),
    support: now.length,
    evidence,
  };
}
