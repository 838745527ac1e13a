import type { Finding } from '../model/finding.ts';
import { type Contrast, namesInstance } from '../population/contrast.ts';
import type { View } from '../population/view.ts';
import { cite, clip, count, named, rounded } from './cite.ts';

/** More than a few contrasts are a list, not an answer. */
export const MOST_CONTRASTS = 3;
/** Bad requests that have the value nearly alone make an instance the cause; less is a hint. */
const NEARLY_ALL = 0.6;

export function contrastFinding(view: View, contrast: Contrast, detector: string): Finding {
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
