import type { Evidence } from '../model/finding.ts';
import { at, numberAt } from '../model/units.ts';
import type { FailureRise } from '../population/failures.ts';
import { durationOf } from '../population/requests.ts';
import { median, sorted } from '../population/statistics.ts';
import type { View } from '../population/view.ts';
import { ordinalOf } from '../trace/build.ts';
import { errorSort, errorSource } from '../trace/errors.ts';
import { cite, isSilent, named, nameOf, ratio, us } from './cite.ts';
import type { Detector } from './detector.ts';
import { failureFinding } from './failure-finding.ts';
import { risesOf } from './failure-rises.ts';

/** A failure that takes this part of its requests' time is felt, though no request fails by it. */
const COSTLY = 0.1;

/**
 * D14: failures that became more frequent and that somebody above them put up with, so that every request still succeeded,
 * and what they cost: the time for which requests waited for what failed in the end (*The Tale of Errors in Microservices*,
 * POMACS 2024: one hot failure that nobody sees can hold a third of an endpoint's tail).
 */
export const swallowedError: Detector = {
  id: 'D14 swallowed-error',
  asks: 'Does anything fail without its request failing, and what does that cost?',
  detect: (view) =>
    risesOf(view)
      .filter(({ fatal }) => fatal === 0)
      .map((rise) => ({ rise, rows: rise.rows.filter((row) => view.blame.gaveUp[row] !== 1) }))
      .filter(({ rows }) => rows.length > 0)
      .map(({ rise, rows }) => {
        const { share, evidence } = costOf(view, rise, rows);
        const felt = share >= COSTLY && !rows.every((row) => isAskersFault(view, row));
        const role = felt || isSilent(view, rise.party) ? 'cause' : 'context';
        const told = failureFinding(
          view,
          { detector: swallowedError.id, mechanism: 'swallowed-error', role },
          rise,
          rows,
        );
        return { ...told, evidence: [told.evidence[0], evidence, ...told.evidence.slice(1)] };
      }),
};

/** What was refused because of what it asked for is an answer, however long it took. */
function isAskersFault({ table }: View, row: number): boolean {
  const sort = errorSort(errorSource(table, row));
  return sort === 'caller' || sort === 'auth' || sort === 'cancelled';
}

/** Median over the requests: what was waited for inside of what failed, and its part of the whole request. */
function costOf(view: View, rise: FailureRise, rows: readonly number[]): { share: number; evidence: Evidence } {
  const costs = new Map<number, number>();
  for (const row of rows) {
    const trace = ordinalOf(view.table, row);
    costs.set(trace, (costs.get(trace) ?? 0) + feltBelow(view, at(view.charges.host, row)));
  }
  const shares = [...costs].map(
    ([trace, cost]) => cost / Math.max(1, durationOf(view.table, at(view.requests.entry, trace))),
  );
  const share = Math.min(1, median(sorted(shares)));
  const values = {
    service: named(nameOf(view, rise.party)),
    time: us(median(sorted(costs.values()))),
    share: ratio(share),
  };
  return { share, evidence: cite(view, [rows[0] ?? 0], 'swallowed.cost', values) };
}

/** Time that was waited for in a row and everything below it, µs. Descendants stand behind their row in one run. */
function feltBelow({ table, own }: View, row: number): number {
  let felt = 0;
  for (let below = row; below < table.size && (below === row || at(table.parent, below) >= row); below++) {
    felt += numberAt(own.felt, below);
  }
  return felt;
}
