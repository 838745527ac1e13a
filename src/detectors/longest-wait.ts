import type { Finding, Mechanism } from '../model/finding.ts';
import { at } from '../model/units.ts';
import { growthBeyond } from '../population/latency.ts';
import { typicalGap, type Wait, waitsOf } from '../population/lone-traces.ts';
import { ensure } from '../population/numbering.ts';
import { durationOf } from '../population/requests.ts';
import { quantile, sorted } from '../population/statistics.ts';
import { sum, type View } from '../population/view.ts';
import { cite, clip, componentOf, count, isSilent, named, nameOf, operationOf, ratio, us } from './cite.ts';
import type { Detector } from './detector.ts';
import { type CellKind, kindOf, LEAST_SHIFT, partiesOf } from './slower-cells.ts';

/** Less than a tenth of a second is not felt as waiting (Nielsen, Usability Engineering, 1993, section 5.5). */
const UNFELT = 100_000;
/** Together, those that are named hold most of the waiting; each of them a good part. */
const MOST = 0.5;
const GOOD_PART = 0.2;
/** With fewer others of its route there is no telling whether a request took long. */
const FEWEST_OTHERS = 4;
/** A request takes long when it takes this much longer than the quick quarter of its route. */
const LONGER = 1.2;

/**
 * D01 without a past: where the time of one request went that nothing healthy can be held against. That is a statement about
 * this request and an accusation of nobody, so it is never more than a suspicion.
 *
 * ```
 *   request   ├──────────────────────────────────────────┤  770 ms
 *     a  ├─┤   b ├───────────────────────┤  c ├────┤          most of it, 480 ms, was b's own work
 * ```
 */
export const longestWait: Detector = {
  id: 'D01 longest-wait',
  asks: 'What did this one request wait for most?',
  detect(view) {
    if (view.reference !== 'none' || sum(view.sides.suspect) !== 1) return [];
    const trace = view.sides.suspect.indexOf(1);
    if (!tookLong(view, trace)) return [];
    const { table, charges, cells } = view;
    const typical = typicalGap(table, cells);
    const waits = waitsOf(table, view.times, charges, cells, trace, typical);
    const whole = waits.reduce((total, { felt }) => total + felt, 0);
    const telling = byParty(waits).filter(({ beyond }) => beyond >= Math.max(UNFELT, GOOD_PART * whole));
    const together = telling.reduce((total, { beyond }) => total + beyond, 0);
    return together < MOST * whole ? [] : telling.map((party) => findingOf(view, party, whole, typical));
  },
};

/** Longer than the quick ones of its route, where there are others. */
function tookLong({ table, requests }: View, trace: number): boolean {
  const length = (other: number) => durationOf(table, at(requests.entry, other));
  const others: number[] = [];
  for (let other = 0; other < table.traces; other++) {
    const alike = requests.route[other] === requests.route[trace] && requests.real[other] === 1;
    if (alike && other !== trace) others.push(length(other));
  }
  return others.length < FEWEST_OTHERS || length(trace) > LONGER * quantile(sorted(others), 0.25) + LEAST_SHIFT;
}

type Waited = { readonly party: number; felt: number; beyond: number; longest: Wait };

/** What each party is charged with, the most first. */
function byParty(waits: readonly Wait[]): readonly Waited[] {
  const parties = new Map<number, Waited>();
  for (const wait of waits) {
    const known = ensure(parties, wait.party, () => ({ party: wait.party, felt: 0, beyond: 0, longest: wait }));
    known.felt += wait.felt;
    known.beyond += wait.beyond;
    if (wait.felt > known.longest.felt) known.longest = wait;
  }
  return [...parties.values()].sort((a, b) => b.beyond - a.beyond || a.party - b.party);
}

const MECHANISM: Readonly<Record<CellKind, Mechanism>> = {
  work: 'slow-operation',
  call: 'network-delay',
  store: 'slow-query',
  silent: 'blind-spot',
};

function findingOf(view: View, { party, felt, longest }: Waited, whole: number, typical: number): Finding {
  const { row } = longest;
  const cell = at(view.cells.of, row);
  const kind = kindOf(view, cell);
  const said = { ...partiesOf(view, cell), operation: named(operationOf(view, row)) };
  const time = us(longest.felt);
  const evidence = [
    cite(view, [row], `waiting.${kind}`, { ...said, time, total: us(whole), share: ratio(longest.felt / whole) }),
  ] as const;
  const more = felt - longest.felt;
  const elsewhere =
    more < LEAST_SHIFT || isSilent(view, party)
      ? []
      : [cite(view, [row], 'waiting.more', { service: named(nameOf(view, party)), time: us(more) })];
  const rows = Number(view.table.attribute(row, 'db.response.returned_rows') ?? Number.NaN);
  const returned = Number.isFinite(rows) ? [cite(view, [row], 'waiting.rows', { rows: count(rows) })] : [];
  return {
    detector: longestWait.id,
    mechanism: MECHANISM[kind],
    component: componentOf(view, cell),
    role: 'cause',
    strength: clip(growthBeyond(longest.felt, typical)),
    // How often healthy requests look like this, nobody knows.
    specificity: 0.5,
    support: 1,
    evidence: [...evidence, ...returned, ...elsewhere],
  };
}
