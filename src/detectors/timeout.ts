import type { Evidence, Finding } from '../model/finding.ts';
import { at, numberAt } from '../model/units.ts';
import { Place } from '../population/charges.ts';
import type { FailureRise } from '../population/failures.ts';
import { ensure } from '../population/numbering.ts';
import { median, quantile, sorted } from '../population/statistics.ts';
import type { View } from '../population/view.ts';
import { ordinalOf } from '../trace/build.ts';
import { cite, clip, count, countsOf, isSilent, named, nameOf, us, visitsOf } from './cite.ts';
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
  const limit = median(sorted(calls.map((call) => numberAt(table.end, call) - numberAt(table.start, call))));
  const callee = at(charges.callee, row);
  const name = nameOf(view, party);
  const silent = isSilent(view, party);
  const { rise } = strongest;
  const now = gaveUpOn(view, caller, party, view.sides.suspect);
  const before = gaveUpOn(view, caller, party, view.sides.reference);
  const values = { from: named(nameOf(view, caller)), to: named(name), limit: us(limit), calls: count(calls.length) };
  const evidence: [Evidence, ...Evidence[]] = [
    cite(view, callee < 0 ? [row] : [row, callee], 'timeout.gave-up', values, { counts: countsOf(now, before) }),
  ];
  const answers = usualAnswers(view, party, caller);
  if (answers.length > 0) {
    evidence.push(cite(view, [row], 'timeout.usual', { to: named(name), usual: us(median(answers)) }));
    const slowest = quantile(answers, 0.99);
    if (slowest > TIGHT * limit)
      evidence.push(cite(view, [row], 'timeout.tight', { to: named(name), slowest: us(slowest) }));
  }
  if (!silent && calls.every((call) => at(charges.callee, call) < 0)) {
    evidence.push(cite(view, [row], 'timeout.silence', { service: named(name), calls: count(calls.length) }));
  }
  return {
    detector: timeout.id,
    mechanism: 'timeout',
    component: silent ? { kind: 'edge', from: nameOf(view, caller), to: name } : { kind: 'service', service: name },
    role: 'cause',
    strength: clip(groups.reduce((most, group) => Math.max(most, strengthOf(view, group.rise)), 0)),
    specificity: clip(1 - (rise.before.of === 0 ? 0 : rise.before.with / rise.before.of)),
    support: new Set(rows.map((r) => ordinalOf(table, r))).size,
    evidence,
  };
}

/** A limit that the slowest hundredth of healthy answers comes this near to is too tight. */
const TIGHT = 0.8;

/** Requests in which the caller gave up on the party, of those in which it called it. */
function gaveUpOn(view: View, caller: number, party: number, traces: Uint8Array) {
  const touching = new Set<number>();
  const without = new Set<number>();
  for (const row of callsOn(view, caller, party, traces)) {
    const trace = ordinalOf(view.table, row);
    touching.add(trace);
    if (view.blame.gaveUp[row] === 1) without.add(trace);
  }
  return { with: without.size, of: touching.size };
}

/** Sorted times of the same calls in the reference, of those that were answered, µs. */
function usualAnswers(view: View, party: number, caller: number): Float64Array {
  const { table, blame, sides } = view;
  const answered = callsOn(view, caller, party, sides.reference).filter((row) => blame.gaveUp[row] !== 1);
  return sorted(answered.map((row) => numberAt(table.end, row) - numberAt(table.start, row)));
}

function callsOn(view: View, caller: number, party: number, traces: Uint8Array): readonly number[] {
  const rows: number[] = [];
  for (let cell = 0; cell < view.cells.count; cell++) {
    if (view.cells.to[cell] !== party || view.cells.from[cell] !== caller) continue;
    for (const row of visitsOf(view, cell, traces)) if (view.charges.place[row] === Place.outbound) rows.push(row);
  }
  return rows;
}
