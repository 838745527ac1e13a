import type { Finding } from '../model/finding.ts';
import { type Overlap, overlaps } from '../population/concurrency.ts';
import { areaUnderCurve, median, sorted } from '../population/statistics.ts';
import type { View } from '../population/view.ts';
import { cite, clip, componentOf, count, named, nameOf, operationOf, ratio, rounded, tracesIn, us } from './cite.ts';
import type { Detector } from './detector.ts';
import { LEAST_SHIFT } from './slower-cells.ts';

/** By how much the calls must run less side by side (reference, D20). */
const LEAST_DROP = 0.3;
/** Fewest visits on either side that show a habit. */
const FEWEST = 8;
/** The calls themselves may have become this much longer or more; beyond that they are the story. */
const SAME_WORK = 1.3;
/** A visit is serial when it is nearer to one after the other than to side by side. */
const SERIAL = 0.5;

/** D20: calls that ran side by side run one after the other, so that each is as fast as ever and the answer is late. */
export const concurrencyRegression: Detector = {
  id: 'D20 concurrency-regression',
  asks: 'Do calls that ran side by side now wait for each other?',
  detect(view) {
    const { table, cells, sides } = view;
    const calls = view.visitCalls();
    const before = overlaps(table, cells, calls, sides.reference);
    if (before.size === 0) return [];
    const now = overlaps(table, cells, calls, sides.suspect);
    return [...now]
      .sort(([a], [b]) => a - b)
      .flatMap(([cell, visits]) => findingOf(view, cell, visits, before.get(cell) ?? []) ?? []);
  },
};

function findingOf(view: View, cell: number, now: readonly Overlap[], before: readonly Overlap[]): Finding | undefined {
  if (now.length < FEWEST || before.length < FEWEST) return undefined;
  const middles = (of: (overlap: Overlap) => number) => ({
    now: median(sorted(now.map(of))),
    before: median(sorted(before.map(of))),
  });
  const parallel = middles((o) => o.parallel);
  const drop = parallel.before - parallel.now;
  if (drop < LEAST_DROP) return undefined;
  const covered = middles((o) => o.covered);
  const lost = covered.now - covered.before;
  if (lost < LEAST_SHIFT) return undefined;
  const calls = middles((o) => o.calls);
  const total = middles((o) => o.total);
  if (calls.now > SAME_WORK * calls.before || total.now > SAME_WORK * total.before) return undefined;
  const serial = now.filter((o) => o.parallel < SERIAL).sort((a, b) => a.covered - b.covered || a.row - b.row);
  const telling = serial[Math.floor(serial.length / 2)];
  if (telling === undefined) return undefined;
  const serialBefore = before.filter((o) => o.parallel < SERIAL);
  const values = {
    service: named(nameOf(view, view.charges.party[telling.row] ?? 0)),
    operation: named(operationOf(view, telling.row)),
    calls: count(telling.calls),
    now: us(covered.now),
    usual: us(covered.before),
  };
  const auc = areaUnderCurve(sorted(before.map((o) => o.parallel)), sorted(now.map((o) => o.parallel)));
  return {
    detector: concurrencyRegression.id,
    mechanism: 'concurrency-regression',
    component: componentOf(view, cell),
    role: 'cause',
    strength: clip(drop / Math.max(parallel.before, LEAST_DROP)),
    specificity: clip(1 - serialBefore.length / before.length),
    support: tracesIn(
      view,
      serial.map((o) => o.row),
    ),
    evidence: [
      cite(view, [telling.row], 'concurrency.time', values, {
        counts: {
          with: tracesIn(view, serial.map(rowOf)),
          of: tracesIn(view, now.map(rowOf)),
          baselineWith: tracesIn(view, serialBefore.map(rowOf)),
          baselineOf: tracesIn(view, before.map(rowOf)),
        },
        statistic: { name: 'mann-whitney auc', value: rounded(auc) },
      }),
      cite(view, [telling.row], 'concurrency.overlap', { now: ratio(parallel.now), usual: ratio(parallel.before) }),
    ],
  };
}

const rowOf = ({ row }: Overlap): number => row;
