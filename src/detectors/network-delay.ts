import type { Evidence } from '../model/finding.ts';
import { at } from '../model/units.ts';
import type { CellShift } from '../population/latency.ts';
import type { View } from '../population/view.ts';
import { cite, named, typicalVisit, us } from './cite.ts';
import type { Detector } from './detector.ts';
import { intermediaryOf } from './intermediary.ts';
import { feltCells, LEAST_SHIFT, partiesOf, slowFinding } from './slower-cells.ts';

/**
 * D03: more time between a caller and its callee than usual, measured by durations only, so that clocks cannot lie. On which
 * side of the callee's work it lies is told from how the distances between starts and between ends grew: offsets of clocks
 * are in both windows alike and cancel. Where the callee was asked under another name than its caller asked for, somebody
 * who sends no spans handed the request on, and the time may be theirs.
 */
export const networkDelay: Detector = {
  id: 'D03 network-delay',
  asks: 'Which call takes longer than the work behind it explains?',
  detect: (view) =>
    feltCells(view, 'call').map((shift) => {
      const between = betweenThem(view, shift);
      const extra = [...between, ...sideOf(view, shift)];
      const telling = { detector: networkDelay.id, mechanism: 'network-delay', role: 'cause' } as const;
      const finding = slowFinding(view, shift, telling, extra);
      return between.length === 0 ? finding : { ...finding, mechanism: 'blind-spot' };
    }),
};

/** Whoever stands between the two in a typical call. */
function betweenThem(view: View, { cell }: CellShift): readonly Evidence[] {
  const row = typicalVisit(view, cell, view.sides.suspect);
  const via = intermediaryOf(view, row);
  if (via === undefined) return [];
  return [
    cite(view, [row, at(view.charges.callee, row)], 'blind-spot.between', {
      ...partiesOf(view, cell),
      via: named(via),
    }),
  ];
}

function sideOf(view: View, { cell, ahead, behind }: CellShift): readonly Evidence[] {
  if (ahead + behind <= LEAST_SHIFT) return [];
  const row = typicalVisit(view, cell, view.sides.suspect);
  const callee = at(view.charges.callee, row);
  const values = { ...partiesOf(view, cell), time: us(Math.max(ahead, behind)) };
  return [
    cite(view, callee < 0 ? [row] : [row, callee], `network-delay.${ahead >= behind ? 'ahead' : 'behind'}`, values),
  ];
}
