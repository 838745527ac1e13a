import type { Finding } from '../model/finding.ts';
import { type Contrast, namesInstance } from '../population/contrast.ts';
import type { View } from '../population/view.ts';
import { cite, clip, count, named, rounded } from './cite.ts';
import type { Detector } from './detector.ts';

/** D16: the trouble sits on one running copy of a service. */
export const badInstance: Detector = {
  id: 'D16 bad-instance',
  asks: 'Is it one pod, host or address?',
  detect: (view) =>
    view.contrasts
      .filter((contrast) => namesInstance(contrast.key))
      .slice(0, MOST)
      .map((contrast) => finding(view, contrast, badInstance.id)),
};

/** D21: what bad requests share and good ones do not. */
export const attributeContrast: Detector = {
  id: 'D21 attribute-contrast',
  asks: 'What is different about the bad requests?',
  detect: (view) =>
    view.contrasts
      .filter((contrast) => !namesInstance(contrast.key))
      .slice(0, MOST)
      .map((contrast) => finding(view, contrast, attributeContrast.id)),
};

/** More than a few contrasts are a list, not an answer. */
const MOST = 3;
/** Bad requests that have the value nearly alone make an instance the cause; less is a hint. */
const NEARLY_ALL = 0.6;

function finding(view: View, contrast: Contrast, detector: string): Finding {
  const { key, value, services, counts, oddsRatio, overlap } = contrast;
  const instance = namesInstance(key);
  const bad = counts.a + counts.b;
  const good = counts.c + counts.d;
  return {
    detector,
    mechanism: instance ? 'bad-instance' : 'attribute-contrast',
    component: { kind: 'attribute', key, value, services },
    role: instance && overlap >= NEARLY_ALL ? 'cause' : 'context',
    strength: clip(overlap),
    specificity: clip(1 - counts.c / Math.max(1, good)),
    support: counts.a,
    evidence: [
      cite(
        view,
        [contrast.row],
        'contrast.counts',
        {
          attribute: named(`${key}=${value}`),
          bad: count(counts.a),
          ofBad: count(bad),
          good: count(counts.c),
          ofGood: count(good),
        },
        {
          counts: { with: counts.a, of: bad, baselineWith: counts.c, baselineOf: good },
          statistic: { name: 'odds ratio, lower 95 % bound', value: rounded(oddsRatio) },
        },
      ),
    ],
  };
}
