import { count } from '../detectors/cite.ts';
import type { Evidence, Finding } from '../model/finding.ts';
import type { Hypothesis, Verdict } from '../model/verdict.ts';
import { sum, type View } from '../population/view.ts';
import { CAUSE_CHANCE, chanceOf, SUSPECT_CHANCE } from './analyse-chance.ts';
import { CLOSE, completeness, confidenceOf, factorsOf, marginOf } from './analyse-confidence.ts';
import { causesToTell, type Told } from './analyse-cover.ts';
import { commonGap, FEW, FLOOR, gapsOf } from './analyse-gaps.ts';
import { isAboutTime } from './analyse-mechanisms.ts';
import type { Candidate } from './analyse-rank.ts';

/**
 * Version of what makes a verdict out of traces, told with each so that two of them can be compared. The first number rises
 * when scores mean something else: the comparison, the ranking, the confidence, their weights or thresholds. The second rises
 * when the same traces may get another verdict all the same: a detector more, or another rule or guard of one. Words, speed
 * and reading change neither. `test/investigation/model.test.ts` holds the verdicts of a version and fails when they change.
 */
export const MODEL = 'rca-2.0';

/** Below this an explicit mechanism is a curiosity. */
const LEAST_SHOWN = 0.4;
/** Without a reference, lost time is worth a word from this share of the waiting on. */
const LEAST_WAITED = 0.1;
const MOST_HYPOTHESES = 3;
const MOST_EVIDENCE = 5;
/** Nor can a suspicion this close to what the baseline reaches against itself be told apart from chance. */
const BEYOND_NOISE = 1 + CLOSE;

/** Candidates that beat chance; the others are leads at best. */
export const convincing = (view: View, candidates: readonly Candidate[]): readonly Candidate[] =>
  plausible(view, candidates).filter((candidate) => !isTalk(view, candidate) || isOtherTalk(view, candidate));

/** Candidates that may explain what happened, and so are rivals of whoever is named. */
function plausible(view: View, candidates: readonly Candidate[]): readonly Candidate[] {
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

/** Nothing but log lines speaks against somebody, and nobody suffered. */
const isTalk = (view: View, { lead }: Candidate): boolean =>
  !view.excess && lead.evidence[0].claim.startsWith('event.');

/**
 * Hundreds of lines are looked at, and from one hour to the next some come less often: other requests, or lines that were
 * lost on their way. A line that stopped altogether, or that never came before, says that something is done otherwise.
 */
function isOtherTalk(view: View, candidate: Candidate): boolean {
  const [first] = candidate.lead.evidence;
  const { with: now, baselineWith: before } = first.counts ?? { with: 1, baselineWith: 1 };
  return (first.claim === 'event.missing' ? now === 0 : before === 0) && chanceOf(view, candidate) <= CAUSE_CHANCE;
}

/** `affected`: how many requests suffered from the first convincing candidate. */
export function decide(
  view: View,
  candidates: readonly Candidate[],
  findings: readonly Finding[],
  affected: number,
): Verdict {
  const strong = convincing(view, candidates);
  const [top] = strong;
  const told = causesToTell(view, strong);
  const rival = plausible(view, candidates).find(
    (other) => other !== top && !told.some(({ candidate, apart }) => candidate === other && apart),
  );
  const complete = completeness(view);
  const confidence = top === undefined ? 'low' : confidenceOf(view, top, rival, { complete, affected });
  const kind = top === undefined ? 'cannot-tell' : confidence === 'low' ? 'suspect' : 'cause';
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
    missing: [...gapsOf(view, { candidates, top, rival, complete }), ...commonGap(findings)],
    ...(top === undefined ? {} : { factors: factorsOf(view, top, rival && marginOf(top, rival)) }),
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
