import type { Evidence, Finding } from '../model/finding.ts';
import { at } from '../model/units.ts';
import { deviation } from '../population/latency.ts';
import { ensure } from '../population/numbering.ts';
import { median, sorted } from '../population/statistics.ts';
import { sum, type View } from '../population/view.ts';
import { cite, clip, count, named, nameOf, operationOf, rowsOf, us } from './cite.ts';
import type { Detector } from './detector.ts';

const POOL = /\bpool\b|pool[.-]|acquire|get ?connection|wait_for_connection|borrow|checkout connection/i;
/** A wait must fill this part of its visit, or have grown threefold. */
const LEAST_SHARE = 0.2;
const LEAST_WAIT = 5_000;

/** D06: waiting for a connection of a pool that is used up. */
export const poolWait: Detector = {
  id: 'D06 pool-wait',
  asks: 'Do requests wait for a free connection?',
  detect(view) {
    const now = waits(view, view.sides.suspect);
    const before = waits(view, view.sides.reference);
    return [...now.values()].flatMap((wait) => poolFinding(view, wait, before.get(wait.key)) ?? []);
  },
};

type Wait = { readonly key: string; readonly party: number; readonly rows: number[] };

function waits(view: View, traces: Uint8Array): ReadonlyMap<string, Wait> {
  const found = new Map<string, Wait>();
  for (const row of rowsOf(view, traces)) {
    if (!POOL.test(view.table.name(row))) continue;
    const party = at(view.charges.party, row);
    const key = `${party} ${at(view.table.operation, row)}`;
    ensure(found, key, () => ({ key, party, rows: [] })).rows.push(row);
  }
  return found;
}

function poolFinding(view: View, wait: Wait, before: Wait | undefined): Finding | undefined {
  const timeOf = (row: number) => at(view.table.end, row) - at(view.table.start, row);
  const now = sorted(wait.rows.map(timeOf));
  const usual = sorted((before?.rows ?? []).map(timeOf));
  const compared = sum(view.sides.reference) > 0;
  const moved = deviation(now, usual);
  const longest = [...wait.rows].sort((a, b) => timeOf(b) - timeOf(a) || a - b)[Math.floor(wait.rows.length / 4)];
  if (longest === undefined || timeOf(longest) < LEAST_WAIT) return undefined;
  const entry = at(view.charges.visit, longest);
  const share = timeOf(longest) / Math.max(1, timeOf(entry));
  if (share < LEAST_SHARE || (compared && moved < 0.3)) return undefined;
  const service = nameOf(view, wait.party);
  return {
    detector: poolWait.id,
    mechanism: 'pool-wait',
    component: { kind: 'operation', service, operation: operationOf(view, longest) },
    role: 'cause',
    strength: clip(compared ? moved : share),
    specificity: clip(compared ? moved : 0.5),
    support: wait.rows.length,
    evidence: [
      cite(view, [longest, entry], 'pool-wait.time', {
        service: named(service),
        operation: named(operationOf(view, longest)),
        now: us(timeOf(longest)),
        usual: us(usual.length === 0 ? 0 : median(usual)),
      }),
    ],
  };
}

const FEWEST_REPEATS = 5;
const GROWTH = 3;
const LEAST_TOTAL = 20_000;

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

type Repeats = { readonly key: string; readonly counts: number[]; rows: readonly number[] };

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
    const entry = ensure(found, key, () => ({ key, counts: [], rows }));
    entry.counts.push(rows.length);
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
    support: now.counts.length,
    evidence,
  };
}
