import { count, ratio } from '../detectors/cite.ts';
import { Flag, Kind } from '../model/trace.ts';
import { at, byteAt } from '../model/units.ts';
import type { Confidence, Gap } from '../model/verdict.ts';
import { STRICT_Z, wilson } from '../population/statistics.ts';
import { sum, type View } from '../population/view.ts';
import { CAUSE_CHANCE, chanceOf } from './analyse-chance.ts';
import type { Candidate } from './analyse-rank.ts';

/** A second candidate this close cannot be told apart from the first. */
export const CLOSE = 0.1;

/** How far a rival is behind, 0…1; 1 when there is none. */
export const marginOf = (top: Candidate, rival: Candidate | undefined): number =>
  rival === undefined ? 1 : (top.score - rival.score) / Math.max(top.score, 1e-9);

/**
 * Four factors (reference section 8.1): how strong the effect is, how many traces support it, how specific it is to them, how
 * far the next candidate is behind. What the data cannot carry caps the band.
 */
export function confidenceOf(
  view: View,
  top: Candidate,
  rival: Candidate | undefined,
  data: { readonly complete: number; readonly affected: number },
): Confidence {
  const { complete, affected } = data;
  const { strength, specificity, support } = top.lead;
  const margin = marginOf(top, rival);
  const supported = wilson(support, support, STRICT_Z).low;
  const raw = (strength * specificity * supported * Math.min(1, margin + 0.5)) ** 0.25;
  // A change that nobody felt is a lead, however certain it is.
  const unfelt = affected === 0 || (top.lead.mechanism === 'structural-change' && !view.excess);
  // With spans missing here and there, whose time it was is guesswork; a mechanism that shows itself is not.
  const torn = complete < 0.9 && !top.explicit;
  const lucky = chanceOf(view, top) > CAUSE_CHANCE;
  if (complete < 0.7 || margin < CLOSE || unfelt || torn || lucky) return 'low';
  if (view.reference === 'none') return top.explicit && strength >= 0.7 ? 'medium' : 'low';
  const enough = support >= 10 || (top.explicit && support >= 3);
  if (strength >= 0.7 && specificity >= 0.9 && enough && margin >= 0.3 && complete >= 0.9) return 'high';
  const single = top.explicit && sum(view.window) < 3 && strength >= 0.4 && specificity >= 0.9;
  return (raw >= 0.6 && support >= 3) || single ? 'medium' : 'low';
}

/** The four factors in words, for whoever asks how sure it is. */
export function factorsOf(view: View, { lead }: Candidate, margin: number | undefined): readonly Gap[] {
  const { strength, specificity, support } = lead;
  const factors: Gap[] = [
    { claim: 'factor-strength', values: { strength: ratio(strength) } },
    { claim: 'factor-support', values: { support: count(support), requests: count(sum(view.window)) } },
  ];
  if (view.reference !== 'none')
    factors.push({ claim: 'factor-specific', values: { specificity: ratio(specificity) } });
  factors.push(
    margin === undefined
      ? { claim: 'factor-alone', values: {} }
      : { claim: 'factor-margin', values: { margin: ratio(Math.max(0, margin)) } },
  );
  return factors;
}

/**
 * Share of the suspects' spans that are in place: orphans other than in-process leaves are missing somebody.
 */
export function completeness(view: View): number {
  const { table } = view;
  let spans = 0;
  let missing = 0;
  for (let trace = 0; trace < table.traces; trace++) {
    if (view.sides.suspect[trace] !== 1) continue;
    for (let row = at(table.first, trace); row < at(table.first, trace + 1); row++) {
      spans++;
      const orphan = (byteAt(table.flags, row) & Flag.orphan) !== 0;
      if (orphan && byteAt(table.kind, row) !== Kind.internal) missing++;
    }
  }
  return spans === 0 ? 1 : 1 - missing / spans;
}
