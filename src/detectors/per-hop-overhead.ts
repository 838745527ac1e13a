import type { Hop, VersionShift } from '../population/versions.ts';
import type { Detector } from './detector.ts';
import { hopFinding, slower } from './version-finding.ts';

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
      .map(({ shift, hops }) => hopFinding(view, perHopOverhead.id, shift, hops)),
};

/** One overhead, not a general slowdown: most services of the version carry it, and all of them about alike. */
function isUniform(shift: VersionShift, hops: readonly Hop[]): boolean {
  const values = hops.map((hop) => hop.value).sort((a, b) => a - b);
  const alike = (values.at(-1) ?? 0) <= ALIKE * (values[0] ?? 0) || shift.pooled.heterogeneity < HOMOGENEOUS;
  const quiet = shift.hops.filter((hop) => !hops.includes(hop) && hop.value < STILL * (values[0] ?? 0)).length;
  return alike && (shift.concurrent ? hops.length >= quiet : hops.length >= 2 * quiet);
}
