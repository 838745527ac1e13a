import type { Evidence, Finding } from '../model/finding.ts';
import { at } from '../model/units.ts';
import { isEdge } from '../population/cells.ts';
import { Place } from '../population/charges.ts';
import type { FailureRise } from '../population/failures.ts';
import { ensure } from '../population/numbering.ts';
import { median, sorted } from '../population/statistics.ts';
import type { View } from '../population/view.ts';
import { ordinalOf } from '../trace/build.ts';
import { cite, clip, count, isSilent, named, nameOf, us, visitsOf } from './cite.ts';
import type { Detector } from './detector.ts';
import { risesOf, strengthOf } from './failure-rises.ts';

/** D11: callers that stopped waiting, followed to the one who did not answer. */
export const timeout: Detector = {
  id: 'D11 timeout',
  asks: 'Who did not answer before its caller gave up?',
  detect(view) {
    const byParty = new Map<number, { rise: FailureRise; rows: number[] }[]>();
    for (const rise of risesOf(view)) {
      const rows = rise.rows.filter((row) => view.blame.gaveUp[row] === 1);
      if (rows.length > 0) ensure(byParty, rise.party, () => []).push({ rise, rows });
    }
    return [...byParty].map(([party, groups]) => timeoutFinding(view, party, groups));
  },
};

function timeoutFinding(view: View, party: number, groups: readonly { rise: FailureRise; rows: number[] }[]): Finding {
  const { table, charges } = view;
  const rows = groups.flatMap((group) => group.rows).sort((a, b) => a - b);
  const strongest = [...groups].sort((a, b) => b.rise.weight - a.rise.weight || b.rows.length - a.rows.length)[0];
  // The call nearest to whoever did not answer tells most: its limit is the one that was passed.
  const direct = rows.filter((row) => charges.peer[row] === party);
  const calls = direct.length > 0 ? direct : rows;
  const [row] = calls;
  if (row === undefined || strongest === undefined) throw new RangeError('A timeout has rows');
  const caller = at(charges.party, row);
  const limit = median(sorted(calls.map((call) => at(table.end, call) - at(table.start, call))));
  const callee = at(charges.callee, row);
  const name = nameOf(view, party);
  const silent = isSilent(view, party);
  const { rise } = strongest;
  const evidence: [Evidence, ...Evidence[]] = [
    cite(
      view,
      callee < 0 ? [row] : [row, callee],
      'timeout.gave-up',
      { from: named(nameOf(view, caller)), to: named(name), limit: us(limit), calls: count(calls.length) },
      { counts: { ...rise.now, baselineWith: rise.before.with, baselineOf: rise.before.of } },
    ),
  ];
  const usual = usualAnswer(view, party, caller);
  if (usual !== undefined) evidence.push(cite(view, [row], 'timeout.usual', { to: named(name), usual: us(usual) }));
  if (!silent && calls.every((call) => at(charges.callee, call) < 0)) {
    evidence.push(cite(view, [row], 'timeout.silence', { service: named(name), calls: count(calls.length) }));
  }
  return {
    detector: timeout.id,
    mechanism: 'timeout',
    component: silent ? { kind: 'edge', from: nameOf(view, caller), to: name } : { kind: 'service', service: name },
    role: 'cause',
    strength: clip(Math.max(...groups.map((group) => strengthOf(view, group.rise)))),
    specificity: clip(1 - (rise.before.of === 0 ? 0 : rise.before.with / rise.before.of)),
    support: new Set(rows.map((r) => ordinalOf(table, r))).size,
    evidence,
  };
}

/** Median time of the same calls in the reference, µs. */
function usualAnswer(view: View, party: number, caller: number): number | undefined {
  const times: number[] = [];
  for (let cell = 0; cell < view.cells.count; cell++) {
    if (!isEdge(view.cells, cell) || view.cells.to[cell] !== party || view.cells.from[cell] !== caller) continue;
    for (const row of visitsOf(view, cell, view.sides.reference)) {
      if (view.charges.place[row] === Place.outbound) times.push(at(view.table.end, row) - at(view.table.start, row));
    }
  }
  return times.length === 0 ? undefined : median(sorted(times));
}
