import { at, numberAt } from '../model/units.ts';
import { durationOf } from '../population/requests.ts';
import { sum, type View } from '../population/view.ts';
import type { Candidate } from './analyse-rank.ts';
import { affectedBy, LEAST_LOSS, LEAST_SHARE, lossIn } from './analyse-scope.ts';

/** A cause that is told, with what is its own among the requests that went badly. */
export type Told = {
  readonly candidate: Candidate;
  /** Requests that it explains and no cause before it does, of those that were left to explain. */
  readonly explains: number;
  readonly of: number;
  /** Most of what it explains is explained by no cause before it: another trouble, not a rival. */
  readonly apart: boolean;
};

/** More than three causes at once are an explanation of nothing. */
const MOST_TOLD = 3;
/** Candidates that are looked at for it. */
const MOST_LOOKED_AT = 8;
/** Another cause is told when it scores at least this part of the first. */
const WORTH_TELLING = 0.25;
/** And when enough requests are left that it explains: so many, and this part of all (reference section 13, step 10). */
const FEWEST_LEFT = 5;
const LEAST_LEFT = 0.15;
const APART = 0.5;

/**
 * Several troubles may fall into one window. The most likely cause is told first; then, of what it does not explain, the next.
 * A request is explained by a cause when its failure is blamed on it, or when it would not have been slow without it:
 *
 * ```
 *   request a   ████████░░           the first cause took most of it: explained
 *   request b   ████████▒▒▒▒▒▒▒      without the first it would still be slow: left for the second
 * ```
 */
export function causesToTell(view: View, strong: readonly Candidate[]): readonly Told[] {
  const [top] = strong;
  if (top === undefined) return [];
  const worthy = strong.filter(({ score }) => score >= WORTH_TELLING * top.score).slice(0, MOST_LOOKED_AT);
  if (view.reference === 'none') {
    const of = sum(view.window);
    return worthy.slice(0, MOST_TOLD).map((candidate) => ({ candidate, explains: of, of, apart: false }));
  }
  const affected = worthy.map((candidate) => affectedBy(view, candidate));
  const wentBadly = view.excess || view.reference === 'window' ? view.bad : affected[0];
  let left = Uint8Array.from(wentBadly ?? []);
  const enough = Math.max(FEWEST_LEFT, LEAST_LEFT * sum(left));
  const told: (Told & { readonly hits: Uint8Array })[] = [];
  worthy.forEach((candidate, i) => {
    const hits = affected[i] ?? new Uint8Array(view.table.traces);
    const explains = left.reduce((n, flag, trace) => n + (flag === 1 && hits[trace] === 1 ? 1 : 0), 0);
    if (told.length === MOST_TOLD || (told.length > 0 && explains < enough)) return;
    const all = hits.reduce((n, flag, trace) => n + (flag === 1 && wentBadly?.[trace] === 1 ? 1 : 0), 0);
    told.push({ candidate, explains, of: sum(left), apart: explains > APART * all, hits });
    left = left.map((flag, trace) => (flag === 1 && !isExplained(view, told, trace) ? 1 : 0));
  });
  return told;
}

function isExplained(
  view: View,
  causes: readonly { readonly candidate: Candidate; readonly hits: Uint8Array }[],
  trace: number,
): boolean {
  if (view.requests.failed[trace] === 1) return causes.some(({ hits }) => hits[trace] === 1);
  const loss = causes.reduce((total, { candidate }) => total + lossIn(view, candidate, trace), 0);
  const excess = numberAt(view.comparison.contribution.excess, trace);
  const length = durationOf(view.table, at(view.requests.entry, trace));
  return loss > 0 && excess - loss < Math.max(LEAST_LOSS, LEAST_SHARE * length);
}
