import type { Evidence, Finding, Quantity } from '../model/finding.ts';
import { at, numberAt } from '../model/units.ts';
import { median, sorted } from '../population/statistics.ts';
import { type Hop, VERSION, type VersionShift } from '../population/versions.ts';
import type { View } from '../population/view.ts';
import { ordinalOf } from '../trace/build.ts';
import { cite, clip, count, named, nameOf, rounded, rowsOf, us } from './cite.ts';
import { LEAST_SHIFT } from './slower-cells.ts';

/** Hops that are certainly slower on the version than off it. */
export function slower({ hops }: VersionShift): readonly Hop[] {
  return hops.filter((hop) => hop.value - 2 * hop.error > 0 && hop.value >= Math.max(LEAST_SHIFT, 0.2 * hop.usualOff));
}

/** One hop tells of a regression of its service, several of an overhead that all of them carry. */
export function hopFinding(view: View, detector: string, shift: VersionShift, hops: readonly Hop[]): Finding {
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
  const rollout = rolloutOf(view, shift.version, hops);
  if (rollout !== undefined) evidence.push(rollout.evidence);
  const certainty = hops.map((hop) => 1 - hop.error / hop.value).reduce((a, b) => Math.min(a, b), 1);
  const growth = median(sorted(hops.map((hop) => hop.value / Math.max(1_000, hop.usualOff))));
  return {
    detector,
    mechanism: single ? 'version-regression' : 'per-hop-overhead',
    component: { kind: 'attribute', key: VERSION, value: shift.version, services },
    role: single ? 'context' : 'cause',
    strength: clip((1 - Math.exp(-growth * 2)) * certainty),
    specificity: clip((shift.concurrent ? certainty : 0.7 * certainty) * (rollout?.aligned ?? 1)),
    support: hops.reduce((least, hop) => Math.min(least, hop.on), Number.POSITIVE_INFINITY),
    evidence,
  };
}

/**
 * When the version was first seen, and how many of the requests that went badly came after that: what was there before a
 * deploy was not brought by it. Undefined where the version is old or nothing went badly.
 */
function rolloutOf(
  view: View,
  version: string,
  hops: readonly Hop[],
): { readonly evidence: Evidence; readonly aligned: number } | undefined {
  const { table, requests, bad } = view;
  const parties = new Set(hops.map(({ party }) => party));
  const runs = (row: number) =>
    parties.has(at(view.charges.party, row)) && String(table.resource(row, VERSION)) === version;
  for (const row of rowsOf(view, view.baseline)) if (runs(row)) return undefined;
  let first = -1;
  for (const row of rowsOf(view, view.window)) {
    if (runs(row) && (first < 0 || numberAt(table.start, row) < numberAt(table.start, first))) first = row;
  }
  if (first < 0) return undefined;
  const started = numberAt(table.start, at(requests.entry, ordinalOf(table, first)));
  let after = 0;
  let of = 0;
  bad.forEach((flag, trace) => {
    if (flag !== 1) return;
    of++;
    if (numberAt(table.start, at(requests.entry, trace)) >= started) after++;
  });
  if (of === 0) return undefined;
  const since: Quantity = { unit: 'time', value: table.epoch + numberAt(table.start, first) };
  const values = { version: named(version), since, after: count(after), of: count(of) };
  return { evidence: cite(view, [first], 'version.rollout', values), aligned: after / of };
}
