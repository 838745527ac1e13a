import type { Finding } from '../model/finding.ts';
import { at } from '../model/units.ts';
import { type Contrast, namesInstance } from '../population/contrast.ts';
import { type FailingInstance, failingInstances } from '../population/instances.ts';
import { certainRise, LOOSE_Z } from '../population/statistics.ts';
import { VERSION } from '../population/versions.ts';
import type { View } from '../population/view.ts';
import { cite, clip, count, named, nameOf, tracesIn } from './cite.ts';
import { contrastFinding, MOST_CONTRASTS } from './contrast-finding.ts';
import type { Detector } from './detector.ts';

/** Each instance that is examined takes a pass over the table; the strongest come first. */
const MOST_EXAMINED = 12;

/** D16: the trouble sits on one running copy of a service: bad requests passed it, or attempts to reach it fail. */
export const badInstance: Detector = {
  id: 'D16 bad-instance',
  asks: 'Is it one pod, host or address?',
  detect(view) {
    const instances = view.contrasts.filter(({ key }) => namesInstance(key)).slice(0, MOST_EXAMINED);
    const passed = instances.filter((one) => !isVersion(view, one));
    const told = new Set(passed.map(({ value }) => value));
    const attempts = failingInstances(view.table, view.charges, view.window).filter(({ value }) => !told.has(value));
    return [
      ...passed.slice(0, MOST_CONTRASTS).map((contrast) => contrastFinding(view, contrast, badInstance.id)),
      ...attempts.slice(0, MOST_CONTRASTS).map((instance) => attemptFinding(view, instance)),
    ];
  },
};

/**
 * Whether what an instance runs explains it as well as its being that instance. Its version does when other instances of the
 * service on that version are about as bad, or when there are none and no other service's instances are of any other
 * version than theirs are bad by: one new version everywhere is a release, not a row of bad machines.
 */
function isVersion(view: View, { key, value, row }: Contrast): boolean {
  const { table } = view;
  const service = at(table.service, row);
  const version = table.resource(row, VERSION);
  if (version === undefined) return false;
  const here = { with: 0, of: 0 };
  const neighbours = { with: 0, of: 0 };
  let others = 0;
  for (let trace = 0; trace < table.traces; trace++) {
    const bad = view.bad[trace] === 1;
    if (!bad && view.good[trace] !== 1) continue;
    let onIt = false;
    let onVersion = false;
    for (let r = at(table.first, trace); r < at(table.first, trace + 1); r++) {
      if (table.service[r] !== service) continue;
      if (String(table.resource(r, key) ?? table.attribute(r, key)) === value) onIt = true;
      else if (table.resource(r, VERSION) === version) onVersion = true;
      else others++;
    }
    const side = onIt ? here : onVersion ? neighbours : undefined;
    if (side === undefined) continue;
    side.of++;
    if (bad) side.with++;
  }
  if (neighbours.of > 0) return certainRise(here, neighbours, LOOSE_Z) === 0 && neighbours.with > 0;
  // The only instance of its version: the version is told if it is told of anybody else as well.
  return (
    others > 0 && (sharedByOthers(view, String(version), table.text(service)) || isContrasted(view, String(version)))
  );
}

const isContrasted = (view: View, version: string): boolean =>
  view.contrasts.some((contrast) => contrast.key === VERSION && contrast.value === version);

/** Whether another service is slower on the version too. */
function sharedByOthers(view: View, version: string, service: string): boolean {
  return view.versions.some(
    (shift) =>
      shift.version === version &&
      shift.hops.some((hop) => nameOf(view, hop.party) !== service && hop.value - 2 * hop.error > 0),
  );
}

function attemptFinding(view: View, { caller, peer, key, value, counts, instances, rows }: FailingInstance): Finding {
  const [row = 0] = rows;
  const failed = counts.a + counts.b;
  const here = counts.a + counts.c;
  return {
    detector: badInstance.id,
    mechanism: 'bad-instance',
    component: { kind: 'attribute', key, value, services: [nameOf(view, peer)] },
    role: 'cause',
    strength: clip(counts.a / (failed + counts.c)),
    specificity: clip(1 - counts.c / Math.max(1, counts.c + counts.d)),
    support: tracesIn(view, rows),
    evidence: [
      cite(view, [row], 'instance.attempts', {
        from: named(nameOf(view, caller)),
        to: named(nameOf(view, peer)),
        instance: named(value),
        failed: count(counts.a),
        tried: count(here),
        elsewhere: count(counts.b),
        of: count(counts.b + counts.d),
        instances: count(instances),
      }),
    ],
  };
}
