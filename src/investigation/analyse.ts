import { DETECTORS } from '../detectors/index.ts';
import type { Mechanism } from '../model/finding.ts';
import type { Trigger } from '../model/investigation.ts';
import type { SpanTable } from '../model/trace.ts';
import type { TraceId } from '../model/units.ts';
import type { Analysis, Verdict } from '../model/verdict.ts';
import { actorOf, measureImpact } from '../population/impact.ts';
import { type Actor, traceLineage, unusualActor } from '../population/lineage.ts';
import { trafficOf } from '../population/traffic.ts';
import { buildView, type Hints, sum, type View } from '../population/view.ts';
import { CLOSE } from './analyse-confidence.ts';
import { isChosen } from './analyse-gaps.ts';
import { type Candidate, rankCandidates, unshownAlone } from './analyse-rank.ts';
import { affectedBy, culpritSpans, exemplarOf } from './analyse-scope.ts';
import { convincing, decide } from './analyse-verdict.ts';

/** One table holds suspects and baseline alike, so that their call paths have the same ids. */
export type AnalysisInput = {
  readonly table: SpanTable;
  /** By trace ordinal: 1 for a baseline trace. Without it every trace is a suspect. */
  readonly baseline?: Uint8Array;
  /** The trace that was asked about. */
  readonly focus?: TraceId;
  readonly hints?: Hints;
};

export type Analyse = (input: AnalysisInput, trigger?: Trigger) => Analysis;

/**
 * Works out what broke: measure everything once, ask every detector, rank what they found, decide how much may be said.
 * Pure and deterministic: the same traces give the same analysis in whatever order they came.
 */
export const analyse: Analyse = (input, trigger) => {
  const { table } = input;
  const hints = hintsOf(input, trigger);
  const view = buildView(table, input.baseline ?? new Uint8Array(table.traces), hints);
  const findings = sum(view.window) === 0 ? [] : DETECTORS.flatMap((detector) => detector.detect(view));
  const candidates = rankCandidates(view, findings);
  const [cause] = convincing(view, candidates);
  const affected = affectedBy(view, cause);
  const decided = decide(view, candidates, findings, sum(affected));
  const actor = actorBehind(view, decided, affected);
  const verdict = actor === undefined ? decided : nothingBroke(decided);
  const lineage = lineageOf(view, verdict.kind, actor);
  const named = verdict.hypotheses.length === 0 ? undefined : cause;
  const exemplar = exemplarOf(view, named, lineage?.data[0]?.traceId ?? lineage?.traceIds[0]);
  return {
    verdict,
    findings,
    impact: impactOf(view, named === undefined && lineage !== undefined ? ofTraces(view, lineage.traceIds) : affected),
    ...(exemplar === undefined ? {} : { exemplar }),
    culpritSpans: named === undefined || exemplar === undefined ? [] : culpritSpans(view, named, exemplar.suspect),
    ...(lineage === undefined ? {} : { lineage }),
    counts: { suspects: sum(view.window), baseline: sum(view.baseline), spans: table.size },
    ranking: rankServices(view, candidates),
  };
};

/** Counts of what was read, and a share of all traffic only where the requests were kept by chance, and say by which. */
function impactOf(view: View, affected: Uint8Array): Analysis['impact'] {
  const byChance = view.hints.whole === true && view.hints.focus === undefined && !isChosen(view);
  const traffic = byChance ? trafficOf(view, affected) : undefined;
  return { ...measureImpact(view, affected), ...(traffic === undefined ? {} : { traffic }) };
}

function hintsOf({ focus, hints }: AnalysisInput, trigger: Trigger | undefined): Hints {
  const asked = focus ?? (trigger !== undefined && trigger.kind !== 'alert' ? trigger.traceId : undefined);
  return {
    ...(asked === undefined ? {} : { focus: asked }),
    ...hints,
  };
}

/** 1 for each of the traces: beside a lineage, the requests that count are the actor's. */
function ofTraces({ table }: View, traceIds: readonly TraceId[]): Uint8Array {
  const wanted = new Set(traceIds);
  return Uint8Array.from(table.traceIds, (traceId) => (wanted.has(traceId) ? 1 : 0));
}

/** Mechanisms that only say that time was lost. */
const VAGUE: ReadonlySet<Mechanism> = new Set([
  'slow-operation',
  'slow-query',
  'blind-spot',
  'network-delay',
  'n-plus-one',
]);
const MOSTLY = 0.8;

/**
 * The actor who reads far more than anybody else, where that tells more than the verdict does: lost time is all there is
 * against anybody, and it was lost in (nearly) nobody's requests but theirs or is a mere suspicion, or nobody felt anything.
 */
function actorBehind(view: View, { kind, hypotheses: [top] }: Verdict, affected: Uint8Array): Actor | undefined {
  const unfelt = kind === 'suspect' && sum(affected) === 0;
  const suspicious = top !== undefined && (unfelt || VAGUE.has(top.mechanism)) ? unusualActor(view) : undefined;
  if (suspicious === undefined || kind === 'suspect') return suspicious;
  let theirs = 0;
  affected.forEach((hit, trace) => {
    if (hit === 1 && actorOf(view, trace)?.value === suspicious.value) theirs++;
  });
  return theirs >= MOSTLY * sum(affected) ? suspicious : undefined;
}

const nothingBroke = ({ model }: Verdict): Verdict => ({
  kind: 'cannot-tell',
  confidence: 'low',
  hypotheses: [],
  missing: [{ claim: 'one-actor', values: {} }],
  model,
});

/** A lineage is told when it was asked for, and when nothing broke but somebody reads far more than anybody else. */
function lineageOf(view: View, verdict: Verdict['kind'], behind: Actor | undefined): Analysis['lineage'] {
  const { actor = behind, question } = view.hints;
  if (actor !== undefined) return traceLineage(view, actor);
  if (question !== 'lineage' && verdict === 'cause') return undefined;
  const found = unusualActor(view);
  return found === undefined ? undefined : traceLineage(view, found);
}

/**
 * Services with anything against them, most suspected first: what `evaluate` scores. A peer that sends no spans stands among
 * them by the name under which it was asked. Where the time is lost at or behind it, out of sight, it comes first and who
 * asks it next, too close to be told apart; where a query, a connection or an answer was bad, its asker comes first.
 */
function rankServices(view: View, candidates: readonly Candidate[]): NonNullable<Analysis['ranking']> {
  const { names, services } = view.charges.parties;
  const scores = new Map<string, number>();
  const hold = (name: string, score: number) => scores.set(name, Math.max(scores.get(name) ?? 0, score));
  for (const { parties, component, lead, score } of candidates) {
    const between =
      lead.mechanism === 'blind-spot' ? lead.evidence.find(({ values }) => values.via !== undefined) : undefined;
    const via = between?.values.via;
    if (via?.unit === 'name') hold(via.value, score);
    const least = via === undefined ? score : (1 - CLOSE) * score;
    if (component.kind === 'edge' && parties.some((party) => party >= services)) {
      const { from, to } = component;
      const [first, second] = lead.mechanism === 'blind-spot' ? [to, from] : [from, to];
      hold(first, least);
      hold(second, (1 - CLOSE) * least);
    } else for (const party of parties) hold(names[party] ?? '', least);
  }
  // Below what a detector put in words stands what the comparison alone holds against somebody.
  const least = Math.min(1, ...scores.values());
  for (const { party, score } of view.comparison.ranking) {
    const name = names[party] ?? '';
    if (party >= services || score <= 0) continue;
    if (view.reference === 'none') scores.set(name, Math.max(scores.get(name) ?? 0, unshownAlone(score)));
    else if (!scores.has(name)) scores.set(name, least * score);
  }
  return [...scores]
    .map(([service, score]) => ({ service, score: Math.round(score * 1e6) / 1e6 }))
    .sort((a, b) => b.score - a.score || (a.service < b.service ? -1 : 1));
}
