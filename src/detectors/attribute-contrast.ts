import { namesInstance } from '../population/contrast.ts';
import { contrastFinding, MOST_CONTRASTS } from './contrast-finding.ts';
import type { Detector } from './detector.ts';

/** D21: what bad requests share and good ones do not. */
export const attributeContrast: Detector = {
  id: 'D21 attribute-contrast',
  asks: 'What is different about the bad requests?',
  detect: (view) =>
    view.contrasts
      .filter(({ key }) => !namesInstance(key))
      .slice(0, MOST_CONTRASTS)
      .map((contrast) => contrastFinding(view, contrast, attributeContrast.id)),
};
