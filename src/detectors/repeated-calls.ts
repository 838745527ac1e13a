import type { Evidence, Finding } from '../model/finding.ts';
import { at, numberAt } from '../model/units.ts';
import type { CallGroups } from '../population/call-groups.ts';
import { median, sorted } from '../population/statistics.ts';
import { sum, type View } from '../population/view.ts';
import { cite, clip, count, named, nameOf, operationOf, tracesIn, us } from './cite.ts';
import type { Detector } from './detector.ts';
import { versionChange } from './version-change.ts';

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
    const groups = view.callGroups();
    const before = repeats(groups, view.sides.reference);
    return [...repeats(groups, view.sides.suspect).values()].flatMap(
      (now) => repeatFinding(view, now, before.get(now.kind)) ?? [],
    );
  },
};

type Repeats = { readonly kind: number; readonly counts: number[]; readonly visits: number[]; rows: Int32Array };

/** How often each call is made in a visit, with the rows of the visit that makes it most, by kind of call. */
function repeats(groups: CallGroups, traces: Uint8Array): ReadonlyMap<number, Repeats> {
  const found = new Map<number, Repeats>();
  for (let group = 0; group < groups.count; group++) {
    if (traces[at(groups.trace, group)] !== 1) continue;
    const kind = at(groups.kind, group);
    const from = at(groups.from, group);
    const made = at(groups.from, group + 1) - from;
    const known = found.get(kind);
    const entry = known ?? { kind, counts: [], visits: [], rows: groups.rows.subarray(from, from + made) };
    if (known === undefined) found.set(kind, entry);
    entry.counts.push(made);
    if (made >= FEWEST_REPEATS) entry.visits.push(at(groups.rows, from));
    if (made > entry.rows.length) entry.rows = groups.rows.subarray(from, from + made);
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
  const total = now.rows.reduce((time, row) => time + numberAt(view.own.felt, row), 0);
  const entry = at(charges.visit, first);
  if (total < Math.max(LEAST_TOTAL, LEAST_SHARE * (numberAt(table.end, entry) - numberAt(table.start, entry))))
    return undefined;
  const service = nameOf(view, at(charges.party, first));
  const evidence: [Evidence, ...Evidence[]] = [
    cite(view, [first, ...others.slice(0, 19)], 'n-plus-one.count', {
      service: named(service),
      operation: named(operationOf(view, first)),
      to: named(nameOf(view, at(charges.peer, first))),
      now: count(many),
      usual: count(few),
      time: us(total),
    }),
    ...versionChange(view, [first]),
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
