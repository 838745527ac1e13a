import type { Detector } from './detector.ts';
import { feltCells, slowFinding } from './slower-cells.ts';

/** D01: the own work of an operation takes longer, and requests wait for it. */
export const slowOperation: Detector = {
  id: 'D01 slow-operation',
  asks: 'Which service spends more of its own time than usual, and is it felt?',
  detect: (view) =>
    feltCells(view, 'work').map((shift) =>
      slowFinding(view, shift, { detector: slowOperation.id, mechanism: 'slow-operation', role: 'cause' }),
    ),
};
