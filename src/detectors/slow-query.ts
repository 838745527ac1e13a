import type { Evidence } from '../model/finding.ts';
import type { CellShift } from '../population/latency.ts';
import { median, sorted } from '../population/statistics.ts';
import type { View } from '../population/view.ts';
import { cite, count, typicalVisit, visitsOf } from './cite.ts';
import type { Detector } from './detector.ts';
import { feltCells, partiesOf, slowFinding } from './slower-cells.ts';

/** Statements that take a lock, and the codes with which stores report that they did not get one in time. */
const LOCKING = /\bfor (no key )?(update|share)\b|\block (table|in share)\b|\bget_lock\b|\bpg_(try_)?advisory_\w*lock/i;
const LOCK_CODES: ReadonlySet<string> = new Set(['55P03', '40P01', '1205', '1213']);
/** A growth of rows at least half as strong as that of time is why it takes longer. */
const PROPORTIONAL = 0.5;

/**
 * D08: a data store answers more slowly. Where the statement takes locks, or the store reports that it waited for one, it is
 * the wait that is told; where it returns more rows in proportion, that is told too, because then the data grew.
 */
export const slowQuery: Detector = {
  id: 'D08 slow-query',
  asks: 'Which query became slow?',
  detect: (view) =>
    feltCells(view, 'store').map((shift) => {
      const lock = lockOf(view, shift);
      const mechanism = lock === undefined ? 'slow-query' : 'lock-wait';
      const extra = [...(lock === undefined ? [] : [lock]), ...growthOf(view, shift)];
      return slowFinding(view, shift, { detector: slowQuery.id, mechanism, role: 'cause' }, extra);
    }),
};

/** What says that the time went by waiting for a lock: the statement itself, or a code in a good part of the slow visits. */
function lockOf(view: View, { cell }: CellShift): Evidence | undefined {
  const { table } = view;
  const rows = visitsOf(view, cell, view.sides.suspect);
  const refused = rows.filter((row) => LOCK_CODES.has(String(table.attribute(row, 'db.response.status_code') ?? '')));
  const telling = refused[0] ?? typicalVisit(view, cell, view.sides.suspect);
  const statement = `${table.attribute(telling, 'db.query.text') ?? ''} ${table.attribute(telling, 'db.query.summary') ?? ''}`;
  if (refused.length === 0 && !LOCKING.test(statement)) return undefined;
  return cite(view, [telling], 'lock-wait.hint', {
    ...partiesOf(view, cell),
    refused: count(refused.length),
    of: count(rows.length),
  });
}

/** Rows returned, when they grew with the time. */
function growthOf(view: View, { cell, now, before }: CellShift): readonly Evidence[] {
  const rowsIn = (traces: Uint8Array) =>
    visitsOf(view, cell, traces).flatMap((row) => {
      const returned = Number(view.table.attribute(row, 'db.response.returned_rows') ?? Number.NaN);
      return Number.isFinite(returned) ? [returned] : [];
    });
  const returned = rowsIn(view.sides.suspect);
  const usual = rowsIn(view.sides.reference);
  if (returned.length === 0 || usual.length === 0) return [];
  const [many, few] = [median(sorted(returned)), median(sorted(usual))];
  const slower = median(now) / Math.max(1, median(before));
  if (many <= few || (many / Math.max(1, few) - 1) / Math.max(slower - 1, 0.1) < PROPORTIONAL) return [];
  const row = typicalVisit(view, cell, view.sides.suspect);
  return [cite(view, [row], 'slow-query.rows', { now: count(many), usual: count(few) })];
}
