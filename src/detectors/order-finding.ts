import type { Evidence, Finding } from '../model/finding.ts';
import { at, numberAt } from '../model/units.ts';
import { ORDER_GRAIN, type OrderBreach, type OrderRule } from '../population/order.ts';
import { ruleOfThree } from '../population/statistics.ts';
import type { View } from '../population/view.ts';
import { cite, clip, count, named, nameOf, operationOf, ratio, us } from './cite.ts';
import { versionChange } from './version-change.ts';

/** Something was changed before the acknowledgement that it always waited for. */
export const isPremature = (rule: OrderRule): boolean => rule.writes && rule.now.overtook + rule.now.early > 0;

/** One visit has one change of order to tell; the list begins with the most certain write. */
export function onePerVisit(rules: readonly OrderRule[]): readonly OrderRule[] {
  const seen = new Set<number>();
  return rules.filter(({ cell }) => !seen.has(cell) && seen.add(cell));
}

/** What one broken order says, with both moments, how the clocks bound them, and what followed. */
export function orderFinding(view: View, detector: string, rule: OrderRule): Finding {
  const { charges } = view;
  const telling = typical(rule.breaches);
  const service = nameOf(view, at(view.cells.from, rule.cell));
  // The acknowledgement may be a call of the same visit, or the end of another service's own span.
  const peer = nameOf(
    view,
    at(charges.peer, telling.call) >= 0 ? at(charges.peer, telling.call) : at(charges.party, telling.call),
  );
  const premature = isPremature(rule);
  const ofNow = rule.now.waited + rule.now.early + rule.now.overtook;
  const broken = rule.now.early + rule.now.overtook;
  const callee = at(charges.callee, telling.call);
  const names = {
    service: named(service),
    step: named(operationOf(view, telling.step)),
    to: named(peer),
    call: named(callee >= 0 ? operationOf(view, callee) : operationOf(view, telling.call)),
  };
  const rows: [number, ...number[]] = callee < 0 ? [telling.step, telling.call] : [telling.step, telling.call, callee];
  const finished = telling.margin > 0;
  const evidence: [Evidence, ...Evidence[]] = [
    cite(
      view,
      rows,
      `order.${finished ? 'ended' : 'began'}-before${telling.uncertainty === undefined ? '' : '-elsewhere'}`,
      {
        ...names,
        margin: us(
          finished ? telling.margin : numberAt(view.table.end, telling.call) - numberAt(view.table.start, telling.step),
        ),
        uncertainty: us(telling.uncertainty ?? ORDER_GRAIN),
      },
      { counts: { with: broken, of: ofNow, baselineWith: 0, baselineOf: rule.before.waited } },
    ),
    cite(
      view,
      rows,
      'order.counts',
      {
        broken: count(broken),
        of: count(ofNow),
        kept: count(rule.before.waited),
        keptOf: count(rule.before.waited + rule.before.early + rule.before.overtook),
        bound: ratio(ruleOfThree(rule.before.waited)),
      },
      { statistic: { name: 'rule of three', value: ruleOfThree(rule.before.waited) } },
    ),
    ...versionChange(view, rows),
    ...sequel(view, rule),
  ];
  return {
    detector,
    mechanism: premature ? 'premature-commit' : 'order-inversion',
    component: { kind: 'service', service },
    role: premature ? 'cause' : 'context',
    strength: clip(
      Math.max(
        Math.sqrt(rule.weight),
        broken === ofNow && rule.earlier ? ALWAYS * (1 - ruleOfThree(rule.before.waited)) : 0,
      ),
    ),
    specificity: clip(1 - ruleOfThree(rule.before.waited)),
    support: new Set(rule.breaches.map(({ trace }) => trace)).size,
    evidence,
  };
}

/** A rule that held in every healthy request and in none of the few that were asked about still speaks. */
const ALWAYS = 0.6;

/** The breach in the middle, by margin. */
function typical(breaches: readonly OrderBreach[]): OrderBreach {
  const ordered = [...breaches].sort((a, b) => a.margin - b.margin || a.trace - b.trace);
  const middle = ordered[Math.floor(ordered.length / 2)];
  if (middle === undefined) throw new RangeError('A broken order has breaches');
  return middle;
}

const REPAIR = /\b(compensat\w*|rollback|roll back|revert|undo|cancel\w*|release|refund|conflict)\b/i;

/** What came of it: conflicts and repairs in the traces whose order broke. */
function sequel(view: View, rule: OrderRule): readonly Evidence[] {
  const { table } = view;
  const broken = new Set(rule.breaches.map((breach) => breach.trace));
  let traces = 0;
  let example = -1;
  for (const trace of [...broken].sort((a, b) => a - b)) {
    let repair = -1;
    // The deepest sign is nearest to what happened; entries only pass it on.
    for (let row = at(table.first, trace); row < at(table.first, trace + 1); row++) {
      const conflict = table.attribute(row, 'http.response.status_code') === 409;
      if (conflict || REPAIR.test(operationOf(view, row))) repair = row;
    }
    if (repair < 0) continue;
    traces++;
    if (example < 0) example = repair;
  }
  if (example < 0) return [];
  const values = { operation: named(operationOf(view, example)), with: count(traces), of: count(broken.size) };
  return [cite(view, [example], 'order.sequel', values, { counts: { with: traces, of: broken.size } })];
}
