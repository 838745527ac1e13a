import type { Evidence, Finding } from '../model/finding.ts';
import { at } from '../model/units.ts';
import type { EventChange } from '../population/events.ts';
import type { StructuralChange } from '../population/structure.ts';
import type { View } from '../population/view.ts';
import { cite, clip, componentOf, count, named, nameOf, operationOf } from './cite.ts';
import type { Detector } from './detector.ts';

/** D17: a service does not do what it always did for this kind of request, or does something it never did. */
export const structuralChange: Detector = {
  id: 'D17 structural-change',
  asks: 'Is a step missing, cut short or new?',
  detect(view) {
    const parties = new Set<number>();
    return view.comparison.structure.flatMap((change) => {
      const party = at(view.cells.from, change.cell);
      if (change.weight < LEAST || change.example < 0 || parties.has(party)) return [];
      parties.add(party);
      return [structureFinding(view, change)];
    });
  },
};

/** D17 as well: a log line that is missing, or new, on a span that was visited. */
export const eventChange: Detector = {
  id: 'D17 event-change',
  asks: 'What do the spans say that they never said, or not say any more?',
  detect(view) {
    const parties = new Set<number>();
    return view.comparison.events.flatMap((change) => {
      if (change.weight < LEAST || change.example < 0 || parties.has(change.party)) return [];
      parties.add(change.party);
      return [eventFinding(view, change)];
    });
  },
};

/** Weaker changes than this are the mix of requests. */
const LEAST = 0.05;

function structureFinding(view: View, change: StructuralChange): Finding {
  const service = nameOf(view, at(view.cells.from, change.cell));
  const part = change.part < 0 ? '' : operationOf(view, change.part);
  const values = {
    service: named(service),
    operation: named(operationOf(view, change.example)),
    now: count(change.now.with),
    of: count(change.now.of),
    usual: count(change.before.with),
    usualOf: count(change.before.of),
  };
  const counts = countsOf(change);
  const evidence: [Evidence] =
    change.kind === 'missing'
      ? [cite(view, [change.example], 'structure.missing', { ...values, part: named(part) }, { counts })]
      : [cite(view, [change.example], `structure.${change.kind}`, values, { counts })];
  return {
    detector: structuralChange.id,
    mechanism: 'structural-change',
    component: componentOf(view, change.cell),
    role: 'cause',
    strength: clip(Math.sqrt(change.weight)),
    specificity: clip(change.kind === 'missing' ? 1 - missingRate(change) : 1 - change.before.with / change.before.of),
    support: change.kind === 'missing' ? change.now.of - change.now.with : change.now.with,
    evidence,
  };
}

const missingRate = (change: StructuralChange): number => 1 - change.before.with / change.before.of;

function eventFinding(view: View, change: EventChange): Finding {
  const values = {
    service: named(nameOf(view, change.party)),
    operation: named(operationOf(view, change.example)),
    event: named(change.event.slice(0, 120)),
    now: count(change.now.with),
    of: count(change.now.of),
    usual: count(change.before.with),
    usualOf: count(change.before.of),
  };
  return {
    detector: eventChange.id,
    mechanism: change.error ? 'error' : 'structural-change',
    component: { kind: 'operation', service: nameOf(view, change.party), operation: operationOf(view, change.example) },
    role: 'cause',
    strength: clip(Math.sqrt(change.weight)),
    specificity: clip(
      change.kind === 'missing'
        ? change.before.with / Math.max(1, change.before.of)
        : 1 - change.before.with / Math.max(1, change.before.of),
    ),
    support: change.kind === 'missing' ? change.now.of - change.now.with : change.now.with,
    evidence: [cite(view, [change.example], `event.${change.kind}`, values, { counts: countsOf(change) })],
  };
}

function countsOf({ now, before }: Pick<StructuralChange, 'now' | 'before'>): NonNullable<Evidence['counts']> {
  return { ...now, baselineWith: before.with, baselineOf: before.of };
}
