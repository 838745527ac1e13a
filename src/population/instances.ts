import { Flag, type SpanTable } from '../model/trace.ts';
import { at, byteAt } from '../model/units.ts';
import { type Charges, Place } from './charges.ts';
import { ensure } from './numbering.ts';
import { discoveries, logOdds, type Table2x2, upperTail } from './statistics.ts';

/** One running copy of a callee on which its callers' attempts fail, while they succeed on its neighbours. */
export type FailingInstance = {
  readonly caller: number;
  readonly peer: number;
  readonly key: string;
  readonly value: string;
  /** Attempts, not requests: failed here, failed elsewhere, succeeded here, succeeded elsewhere. */
  readonly counts: Table2x2;
  /** Copies of the callee that the attempts reached. */
  readonly instances: number;
  /** Failed attempts on it, in row order. */
  readonly rows: readonly number[];
};

/** Where a callee's own spans say which copy they are of, the most specific first; else the address that was called. */
const COPIES = ['k8s.pod.name', 'service.instance.id', 'container.id', 'host.name'] as const;
const ADDRESSES = ['network.peer.address', 'server.address'] as const;
const FEWEST = 5;
/** With two copies, "the other one" is all there is to compare with; one of three can be told from its neighbours. */
const FEWEST_COPIES = 3;
const LEAST_ODDS = Math.log(2);

type Group = { caller: number; peer: number; key: string; value: string; failed: number[]; fine: number };

/**
 * The copies on which attempts fail, among the chosen traces (1 a trace). Unlike a contrast of requests it sees one bad copy of
 * ten behind a fan-out, where every request meets it. Odds ratio certainly above two at a false discovery rate of 5 %.
 */
export function failingInstances(table: SpanTable, charges: Charges, traces: Uint8Array): readonly FailingInstance[] {
  const failing = failingCalls(table, charges, traces);
  if (failing.size === 0) return [];
  const edges = new Map<string, Map<string, Group>>();
  for (let trace = 0; trace < table.traces; trace++) {
    if (traces[trace] !== 1) continue;
    for (let row = at(table.first, trace); row < at(table.first, trace + 1); row++) {
      if (!isCall(charges, row) || !failing.has(edgeOf(charges, row))) continue;
      const copy = copyOf(table, charges, row);
      if (copy === undefined) continue;
      const caller = at(charges.party, row);
      const peer = at(charges.peer, row);
      const edge = ensure(edges, `${caller} ${peer} ${copy.key}`, () => new Map<string, Group>());
      const group = ensure(edge, copy.value, () => ({ caller, peer, ...copy, failed: [], fine: 0 }));
      if ((byteAt(table.flags, row) & Flag.error) !== 0) group.failed.push(row);
      else group.fine++;
    }
  }
  const rated = [...edges.values()].flatMap((edge) => {
    const groups = [...edge.values()];
    const failed = groups.reduce((all, group) => all + group.failed.length, 0);
    const fine = groups.reduce((all, group) => all + group.fine, 0);
    if (groups.length < FEWEST_COPIES || failed === 0) return [];
    return groups.map(({ failed: rows, fine: here, ...group }) => {
      const counts = { a: rows.length, b: failed - rows.length, c: here, d: fine - here };
      return { instance: { ...group, counts, instances: groups.length, rows }, odds: logOdds(counts) };
    });
  });
  const kept = discoveries(
    rated.map(({ odds }) => upperTail(odds.value / odds.error)),
    0.05,
  );
  return rated
    .filter(
      ({ instance: { counts }, odds }, i) =>
        kept[i] === true && counts.a >= FEWEST && counts.a > counts.b && odds.value - 1.96 * odds.error > LEAST_ODDS,
    )
    .map(({ instance }) => instance)
    .sort((a, b) => b.counts.a - a.counts.a || (a.value < b.value ? -1 : 1));
}

/** Pairs of caller and callee between which any attempt failed: only their copies have to be told apart. */
function failingCalls(table: SpanTable, charges: Charges, traces: Uint8Array): ReadonlySet<number> {
  const failing = new Set<number>();
  for (let trace = 0; trace < table.traces; trace++) {
    if (traces[trace] !== 1) continue;
    for (let row = at(table.first, trace); row < at(table.first, trace + 1); row++) {
      if ((byteAt(table.flags, row) & Flag.error) !== 0 && isCall(charges, row)) failing.add(edgeOf(charges, row));
    }
  }
  return failing;
}

const isCall = (charges: Charges, row: number): boolean =>
  byteAt(charges.place, row) === Place.outbound && at(charges.peer, row) >= 0;

const edgeOf = (charges: Charges, row: number): number => at(charges.party, row) * 2 ** 20 + at(charges.peer, row);

function copyOf(table: SpanTable, charges: Charges, row: number): { key: string; value: string } | undefined {
  const callee = at(charges.callee, row);
  if (callee >= 0) {
    for (const key of COPIES) {
      const value = table.resource(callee, key);
      if (value !== undefined && value !== '') return { key, value: String(value) };
    }
  }
  for (const key of ADDRESSES) {
    const value = table.attribute(row, key);
    if (value === undefined || value === '') continue;
    const port = table.attribute(row, key === 'server.address' ? 'server.port' : 'network.peer.port');
    return { key, value: port === undefined ? String(value) : `${value}:${port}` };
  }
  return undefined;
}
