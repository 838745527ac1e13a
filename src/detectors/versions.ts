import type { Evidence, Finding } from '../model/finding.ts';
import { median, sorted } from '../population/statistics.ts';
import { type Hop, VERSION, type VersionShift } from '../population/versions.ts';
import type { View } from '../population/view.ts';
import { cite, clip, count, named, nameOf, rounded, us } from './cite.ts';
import type { Detector } from './detector.ts';
import { LEAST_SHIFT } from './slow-work.ts';

/** Hops differ at most by this factor when one overhead is behind all of them. */
const ALIKE = 2.5;
/** Chance is behind less than this part of their spread (I²) when the overheads are one. */
const HOMOGENEOUS = 0.5;
/** Services on other versions must not have moved by more than this part of the overhead. */
const STILL = 0.5;

/** D23: the same small overhead on every hop that runs a version; no single span looks bad. */
export const perHopOverhead: Detector = {
  id: 'D23 per-hop-overhead',
  asks: 'Does one version cost the same everywhere it runs?',
  detect: (view) =>
    view.versions
      .map((shift) => ({ shift, hops: slower(shift) }))
      .filter(({ shift, hops }) => hops.length >= 2 && isUniform(shift, hops))
      .map(({ shift, hops }) => hopFinding(view, shift, hops)),
};

/** D22: one service is slower on one version than on the others. */
export const versionRegression: Detector = {
  id: 'D22 version-regression',
  asks: 'Is it only on one version?',
  detect: (view) =>
    view.versions
      .map((shift) => ({ shift, hops: slower(shift) }))
      .filter(({ shift, hops }) => hops.length === 1 && shift.concurrent)
      .map(({ shift, hops }) => hopFinding(view, shift, hops)),
};

function slower({ hops }: VersionShift): readonly Hop[] {
  return hops.filter((hop) => hop.value - 2 * hop.error > 0 && hop.value >= Math.max(LEAST_SHIFT, 0.2 * hop.usualOff));
}

/** One overhead, not a general slowdown: most services of the version carry it, and all of them about alike. */
function isUniform(shift: VersionShift, hops: readonly Hop[]): boolean {
  const values = hops.map((hop) => hop.value).sort((a, b) => a - b);
  const alike = (values.at(-1) ?? 0) <= ALIKE * (values[0] ?? 0) || shift.pooled.heterogeneity < HOMOGENEOUS;
  const quiet = shift.hops.filter((hop) => !hops.includes(hop) && hop.value < STILL * (values[0] ?? 0)).length;
  return alike && (shift.concurrent ? hops.length >= quiet : hops.length >= 2 * quiet);
}

function hopFinding(view: View, shift: VersionShift, hops: readonly Hop[]): Finding {
  const total = hops.reduce((sum, hop) => sum + hop.value, 0);
  const middle = median(sorted(hops.map((hop) => hop.value)));
  const [first, ...others] = hops;
  if (first === undefined) throw new RangeError('A version shift has hops');
  const services = hops.map((hop) => nameOf(view, hop.party)).sort();
  const version = named(shift.version);
  const hopEvidence = (hop: Hop) =>
    cite(
      view,
      [hop.example],
      'version.hop',
      {
        service: named(nameOf(view, hop.party)),
        version,
        now: us(hop.usualOn),
        usual: us(hop.usualOff),
        shift: us(hop.value),
      },
      { counts: { with: hop.on, of: hop.on + hop.off } },
    );
  const single = others.length === 0;
  const evidence: [Evidence, ...Evidence[]] = single
    ? [hopEvidence(first)]
    : [
        cite(
          view,
          [first.example],
          'per-hop.pooled',
          {
            version,
            hops: count(hops.length),
            each: us(middle),
            total: us(total),
            services: named(services.join(', ')),
          },
          { statistic: { name: 'I²', value: rounded(shift.pooled.heterogeneity) } },
        ),
        ...[first, ...others].map(hopEvidence),
      ];
  const certainty = hops.map((hop) => 1 - hop.error / hop.value).reduce((a, b) => Math.min(a, b), 1);
  const growth = median(sorted(hops.map((hop) => hop.value / Math.max(1_000, hop.usualOff))));
  return {
    detector: single ? versionRegression.id : perHopOverhead.id,
    mechanism: single ? 'version-regression' : 'per-hop-overhead',
    component: { kind: 'attribute', key: VERSION, value: shift.version, services },
    role: single ? 'context' : 'cause',
    strength: clip((1 - Math.exp(-growth * 2)) * certainty),
    specificity: clip(shift.concurrent ? certainty : 0.7 * certainty),
    support: hops.reduce((least, hop) => Math.min(least, hop.on), Number.POSITIVE_INFINITY),
    evidence,
  };
}
