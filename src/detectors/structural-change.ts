import type { Evidence, Finding } from '../model/finding.ts';
import { at } from '../model/units.ts';
import type { StructuralChange } from '../population/structure.ts';
import type { View } from '../population/view.ts';
import { cite, clip, componentOf, count, countsOf, named, nameOf, operationOf, tracesIn, visitsOf } from './cite.ts';
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
  const counts = countsOf(change.now, change.before);
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
    // A request may visit the place several times, but it is one request.
    support: Math.min(showing(change), tracesIn(view, visitsOf(view, change.cell, view.sides.suspect))),
    evidence,
  };
}

/** Visits that show it: those without what was expected, and of a way that is gone as many as used to go it. */
function showing({ kind, now, before }: StructuralChange): number {
  if (kind === 'missing') return now.of - now.with;
  if (kind !== 'vanished-shape') return now.with;
  return Math.max(1, Math.round((before.with / before.of) * now.of) - now.with);
}

const missingRate = (change: StructuralChange): number => 1 - change.before.with / change.before.of;
