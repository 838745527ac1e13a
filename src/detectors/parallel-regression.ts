import type { Finding } from '../model/finding.ts';
import { at, numberAt } from '../model/units.ts';
import { ensure } from '../population/numbering.ts';
import { MOST_PARALLEL, shapleyShares } from '../population/parallel-shares.ts';
import { median, sorted } from '../population/statistics.ts';
import type { View } from '../population/view.ts';
import { ordinalOf } from '../trace/build.ts';
import { cite, clip, count, named, nameOf, ratio, us } from './cite.ts';
import type { Detector } from './detector.ts';
import { LEAST_SHIFT } from './slower-cells.ts';

/** Fewer visits than this on either side have no usual length of a call. */
const FEWEST = 5;
/** Whoever holds less of the delay than this only stood beside it. */
const LEAST_SHARE = 0.1;
/** A call that grew by less of its usual length did not get slower. */
const LEAST_GROWTH = 0.2;

/**
 * D01 for calls side by side: several of them got slower, and requests wait only for the longest. Context, so that nobody
 * expects everything to be well once that one is mended.
 */
export const parallelRegression: Detector = {
  id: 'D01 parallel-regression',
  asks: 'Would another call hold the request up if the slowest were as quick as ever?',
  detect(view) {
    const usual = usualLengths(view);
    const groups = new Map<string, Group>();
    forEachVisit(view, view.sides.suspect, (entry, calls) => {
      if (calls.length < 2) return;
      const slow = besideLongest(view, calls, usual);
      if (slow.length < 2) return;
      const lengths = slow.map((row) => ({ now: lengthOf(view, row), usual: usual.get(at(view.cells.of, row)) ?? 0 }));
      const shares = shapleyShares(lengths);
      const key = [at(view.cells.of, entry), ...slow.map((row) => at(view.cells.of, row))].join();
      const group = ensure(groups, key, () => ({
        entry,
        rows: slow,
        visits: 0,
        traces: new Set<number>(),
        shares: [],
      }));
      group.visits++;
      group.traces.add(ordinalOf(view.table, entry));
      shares.forEach((share, i) => {
        group.shares[i] = (group.shares[i] ?? 0) + share;
      });
    });
    return [...groups.values()]
      .filter(({ visits }) => visits >= FEWEST)
      .toSorted((a, b) => b.visits - a.visits || a.entry - b.entry)
      .flatMap((group) => findingOf(view, group, usual) ?? []);
  },
};

type Group = {
  readonly entry: number;
  /** Calls of the first such visit, by cell. */
  readonly rows: readonly number[];
  visits: number;
  readonly traces: Set<number>;
  /** Sum over the visits, in the order of `rows`. */
  readonly shares: number[];
};

const lengthOf = ({ table }: View, row: number): number => numberAt(table.end, row) - numberAt(table.start, row);

function forEachVisit(view: View, traces: Uint8Array, tell: (entry: number, calls: Int32Array) => void): void {
  const { from, rows } = view.visitCalls();
  for (let trace = 0; trace < view.table.traces; trace++) {
    if (traces[trace] !== 1) continue;
    for (let entry = at(view.table.first, trace); entry < at(view.table.first, trace + 1); entry++) {
      const end = at(from, entry + 1);
      if (end > at(from, entry)) tell(entry, rows.subarray(at(from, entry), end));
    }
  }
}

/** Median length of the calls of each cell in healthy requests, µs. */
function usualLengths(view: View): ReadonlyMap<number, number> {
  const lengths = new Map<number, number[]>();
  forEachVisit(view, view.sides.reference, (_, calls) => {
    for (const row of calls) ensure(lengths, at(view.cells.of, row), () => []).push(lengthOf(view, row));
  });
  return new Map(
    [...lengths].filter(([, each]) => each.length >= FEWEST).map(([cell, each]) => [cell, median(sorted(each))]),
  );
}

/** The longest call of a visit and those beside it for most of their time, as far as they are slower than usual; by cell. */
function besideLongest(view: View, calls: Int32Array, usual: ReadonlyMap<number, number>): readonly number[] {
  const { table, cells } = view;
  const slower = [...calls].filter((row) => {
    const known = usual.get(at(cells.of, row));
    return known !== undefined && lengthOf(view, row) - known >= Math.max(LEAST_SHIFT, LEAST_GROWTH * known);
  });
  const [longest] = slower.toSorted((a, b) => lengthOf(view, b) - lengthOf(view, a) || a - b);
  if (longest === undefined || slower.length > MOST_PARALLEL) return [];
  return slower
    .filter((row) => {
      const shared =
        Math.min(numberAt(table.end, row), numberAt(table.end, longest)) -
        Math.max(numberAt(table.start, row), numberAt(table.start, longest));
      return shared > lengthOf(view, row) / 2;
    })
    .sort((a, b) => at(cells.of, a) - at(cells.of, b) || a - b);
}

function findingOf(view: View, group: Group, usual: ReadonlyMap<number, number>): Finding | undefined {
  const told = group.rows
    .map((row, i) => ({ row, share: (group.shares[i] ?? 0) / group.visits, peer: at(view.charges.peer, row) }))
    .filter(({ share, peer }) => peer >= 0 && share >= LEAST_SHARE)
    .toSorted((a, b) => b.share - a.share || a.row - b.row);
  const [first, second] = told;
  if (first === undefined || second === undefined || first.peer === second.peer) return undefined;
  const from = nameOf(view, at(view.charges.party, group.entry));
  const values = {
    service: named(from),
    first: named(nameOf(view, first.peer)),
    second: named(nameOf(view, second.peer)),
    share: ratio(first.share),
    rest: ratio(second.share),
    now: us(lengthOf(view, second.row)),
    usual: us(usual.get(at(view.cells.of, second.row)) ?? 0),
    requests: count(group.traces.size),
  };
  return {
    detector: parallelRegression.id,
    mechanism: 'slow-operation',
    component: { kind: 'edge', from, to: nameOf(view, second.peer) },
    role: 'context',
    strength: clip(second.share),
    specificity: 1,
    support: group.traces.size,
    evidence: [
      cite(view, [first.row, second.row], 'parallel.shares', values, {
        statistic: { name: 'shapley', value: clip(second.share) },
      }),
    ],
  };
}
