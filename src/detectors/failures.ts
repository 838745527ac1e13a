import type { Component, Evidence, Finding } from '../model/finding.ts';
import { at } from '../model/units.ts';
import { isEdge } from '../population/cells.ts';
import { Place } from '../population/charges.ts';
import type { FailureRise } from '../population/failures.ts';
import { ensure } from '../population/numbering.ts';
import { median, sorted } from '../population/statistics.ts';
import { sum, type View } from '../population/view.ts';
import { ordinalOf } from '../trace/build.ts';
import { cite, clip, count, isSilent, named, nameOf, operationOf, us, visitsOf } from './cite.ts';
import type { Detector } from './detector.ts';

/** D10: where failures begin, as opposed to where they are seen. */
export const errorOrigin: Detector = {
  id: 'D10 error-origin',
  asks: 'Which failure has no failure behind it?',
  detect: (view) =>
    rises(view)
      .map((rise) => ({ rise, rows: rise.rows.filter((row) => view.blame.gaveUp[row] !== 1) }))
      .filter(({ rows }) => rows.length > 0)
      .map(({ rise, rows }) => errorFinding(view, rise, rows)),
};

/** D11: callers that stopped waiting, followed to the one who did not answer. */
export const timeout: Detector = {
  id: 'D11 timeout',
  asks: 'Who did not answer before its caller gave up?',
  detect(view) {
    const byParty = new Map<number, { rise: FailureRise; rows: number[] }[]>();
    for (const rise of rises(view)) {
      const rows = rise.rows.filter((row) => view.blame.gaveUp[row] === 1);
      if (rows.length > 0) ensure(byParty, rise.party, () => []).push({ rise, rows });
    }
    return [...byParty].map(([party, groups]) => timeoutFinding(view, party, groups));
  },
};

/** Failures that certainly became more; without a reference every failure counts. */
function rises(view: View): readonly FailureRise[] {
  const compared = sum(view.sides.reference) > 0;
  return view.comparison.failures.filter((rise) => !compared || rise.weight > 0);
}

function strengthOf(view: View, rise: FailureRise): number {
  if (sum(view.sides.reference) > 0) return Math.sqrt(rise.weight);
  return rise.fatal > 0 ? 0.8 : 0.3;
}

function errorFinding(view: View, rise: FailureRise, rows: readonly number[]): Finding {
  const [row] = rows;
  if (row === undefined) throw new RangeError('A rise of failures has rows');
  const silent = isSilent(view, rise.party);
  const caller = nameOf(view, at(view.charges.party, row));
  const component: Component = silent
    ? { kind: 'edge', from: caller, to: nameOf(view, rise.party), operation: operationOf(view, row) }
    : { kind: 'operation', service: nameOf(view, rise.party), operation: operationAt(view, rise, row) };
  const evidence: [Evidence, ...Evidence[]] = [
    cite(
      view,
      [row],
      'error.origin',
      {
        service: named(nameOf(view, rise.party)),
        operation: named(operationAt(view, rise, row)),
        failed: count(rise.now.with),
        of: count(rise.now.of),
        usual: count(rise.before.with),
        usualOf: count(rise.before.of),
      },
      { counts: { ...rise.now, baselineWith: rise.before.with, baselineOf: rise.before.of } },
    ),
  ];
  const message = messageOf(view, row);
  if (message !== undefined) evidence.push(cite(view, [row], 'error.message', { message: named(message) }));
  return {
    detector: errorOrigin.id,
    mechanism: rise.fatal > 0 ? 'error' : 'swallowed-error',
    component,
    role: rise.fatal > 0 || silent ? 'cause' : 'context',
    strength: clip(strengthOf(view, rise)),
    specificity: clip(1 - (rise.before.of === 0 ? 0 : rise.before.with / rise.before.of)),
    support: new Set(rows.map((r) => ordinalOf(view.table, r))).size,
    evidence,
  };
}

/** The operation that failed, on the side of the party at fault where its span is there. */
function operationAt(view: View, rise: FailureRise, row: number): string {
  const callee = at(view.charges.callee, row);
  return callee >= 0 && view.charges.party[callee] === rise.party ? operationOf(view, callee) : operationOf(view, row);
}

/** What the failure says about itself: exception before status message before code. */
function messageOf({ table }: View, row: number): string | undefined {
  const thrown = table.events(row).find((event) => event.name === 'exception');
  const said = thrown?.attributes['exception.message'] ?? table.statusMessage(row);
  const code = table.attribute(row, 'http.response.status_code') ?? table.attribute(row, 'error.type');
  const message = said === undefined || said === '' ? code : said;
  return message === undefined ? undefined : String(message).slice(0, 200);
}

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

/** D15: an entry that answers with a failure which began elsewhere. */
export const statusTranslation: Detector = {
  id: 'D15 status-translation',
  asks: 'Is what the user saw only the consequence?',
  detect(view) {
    const byOperation = new Map<string, number[]>();
    for (let trace = 0; trace < view.table.traces; trace++) {
      if (view.window[trace] !== 1 || view.requests.failed[trace] !== 1) continue;
      const row = at(view.requests.entry, trace);
      if (view.blame.origin[row] === 1) continue;
      const key = `${nameOf(view, at(view.charges.party, row))} ${operationOf(view, row)}`;
      ensure(byOperation, key, () => []).push(row);
    }
    return [...byOperation].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, rows]) => effectFinding(view, rows));
  },
};

function effectFinding(view: View, rows: readonly number[]): Finding {
  const [row] = rows;
  if (row === undefined) throw new RangeError('An effect has rows');
  const service = nameOf(view, at(view.charges.party, row));
  const operation = operationOf(view, row);
  const route = at(view.requests.route, ordinalOf(view.table, row));
  let of = 0;
  for (let t = 0; t < view.table.traces; t++) if (view.window[t] === 1 && view.requests.route[t] === route) of++;
  const code = view.table.attribute(row, 'http.response.status_code');
  return {
    detector: statusTranslation.id,
    mechanism: 'error',
    component: { kind: 'operation', service, operation },
    role: 'effect',
    strength: clip(rows.length / of),
    specificity: 1,
    support: rows.length,
    evidence: [
      cite(
        view,
        [row],
        'effect.answered',
        {
          service: named(service),
          operation: named(operation),
          code: named(code === undefined ? 'an error' : String(code)),
          failed: count(rows.length),
          of: count(of),
        },
        { counts: { with: rows.length, of } },
      ),
    ],
  };
}
