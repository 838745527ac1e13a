import type { Detector } from './detector.ts';
import { hopFinding, slower } from './version-finding.ts';

/** D22: one service is slower on one version than on the others that served in the same window. */
export const versionRegression: Detector = {
  id: 'D22 version-regression',
  asks: 'Is it only on one version?',
  detect: (view) =>
    view.versions
      .map((shift) => ({ shift, hops: slower(shift) }))
      .filter(({ shift, hops }) => hops.length === 1 && shift.concurrent)
      .map(({ shift, hops }) => hopFinding(view, versionRegression.id, shift, hops)),
};
