import { count, isSilent, named, ratio } from '../detectors/cite.ts';
import type { Evidence, Finding } from '../model/finding.ts';
import { Flag, Kind } from '../model/trace.ts';
import { at } from '../model/units.ts';
import type { Confidence, Gap, Hypothesis, Verdict } from '../model/verdict.ts';
import { STRICT_Z, wilson } from '../population/statistics.ts';
import { sum, type View } from '../population/view.ts';
import { chanceOf } from './analyse-chance.ts';
import { causesToTell, type Told } from './analyse-cover.ts';
import { type Candidate, isAboutTime } from './analyse-rank.ts';

/** Version of the scoring: weights and thresholds of this file and of `analyse-rank.ts`. */
export const MODEL = 'rca-1';

/** Suspicion below which nothing is named at all, however quiet the baseline. */
const FLOOR = 0.12;
/** Below this an explicit mechanism is a curiosity. */
const LEAST_SHOWN = 0.4;
/** Without a reference, lost time is worth a word from this share of the waiting on. */
const LEAST_WAITED = 0.1;
const MOST_HYPOTHESES = 3;
const MOST_EVIDENCE = 5;
/** Fewer bad requests than this carry nothing but a mechanism that shows itself (reference section 8.2). */
const FEW = 5;
/** A second candidate this close cannot be told apart from the first. */
const CLOSE = 0.1;
/** Nor can a suspicion this close to what the baseline reaches against itself be told apart from chance. */
const BEYOND_NOISE = 1 + CLOSE;
/** Lost time is a suspicion when luck deals it at most one time in ten, a cause at one in a hundred: the usual levels. */
const SUSPECT_CHANCE = 0.1;
const CAUSE_CHANCE = 0.01;

/** Candidates that beat chance; the others are leads at best. */
export function convincing(view: View, candidates: readonly Candidate[]): readonly Candidate[] {
  const limit = Math.max(FLOOR, BEYOND_NOISE * view.noise);
  return candidates.filter((candidate) => {
    const { lead, suspicion, explicit } = candidate;
    const shown = lead.strength * lead.specificity;
    if (view.reference === 'none') return shown >= LEAST_SHOWN && (!isAboutTime(lead) || suspicion >= LEAST_WAITED);
    // A handful of bad requests among good ones of the same minute is a coincidence until it shows what it is.
    if (view.reference === 'window' && !explicit && lead.support < FEW) return false;
    if (suspicion >= limit && chanceOf(view, candidate) <= SUSPECT_CHANCE) return true;
    const seen = explicit && shown >= LEAST_SHOWN && lead.support >= Math.min(3, sum(view.window));
    return seen && chanceOf(view, candidate) <= CAUSE_CHANCE;
  });
}

/** `affected`: how many requests suffered from the first convincing candidate. */
export function decide(
  view: View,
  candidates: readonly Candidate[],
  findings: readonly Finding[],
  affected: number,
): Verdict {
  const strong = convincing(view, candidates);
  const [top, second] = strong;
  const complete = completeness(view);
  const confidence = top === undefined ? 'low' : confidenceOf(view, top, second, { complete, affected });
  const kind = top === undefined ? 'cannot-tell' : confidence === 'low' ? 'suspect' : 'cause';
  const told = causesToTell(view, strong);
  const causes = told.map((one) => asHypothesis(view, one, told.length));
  const others = top === undefined ? [] : findings.filter(({ role }) => role === 'amplifier' || role === 'effect');
  const ordered = others.toSorted((a, b) =>
    a.role === b.role ? b.support - a.support : a.role === 'amplifier' ? -1 : 1,
  );
  const hypotheses = [
    ...causes.map((hypothesis) => qualified(view, hypothesis, findings)),
    ...ordered.slice(0, MOST_HYPOTHESES).map((finding) => consequence(finding)),
  ].map((hypothesis, i) => ({ ...hypothesis, id: `H${i + 1}` }));
  return {
    kind,
    confidence,
    hypotheses,
    missing: [...gapsOf(view, candidates, strong, complete), ...commonGap(findings)],
    model: MODEL,
  };
}

function asHypothesis(view: View, told: Told, causes: number): Omit<Hypothesis, 'id'> {
  const { component, lead, findings, score } = told.candidate;
  const all = findings.flatMap((finding) => finding.evidence);
  const seen = new Set<string>();
  const distinct = all.filter((evidence) => {
    const key = JSON.stringify([evidence.claim, evidence.values]);
    return !seen.has(key) && seen.add(key);
  });
  const [first = lead.evidence[0], ...rest] = distinct;
  const share = causes > 1 && view.reference !== 'none' ? [shareOf(told, first)] : [];
  const evidence: [Evidence, ...Evidence[]] = [first, ...[...share, ...rest].slice(0, MOST_EVIDENCE - 1)];
  return { component, mechanism: lead.mechanism, role: 'cause', score: Math.round(score * 1_000) / 1_000, evidence };
}

/** Beside other causes: how many of the requests that were left to explain are its own. */
function shareOf({ explains, of }: Told, { traceId, spanIds }: Evidence): Evidence {
  const values = { with: count(explains), of: count(of) };
  return { claim: 'cause.share', values, traceId, spanIds, counts: { with: explains, of } };
}

function consequence({ component, mechanism, role, strength, evidence }: Finding): Omit<Hypothesis, 'id'> {
  const [first, ...rest] = evidence;
  return { component, mechanism, role, score: strength, evidence: [first, ...rest.slice(0, MOST_EVIDENCE - 1)] };
}

/** Share of the evidence's traces that must have a value before it qualifies a hypothesis. */
const QUALIFIES = 0.7;

/** "On version 2": what nearly all bad requests share, when it is not the hypothesis itself. */
function qualified(
  view: View,
  hypothesis: Omit<Hypothesis, 'id'>,
  findings: readonly Finding[],
): Omit<Hypothesis, 'id'> {
  if (hypothesis.component.kind === 'attribute') return hypothesis;
  const bad = sum(view.bad);
  const shared = findings.find(
    ({ component, mechanism, support }) =>
      component.kind === 'attribute' &&
      (mechanism === 'attribute-contrast' || mechanism === 'bad-instance') &&
      support >= QUALIFIES * bad,
  );
  if (shared === undefined || shared.component.kind !== 'attribute') return hypothesis;
  return { ...hypothesis, qualifier: { key: shared.component.key, value: shared.component.value } };
}

/**
 * Four factors (reference section 8.1): how strong the effect is, how many traces support it, how specific it is to them, how
 * far the next candidate is behind. What the data cannot carry caps the band.
 */
function confidenceOf(
  view: View,
  top: Candidate,
  second: Candidate | undefined,
  data: { readonly complete: number; readonly affected: number },
): Confidence {
  const { complete, affected } = data;
  const { strength, specificity, support } = top.lead;
  const margin = second === undefined ? 1 : (top.score - second.score) / Math.max(top.score, 1e-9);
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
      const orphan = (at(table.flags, row) & Flag.orphan) !== 0;
      if (orphan && at(table.kind, row) !== Kind.internal) missing++;
    }
  }
  return spans === 0 ? 1 : 1 - missing / spans;
}

function gapsOf(
  view: View,
  candidates: readonly Candidate[],
  strong: readonly Candidate[],
  complete: number,
): readonly Gap[] {
  const gaps: Gap[] = [];
  const suspects = sum(view.window);
  const [top, second] = strong;
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
  if (top === undefined && candidates[0] !== undefined && view.noise >= FLOOR) {
    gaps.push({ claim: 'restless-baseline', values: { baseline: count(sum(view.baseline)) } });
  }
  if (top !== undefined && second !== undefined && (top.score - second.score) / top.score < CLOSE) {
    gaps.push({ claim: 'close-second', values: { first: named(titleOf(top)), second: named(titleOf(second)) } });
  }
  const silent = top?.parties.find((party) => isSilent(view, party));
  if (silent !== undefined) {
    gaps.push({ claim: 'silent-peer', values: { peer: named(view.charges.parties.names[silent] ?? '') } });
  }
  return gaps;
}

/** When everything slowed down alike, a cause may be outside of every service. */
function commonGap(findings: readonly Finding[]): readonly Gap[] {
  const common = findings.find(({ mechanism }) => mechanism === 'common-mode-slowdown');
  const factor = common?.evidence[0].values.factor;
  return factor === undefined ? [] : [{ claim: 'all-slowed-alike', values: { factor } }];
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
