import type { Finding, Quantity } from '../model/finding.ts';
import { at } from '../model/units.ts';
import { actorOf } from '../population/impact.ts';
import { type Actor, unusualActor } from '../population/lineage.ts';
import { ruleOfThree } from '../population/statistics.ts';
import type { View } from '../population/view.ts';
import { cite, clip, count, nameOf, operationOf } from './cite.ts';
import type { Detector } from './detector.ts';

/** An actor of whom fewer healthy requests were read has no usual origin. */
const FEWEST = 5;
const ORIGIN = ['client.address', 'user_agent.original'] as const;

/**
 * D28 as well: an account that is looked into (asked about, or reading far more than others) comes from where it never came
 * before. Context: people travel, and so do attackers.
 */
export const unusualOrigin: Detector = {
  id: 'D28 unusual-origin',
  asks: 'Does the account come from where it never came from?',
  detect(view) {
    const actor = view.hints.actor ?? unusualActor(view);
    if (actor === undefined) return [];
    return ORIGIN.flatMap((key) => findingOf(view, actor, key) ?? []);
  },
};

const personal = (value: string): Quantity => ({ unit: 'personal', value });

function findingOf(view: View, actor: Actor, key: (typeof ORIGIN)[number]): Finding | undefined {
  const before = originsOf(view, actor, key, view.baseline);
  const known = new Set(before.map(({ origin }) => origin));
  if (before.length < FEWEST) return undefined;
  const now = originsOf(view, actor, key, view.window);
  const strange = now.filter(({ origin }) => !known.has(origin));
  const [first] = strange;
  if (first === undefined) return undefined;
  const values = {
    actor: personal(actor.value),
    origin: personal(first.origin),
    requests: count(strange.length),
    of: count(now.length),
    usual: count(before.length),
  };
  return {
    detector: unusualOrigin.id,
    mechanism: 'attribute-contrast',
    component: {
      kind: 'operation',
      service: nameOf(view, at(view.charges.party, first.row)),
      operation: operationOf(view, first.row),
    },
    role: 'context',
    strength: clip(1 - ruleOfThree(before.length)),
    specificity: clip(1 - ruleOfThree(before.length)),
    support: strange.length,
    evidence: [cite(view, [first.row], 'audit.origin', values)],
  };
}

/** Where the actor's requests came from, with their entries. */
function originsOf(
  view: View,
  actor: Actor,
  key: string,
  traces: Uint8Array,
): readonly { readonly row: number; readonly origin: string }[] {
  const found: { row: number; origin: string }[] = [];
  for (let trace = 0; trace < view.table.traces; trace++) {
    if (traces[trace] !== 1) continue;
    const named = actorOf(view, trace);
    if (named?.key !== actor.key || named.value !== actor.value) continue;
    const row = at(view.requests.entry, trace);
    const origin = view.table.attribute(row, key);
    if (origin !== undefined && origin !== '') found.push({ row, origin: String(origin) });
  }
  return found;
}
