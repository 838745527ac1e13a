import type { Mechanism } from '../model/finding.ts';
import type { Detector } from './detector.ts';
import { type CellKind, isFelt, kindOf, slowerCells, slowFinding } from './slower-cells.ts';

/** More than a few of what did not matter is a list, not an answer. */
const MOST = 3;

const MECHANISM: Readonly<Record<CellKind, Mechanism>> = {
  work: 'slow-operation',
  call: 'network-delay',
  store: 'slow-query',
  silent: 'blind-spot',
};

/**
 * D02: what takes longer than usual although no request waited for it, as work beside the critical path does. It is told so
 * that nobody who sees it on a dashboard takes it for the cause.
 */
export const unfeltChange: Detector = {
  id: 'D02 unfelt-change',
  asks: 'What became slower without anybody waiting for it?',
  detect: (view) =>
    slowerCells(view)
      .filter(({ cell }) => !isFelt(view, cell))
      .toSorted((a, b) => b.deviation - a.deviation || a.cell - b.cell)
      .slice(0, MOST)
      .map((shift) =>
        slowFinding(view, shift, {
          detector: unfeltChange.id,
          mechanism: MECHANISM[kindOf(view, shift.cell)],
          role: 'context',
        }),
      ),
};
