import type { Component, Evidence, Finding } from '../model/finding.ts';
import { at } from '../model/units.ts';
import type { FailureRise } from '../population/failures.ts';
import type { View } from '../population/view.ts';
import { errorSource, rpcStatus } from '../trace/errors.ts';
import { cite, clip, count, isSilent, named, nameOf, operationOf, tracesIn } from './cite.ts';
import { strengthOf } from './failure-rises.ts';
import type { Telling } from './slower-cells.ts';
import { versionChange } from './version-change.ts';

/** What a failure that became more frequent says: how often, where, and in its own words. */
export function failureFinding(view: View, telling: Telling, rise: FailureRise, rows: readonly number[]): Finding {
  const [row] = rows;
  if (row === undefined) throw new RangeError('A rise of failures has rows');
  const silent = isSilent(view, rise.party);
  const caller = nameOf(view, at(view.charges.party, row));
  const component: Component = silent
    ? { kind: 'edge', from: caller, to: nameOf(view, rise.party), operation: operationOf(view, row) }
    : { kind: 'operation', service: nameOf(view, rise.party), operation: operationAt(view, rise, row) };
  const compared = rise.before.of > 0;
  const evidence: [Evidence, ...Evidence[]] = [
    cite(
      view,
      [row],
      compared ? 'error.origin' : 'error.alone',
      {
        service: named(nameOf(view, rise.party)),
        operation: named(operationAt(view, rise, row)),
        failed: count(rise.now.with),
        of: count(rise.now.of),
        ...(compared ? { usual: count(rise.before.with), usualOf: count(rise.before.of) } : {}),
      },
      { counts: { ...rise.now, baselineWith: rise.before.with, baselineOf: rise.before.of } },
    ),
  ];
  const message = messageOf(view, row);
  if (message !== undefined) evidence.push(cite(view, [row], 'error.message', { message: named(message) }));
  const callee = at(view.charges.callee, row);
  const own = view.charges.party[row] === rise.party ? row : callee;
  if (own >= 0 && view.charges.party[own] === rise.party) evidence.push(...versionChange(view, [own]));
  return {
    ...telling,
    component,
    strength: clip(strengthOf(view, rise)),
    specificity: clip(1 - (rise.before.of === 0 ? 0 : rise.before.with / rise.before.of)),
    support: tracesIn(view, rows),
    evidence,
  };
}

/** The operation that failed, on the side of the party at fault where its span is there. */
function operationAt(view: View, rise: FailureRise, row: number): string {
  const callee = at(view.charges.callee, row);
  return callee >= 0 && view.charges.party[callee] === rise.party ? operationOf(view, callee) : operationOf(view, row);
}

/** What the failure says about itself: exception before status message before code. */
export function messageOf({ table }: View, row: number): string | undefined {
  const thrown = table.events(row).find((event) => event.name === 'exception');
  const said = thrown?.attributes['exception.message'] ?? table.statusMessage(row);
  const code =
    table.attribute(row, 'http.response.status_code') ??
    rpcStatus(errorSource(table, row)) ??
    table.attribute(row, 'db.response.status_code') ??
    table.attribute(row, 'error.type');
  const message = said === undefined || said === '' ? code : said;
  return message === undefined ? undefined : String(message).slice(0, 200);
}
