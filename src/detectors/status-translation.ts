import type { Finding } from '../model/finding.ts';
import { at } from '../model/units.ts';
import { ensure } from '../population/numbering.ts';
import type { View } from '../population/view.ts';
import { ordinalOf } from '../trace/build.ts';
import { cite, clip, count, named, nameOf, operationOf } from './cite.ts';
import type { Detector } from './detector.ts';

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
