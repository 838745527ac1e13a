import { componentOf, isSilent, nameOf } from '../detectors/cite.ts';
import type { Component, Finding, Mechanism } from '../model/finding.ts';
import { numberAt } from '../model/units.ts';
import { ensure } from '../population/numbering.ts';
import { calleesOf } from '../population/suspicion.ts';
import { sum, type View } from '../population/view.ts';
import { agreement, natureOf, pullOf, showsItself } from './analyse-mechanisms.ts';

/** Everything that was found about one possible cause. */
export type Candidate = {
  /** Parties that it blames; several for a version. */
  readonly parties: readonly number[];
  /** The finding that names the mechanism. */
  readonly lead: Finding;
  /** All findings about the same parties, the lead first. */
  readonly findings: readonly [Finding, ...Finding[]];
  readonly component: Component;
  /** What the comparison holds against the parties, 0…1. */
  readonly suspicion: number;
  readonly score: number;
  /** The lead is a mechanism of its own statistics, which the baseline's noise does not measure. */
  readonly explicit: boolean;
};

/** What these cost is lost at somebody else's, or by nobody's own work, so that the comparison holds little against them. */
const SEEN_ELSEWHERE: ReadonlySet<Mechanism> = new Set(['per-hop-overhead', 'cache-miss', 'queueing', 'pause']);
/** A version stands for its services when they hold this part of all that is held against anybody. */
const COVERS = 0.6;
/** What is left of others when a broken order is on (nearly) every bad request: they are what came of it. */
const CONSEQUENCE = 0.5;
/** Without a reference, what one trace shows is worth less than a comparison, and lost time only as far as it was waited for. */
const ALONE = 0.6;
/** What a candidate's score keeps although its findings show nothing. */
const UNSHOWN = 0.4;

/** What a candidate of this suspicion would score without any finding, when there is nothing to compare with. */
export const unshownAlone = (suspicion: number): number => ALONE * UNSHOWN * suspicion;

/** Possible causes, the most likely first: section 13 of the reference, with the study's contribution as its base. */
export function rankCandidates(view: View, findings: readonly Finding[]): readonly Candidate[] {
  const causes = findings.filter((finding) => finding.role === 'cause');
  const groups = new Map<string, { parties: readonly number[]; findings: Finding[] }>();
  for (const finding of causes) {
    const parties = partiesOf(view, finding.component);
    if (parties.length === 0) continue;
    ensure(groups, parties.join(), () => ({ parties, findings: [] })).findings.push(finding);
  }
  const lost = lostTimes(view);
  const candidates = [...groups.values()].map((group) => candidateOf(view, group.parties, group.findings, lost));
  return settle(view, candidates).toSorted(
    (a, b) => b.score - a.score || b.lead.support - a.lead.support || (labelOf(a) < labelOf(b) ? -1 : 1),
  );
}

const labelOf = ({ parties, lead }: Candidate): string => `${parties.join()} ${lead.mechanism}`;

/**
 * Whom a component accuses. An edge accuses whichever end the comparison holds more against. A peer that sends no spans
 * answers for its edges, unless it serves everybody else as ever and all of it is held against the caller: one slow query is
 * its asker's, a slow store everybody's.
 */
export function partiesOf(view: View, component: Component): readonly number[] {
  const { names } = view.charges.parties;
  const find = (name: string) => names.indexOf(name);
  switch (component.kind) {
    case 'service':
    case 'operation':
      return [find(component.service)].filter((party) => party >= 0);
    case 'edge': {
      const from = find(component.from);
      const to = find(component.to);
      if (to < 0) return from < 0 ? [] : [from];
      const [asker, asked] = [suspicionOf(view, from), suspicionOf(view, to)];
      return [asked >= asker || (isSilent(view, to) && asked > 0) ? to : from];
    }
    case 'attribute':
      return component.services.map(find).filter((party) => party >= 0);
  }
}

function suspicionOf(view: View, party: number): number {
  return view.comparison.ranking.find((entry) => entry.party === party)?.score ?? 0;
}

function candidateOf(view: View, parties: readonly number[], findings: readonly Finding[], lost: LostTimes): Candidate {
  const most = findings.reduce((longest, { component }) => Math.max(longest, lost(component)), 1);
  const weighed = findings
    .map((finding) => ({ finding, pull: pullOf(finding, lost(finding.component) / most) }))
    .toSorted(
      (a, b) =>
        Number(showsItself(b.finding)) - Number(showsItself(a.finding)) ||
        b.pull - a.pull ||
        (a.finding.detector < b.finding.detector ? -1 : 1),
    );
  const [first, ...others] = weighed.map((entry) => entry.finding);
  if (first === undefined) throw new RangeError('A group of findings is never empty');
  const suspicion = 1 - parties.reduce((left, party) => left * (1 - suspicionOf(view, party)), 1);
  const { family, explicit } = natureOf(first.mechanism);
  const shown = first.strength * first.specificity;
  const base =
    view.reference === 'none'
      ? ALONE * shown * (family === 'timing' ? suspicion : 1)
      : family === 'order' || SEEN_ELSEWHERE.has(first.mechanism)
        ? Math.max(suspicion, shown)
        : suspicion;
  return {
    parties,
    lead: first,
    findings: [first, ...others],
    component: merged(view, parties, first, findings, lost),
    suspicion,
    score: base * (UNSHOWN + (1 - UNSHOWN) * agreement(findings)),
    explicit,
  };
}

/** Time that suspects lost in the cells of a component, µs. */
type LostTimes = (component: Component) => number;

/** Sums it once for all components: a trace may hold twenty thousand of them. */
function lostTimes(view: View): LostTimes {
  const { shifts, contribution } = view.comparison;
  const lost = new Map<string, number>();
  for (const { cell, now } of shifts) {
    const excess = numberAt(contribution.cellExcess, cell) * now.length;
    if (excess === 0) continue;
    const key = JSON.stringify(componentOf(view, cell));
    lost.set(key, (lost.get(key) ?? 0) + excess);
  }
  return (component) => lost.get(JSON.stringify(component)) ?? 0;
}

/** Several operations or edges of one service that moved together are the service's trouble, not each its own. */
function merged(
  view: View,
  parties: readonly number[],
  lead: Finding,
  findings: readonly Finding[],
  lost: LostTimes,
): Component {
  const [party] = parties;
  const { component } = lead;
  if (party === undefined || component.kind === 'attribute' || component.kind === 'service') return component;
  const worth = 0.25 * lost(component);
  const alike = findings.filter((finding) => finding.mechanism === lead.mechanism && lost(finding.component) >= worth);
  const ends = new Set(alike.map(({ component: c }) => (c.kind === 'edge' ? `${c.from} ${c.to}` : '')));
  if (isSilent(view, party)) {
    return component.kind === 'edge' && alike.length > 1 && ends.size === 1
      ? { kind: 'edge', from: component.from, to: component.to }
      : component;
  }
  if (component.kind === 'edge' && ends.size === 1) return { ...component };
  return alike.length > 1 ? { kind: 'service', service: nameOf(view, party) } : component;
}

/** Lets a version stand for its services, and a broken order for what came of it. */
function settle(view: View, candidates: readonly Candidate[]): readonly Candidate[] {
  const total = view.comparison.contribution.latency.reduce((all, share) => all + share, 0);
  const group = candidates.find(({ lead, parties }) => {
    const held = parties.reduce((all, party) => all + numberAt(view.comparison.contribution.latency, party), 0);
    return lead.mechanism === 'per-hop-overhead' && (total === 0 || held >= COVERS * total);
  });
  const left =
    group === undefined
      ? candidates
      : candidates.filter((other) => other === group || !other.parties.every((party) => group.parties.includes(party)));
  const kept = withoutAftermath(view, left);
  const order = kept.find(({ lead }) => lead.mechanism === 'premature-commit');
  if (order === undefined) return kept;
  const broken = new Set(
    view.orders.filter((rule) => rule.writes).flatMap((rule) => rule.breaches.map((breach) => breach.trace)),
  );
  let explained = 0;
  for (const trace of broken) if (view.bad[trace] === 1) explained++;
  if (explained < COVERS * sum(view.bad)) return kept;
  return kept.map((other) => (other === order ? other : { ...other, score: other.score * CONSEQUENCE }));
}

/**
 * Whoever calls a party that plainly failed waits between its attempts, leaves out what it would have done next, or passes
 * the failure on: vaguer findings about the callers of an explicit, stronger cause are its effects.
 */
function withoutAftermath(view: View, candidates: readonly Candidate[]): readonly Candidate[] {
  const callees = calleesOf(view.cells, view.charges.parties.names.length);
  const reaches = (from: number, to: number): boolean => {
    const seen = new Set([from]);
    for (const party of seen) for (const callee of callees[party] ?? []) seen.add(callee);
    return from !== to && seen.has(to);
  };
  const plain = candidates.filter(({ explicit, lead }) => explicit && FAILING.has(lead.mechanism));
  return candidates.filter(
    (candidate) =>
      candidate.explicit ||
      !plain.some(
        (cause) =>
          cause.score > candidate.score &&
          cause.parties.some((callee) => candidate.parties.every((party) => reaches(party, callee))),
      ),
  );
}

const FAILING: ReadonlySet<Mechanism> = new Set(['timeout', 'error', 'tls-handshake-retry', 'connection-setup']);
