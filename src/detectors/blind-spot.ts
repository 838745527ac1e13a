import type { Detector } from './detector.ts';
import { feltCells, slowFinding } from './slower-cells.ts';

/** D24: the time is at or behind a peer that sends no spans; nobody inside can be named. */
export const blindSpot: Detector = {
  id: 'D24 blind-spot',
  asks: 'Is the time spent with somebody who sends no spans?',
  detect: (view) =>
    feltCells(view, 'silent').map((shift) =>
      slowFinding(view, shift, { detector: blindSpot.id, mechanism: 'blind-spot', role: 'cause' }),
    ),
};
