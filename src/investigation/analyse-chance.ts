import { tracesIn, visitsOf } from '../detectors/cite.ts';
import { at } from '../model/units.ts';
import { leastChance } from '../population/statistics.ts';
import type { View } from '../population/view.ts';
import { type Candidate, isAboutTime } from './analyse-rank.ts';

/**
 * How likely luck alone deals the requests of a candidate this way, at least, when all there is against it is lost time: by
 * the number of requests on either side that visit the place where most was lost. Three requests that were slow where two
 * were quick are one way in ten to deal five, and no growth makes them more. 0 for what is no matter of time.
 */
export function chanceOf(view: View, { lead, parties }: Candidate): number {
  if (!isAboutTime(lead) || view.reference === 'none') return 0;
  const { shifts, owners, contribution, sides } = view.comparison;
  let most = 0;
  let costliest = -1;
  for (const { cell, now } of shifts) {
    const lost = at(contribution.cellExcess, cell) * now.length;
    if (lost <= most || !parties.includes(at(owners, cell))) continue;
    most = lost;
    costliest = cell;
  }
  if (costliest < 0) return 1;
  const visiting = (traces: Uint8Array) => tracesIn(view, visitsOf(view, costliest, traces));
  return leastChance(visiting(sides.suspect), visiting(sides.reference));
}
