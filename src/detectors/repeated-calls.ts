import type { Evidence, Finding } from '../model/finding.ts';
import { at } from '../model/units.ts';
import { ensure } from '../population/numbering.ts';
import { median, sorted } from '../population/statistics.ts';
import { sum, type View } from '../population/view.ts';
import { cite, clip, count, named, nameOf, operationOf, rowsOf, tracesIn, us } from './cite.ts';
import type { Detector } from './detector.ts';

const FEWEST_REPEATS = 5;
const GROWTH = 3;
/** The repeats take at least this much together, µs and as a part of their visit. */
const LEAST_TOTAL = 20_000;
const LEAST_SHARE = 0.2;

/** D09: the same query or call again and again for one request, where there were few. */
export const repeatedCalls: Detector = {
  id: 'D09 n-plus-one',
  asks: 'Is the same query made once for every item?',
  detect(view) {
    const before = repeats(view, view.sides.reference);
    return [...repeats(view, view.sides.suspect).values()].flatMap(
      (now) => repeatFinding(view, now, before.get(now.key)) ?? [],
    );
  },
};

type Repeats = { readonly key: string; readonly counts: number[]; readonly visits: number[]; rows: readonly number[] };

/** How often each call is made in a visit, with the rows of the visit that makes it most. */
function repeats(view: View, traces: Uint8Array): ReadonlyMap<string, Repeats> {
  const visits = new Map<string, number[]>();
  for (const row of rowsOf(view, traces)) {
    const peer = at(view.charges.peer, row);
    if (peer < 0) continue;
    ensure(visits, `${at(view.charges.visit, row)} ${peer} ${at(view.table.operation, row)}`, () => []).push(row);
  }
  const found = new Map<string, Repeats>();
  for (const rows of visits.values()) {
    const [row = 0] = rows;
    const key = `${at(view.charges.party, row)} ${at(view.charges.peer, row)} ${at(view.table.operation, row)}`;
    const entry = ensure(found, key, () => ({ key, counts: [], visits: [], rows }));
    entry.counts.push(rows.length);
    if (rows.length >= FEWEST_REPEATS) entry.visits.push(row);
    if (rows.length > entry.rows.length) entry.rows = rows;
  }
  return found;
}

function repeatFinding(view: View, now: Repeats, before: Repeats | undefined): Finding | undefined {
  const { table, charges } = view;
  const compared = sum(view.sides.reference) > 0;
  const many = median(sorted(now.counts));
  const few = before === undefined ? (compared ? 0 : 1) : median(sorted(before.counts));
  const [first, ...others] = now.rows;
  // Retries repeat a call as well, but because it failed.
  if (first === undefined || now.rows.some((row) => view.blame.origin[row] === 1)) return undefined;
  if (many < FEWEST_REPEATS || many < GROWTH * Math.max(1, few)) return undefined;
  const total = now.rows.reduce((time, row) => time + at(view.own.felt, row), 0);
  const entry = at(charges.visit, first);
  if (total < Math.max(LEAST_TOTAL, LEAST_SHARE * (at(table.end, entry) - at(table.start, entry)))) return undefined;
  const service = nameOf(view, at(charges.party, first));
  const evidence: [Evidence] = [
    cite(view, [first, ...others.slice(0, 19)], 'n-plus-one.count', {
      service: named(service),
      operation: named(operationOf(view, first)),
      to: named(nameOf(view, at(charges.peer, first))),
      now: count(many),
      usual: count(few),
      time: us(total),
    }),
  ];
  return {
    detector: repeatedCalls.id,
    mechanism: 'n-plus-one',
    component: { kind: 'operation', service, operation: operationOf(view, entry) },
    role: 'cause',
    strength: clip(1 - Math.max(1, few) / many),
    specificity: compared ? 1 : 0.5,
    support: tracesIn(view, now.visits),
    evidence,
  };
}
