import { tracesIn, visitsOf } from '../detectors/cite.ts';
import type { Evidence } from '../model/finding.ts';
import { at } from '../model/units.ts';
import { chanceOfRates, leastChance } from '../population/statistics.ts';
import type { View } from '../population/view.ts';
import { isAboutTime } from './analyse-mechanisms.ts';
import type { Candidate } from './analyse-rank.ts';

/** Lost time is a suspicion when luck deals it at most one time in ten, a cause at one in a hundred: the usual levels. */
export const SUSPECT_CHANCE = 0.1;
export const CAUSE_CHANCE = 0.01;

/**
 * How likely luck alone deals the requests of a candidate this way. Where something happened more often than before, by
 * Fisher's exact test on how often. Where all there is against it is lost time, at least as likely as the number of requests
 * on either side allows that visit the place where most was lost: three requests that were slow where two were quick are one
 * way in ten to deal five, and no growth makes them more. 0 for what was never compared.
 */
export function chanceOf(view: View, { lead, parties }: Candidate): number {
  if (view.reference === 'none') return 0;
  if (!isAboutTime(lead)) return chanceOfCounts(lead.evidence[0].counts);
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

function chanceOfCounts(counts: Evidence['counts']): number {
  if (counts?.baselineWith === undefined || counts.baselineOf === undefined || counts.baselineOf === 0) return 0;
  return chanceOfRates(counts, { with: counts.baselineWith, of: counts.baselineOf });
}
