import { count, isSilent, named, ratio } from '../detectors/cite.ts';
import type { Finding } from '../model/finding.ts';
import type { Gap } from '../model/verdict.ts';
import { sum, type View } from '../population/view.ts';
import { CLOSE, marginOf } from './analyse-confidence.ts';
import type { Candidate } from './analyse-rank.ts';

/** Fewer bad requests than this carry nothing but a mechanism that shows itself (reference section 8.2). */
export const FEW = 5;
/** Suspicion below which nothing is named at all, however quiet the baseline. */
export const FLOOR = 0.12;
/** From this share of requests that went badly on, in both windows, they were chosen for it. */
const CHOSEN = 0.9;

/** What a verdict rests on, as far as its gaps are concerned. */
export type Ground = {
  readonly candidates: readonly Candidate[];
  readonly top: Candidate | undefined;
  /** The next best explanation of the same requests. */
  readonly rival: Candidate | undefined;
  readonly complete: number;
};

/** Why no more can be said, and what would tell. */
export function gapsOf(view: View, { candidates, top, rival, complete }: Ground): readonly Gap[] {
  const gaps: Gap[] = [];
  const suspects = sum(view.window);
  if (suspects === 0) gaps.push({ claim: 'no-traces', values: {} });
  else if (top === undefined && view.reference === 'baseline' && !view.excess) {
    gaps.push({
      claim: 'nothing-failed-or-slowed',
      values: { requests: count(suspects), baseline: count(sum(view.baseline)) },
    });
  } else if (top === undefined) {
    gaps.push({ claim: 'no-contrast', values: { requests: count(suspects) } });
  }
  if (view.reference === 'none' && suspects > 0)
    gaps.push({ claim: 'no-baseline', values: { requests: count(suspects) } });
  if (view.reference !== 'none' && suspects > 0 && suspects < FEW) {
    gaps.push({ claim: 'few-requests', values: { requests: count(suspects) } });
  }
  if (complete < 0.9) gaps.push({ claim: 'incomplete', values: { missing: ratio(1 - complete) } });
  gaps.push(...cutGap(view));
  if (top === undefined && candidates[0] !== undefined && view.noise >= FLOOR) {
    gaps.push({ claim: 'restless-baseline', values: { baseline: count(sum(view.baseline)) } });
  }
  if (top !== undefined && rival !== undefined && marginOf(top, rival) < CLOSE) {
    gaps.push({ claim: 'close-second', values: { first: named(titleOf(top)), second: named(titleOf(rival)) } });
  }
  if (isChosen(view)) gaps.push({ claim: 'only-bad', values: { requests: count(suspects) } });
  const silent = top?.parties.find((party) => isSilent(view, party));
  if (silent !== undefined) {
    gaps.push({ claim: 'silent-peer', values: { peer: named(view.charges.parties.names[silent] ?? '') } });
  }
  return gaps;
}

/** A trace that was too large to be read whole, the one that lost most. */
function cutGap({ table, window }: View): readonly Gap[] {
  let worst = { kept: 0, dropped: 0 };
  for (const [trace, repairs] of table.repairs) {
    if (window[trace] !== 1) continue;
    for (const repair of repairs) if (repair.kind === 'truncated' && repair.dropped > worst.dropped) worst = repair;
  }
  if (worst.dropped === 0) return [];
  return [{ claim: 'cut', values: { kept: count(worst.kept), of: count(worst.kept + worst.dropped) } }];
}

/** When everything slowed down alike, a cause may be outside of every service. */
export function commonGap(findings: readonly Finding[]): readonly Gap[] {
  const common = findings.find(({ mechanism }) => mechanism === 'common-mode-slowdown');
  const factor = common?.evidence[0].values.factor;
  return factor === undefined ? [] : [{ claim: 'all-slowed-alike', values: { factor } }];
}

/**
 * Whether the requests were kept for going badly, as tail sampling does: nearly all of both windows did. Then no rate means
 * anything, and only counts of what was read are told.
 */
export function isChosen({ requests, window, baseline }: View): boolean {
  const failed = (traces: Uint8Array) =>
    traces.reduce((n, member, trace) => n + (member === 1 && requests.failed[trace] === 1 ? 1 : 0), 0);
  const [now, before] = [sum(window), sum(baseline)];
  if (now < FEW) return false;
  return failed(window) >= CHOSEN * now && (before === 0 || failed(baseline) >= CHOSEN * before);
}

function titleOf({ component }: Candidate): string {
  switch (component.kind) {
    case 'service':
      return component.service;
    case 'operation':
      return `${component.service} ${component.operation}`;
    case 'edge':
      return `${component.from} → ${component.to}`;
    case 'attribute':
      return `${component.key}=${component.value}`;
  }
}
