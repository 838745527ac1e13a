import { tracesIn, visitsOf } from '../detectors/cite.ts';
import type { Evidence } from '../model/finding.ts';
import { at, numberAt } from '../model/units.ts';
import { chanceOfRates, leastChance } from '../population/statistics.ts';
import { sum, type View } from '../population/view.ts';
import { isAboutTime } from './analyse-mechanisms.ts';
import type { Candidate } from './analyse-rank.ts';

/** Lost time is a suspicion when luck deals it at most one time in ten, a cause at one in a hundred: the usual levels. */
export const SUSPECT_CHANCE = 0.1;
export const CAUSE_CHANCE = 0.01;

/**
 * How likely luck alone deals the requests of a candidate this way. Where something happened more often than before, by
 * Fisher's exact test on how often. Where all there is against it is lost time, at least as likely as the number of requests
 * on either side allows that visit the place where most was lost: three requests that were slow where two were quick are one
 * way in ten to deal five, and no growth makes them more. What shows itself where nobody waits (messages in a queue) has its
 * own requests against the healthy ones. 0 for what was never compared.
 */
export function chanceOf(view: View, { lead, parties, explicit }: Candidate): number {
  if (view.reference === 'none') return 0;
  if (!isAboutTime(lead)) return chanceOfCounts(lead.evidence[0].counts);
  const { shifts, owners, contribution, sides } = view.comparison;
  let most = 0;
  let costliest = -1;
  for (const { cell, now } of shifts) {
    const lost = numberAt(contribution.cellExcess, cell) * now.length;
    if (lost <= most || !parties.includes(at(owners, cell))) continue;
    most = lost;
    costliest = cell;
  }
  if (costliest < 0) return explicit ? leastChance(lead.support, sum(view.sides.reference)) : 1;
  const visiting = (traces: Uint8Array) => tracesIn(view, visitsOf(view, costliest, traces));
  const dealt = leastChance(visiting(sides.suspect), visiting(sides.reference));
  return view.reference === 'baseline' && sum(sides.suspect) < sum(view.window)
    ? Math.max(dealt, chanceOfBad(view, costliest))
    : dealt;
}

/**
 * Where only the bad requests of a window are looked at, they are slow because they were chosen for it. What luck may have
 * done then is how many of those that visit the place went badly: every place has its slow tail.
 */
function chanceOfBad(view: View, cell: number): number {
  const { requests, window, baseline, bad } = view;
  const wentBadly = baseline.map((member, trace) =>
    member === 1 && (requests.failed[trace] === 1 || requests.slow[trace] === 1) ? 1 : 0,
  );
  const rate = (some: Uint8Array, all: Uint8Array) => ({
    with: tracesIn(view, visitsOf(view, cell, some)),
    of: tracesIn(view, visitsOf(view, cell, all)),
  });
  const before = rate(wentBadly, baseline);
  return before.of === 0 ? 0 : chanceOfRates(rate(bad, window), before);
}

function chanceOfCounts(counts: Evidence['counts']): number {
  if (counts?.baselineWith === undefined || counts.baselineOf === undefined || counts.baselineOf === 0) return 0;
  return chanceOfRates(counts, { with: counts.baselineWith, of: counts.baselineOf });
}
