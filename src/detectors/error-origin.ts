import type { Detector } from './detector.ts';
import { failureFinding } from './failure-finding.ts';
import { risesOf } from './failure-rises.ts';

/** D10: where failures begin that made requests fail, as opposed to where they are seen. */
export const errorOrigin: Detector = {
  id: 'D10 error-origin',
  asks: 'Which failure has no failure behind it?',
  detect: (view) =>
    risesOf(view)
      .filter(({ fatal }) => fatal > 0)
      .map((rise) => ({ rise, rows: rise.rows.filter((row) => view.blame.gaveUp[row] !== 1) }))
      .filter(({ rows }) => rows.length > 0)
      .map(({ rise, rows }) =>
        failureFinding(view, { detector: errorOrigin.id, mechanism: 'error', role: 'cause' }, rise, rows),
      ),
};
