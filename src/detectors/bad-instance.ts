import { namesInstance } from '../population/contrast.ts';
import { contrastFinding, MOST_CONTRASTS } from './contrast-finding.ts';
import type { Detector } from './detector.ts';

/** D16: the trouble sits on one running copy of a service. */
export const badInstance: Detector = {
  id: 'D16 bad-instance',
  asks: 'Is it one pod, host or address?',
  detect: (view) =>
    view.contrasts
      .filter(({ key }) => namesInstance(key))
      .slice(0, MOST_CONTRASTS)
      .map((contrast) => contrastFinding(view, contrast, badInstance.id)),
};
