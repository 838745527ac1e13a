import type { Component, Evidence, Finding } from '../model/finding.ts';
import { at } from '../model/units.ts';
import { deviation } from '../population/latency.ts';
import { type QueueDelay, queueDelays } from '../population/queue-delays.ts';
import { areaUnderCurve, median, sorted } from '../population/statistics.ts';
import type { View } from '../population/view.ts';
import { cite, clip, count, named, nameOf, operationOf, rounded, us } from './cite.ts';
import type { Detector } from './detector.ts';

/** Messages wait when they lie this much longer than usual, µs. */
const LEAST = 20_000;
const FEWEST = 5;
/** Work on a message that itself became slower by more than this is why the queue grows. */
const SLOWER = 0.3;

/** D07 as well: messages lie longer before anybody takes them up, while the work on each is as fast as ever. */
export const queueDelay: Detector = {
  id: 'D07 queue-delay',
  asks: 'Do messages lie in a queue?',
  detect(view) {
    const found = [...queueDelays(view.table, view.charges)].sort(([a], [b]) => (a < b ? -1 : 1));
    return found.flatMap(([, messages]) => findingOf(view, messages) ?? []);
  },
};

function findingOf(view: View, messages: readonly QueueDelay[]): Finding | undefined {
  const now = messages.filter(({ trace }) => view.window[trace] === 1);
  const before = messages.filter(({ trace }) => view.baseline[trace] === 1);
  if (now.length < FEWEST || before.length < FEWEST) return undefined;
  const times = (list: readonly QueueDelay[]) => sorted(list.map(({ delay }) => delay));
  const [lay, usual] = [times(now), times(before)];
  const moved = deviation(lay, usual);
  if (moved <= 0 || median(lay) - median(usual) < LEAST) return undefined;
  const ordered = now.toSorted((a, b) => a.delay - b.delay || a.row - b.row);
  const telling = ordered[Math.floor(ordered.length / 2)];
  if (telling === undefined) return undefined;
  const consumer = nameOf(view, at(view.charges.party, telling.row));
  const operation = operationOf(view, telling.row);
  const again = now.filter(({ redelivered }) => redelivered);
  const evidence: [Evidence, ...Evidence[]] = [
    cite(
      view,
      [telling.row],
      'queueing.messages',
      { service: named(consumer), operation: named(operation), now: us(median(lay)), usual: us(median(usual)) },
      {
        counts: {
          with: tracesOver(now, median(usual) + LEAST),
          of: tracesOver(now, -1),
          baselineOf: tracesOver(before, -1),
        },
        statistic: { name: 'mann-whitney auc', value: rounded(areaUnderCurve(lay, usual)) },
      },
    ),
  ];
  if (again.length > 0) {
    const values = { again: count(again.length), of: count(now.length) };
    evidence.push(cite(view, [again[0]?.row ?? telling.row], 'queueing.redelivered', values));
  }
  const component: Component =
    telling.producer < 0
      ? { kind: 'operation', service: consumer, operation }
      : { kind: 'edge', from: nameOf(view, at(view.charges.party, telling.producer)), to: consumer, operation };
  return {
    detector: queueDelay.id,
    mechanism: 'queueing',
    component,
    role: worksSlower(view, telling.row) ? 'effect' : 'cause',
    strength: clip(moved),
    specificity: clip(2 * areaUnderCurve(lay, usual) - 1),
    support: tracesOver(now, median(usual) + LEAST),
    evidence,
  };
}

/** How many traces have a message that lay longer than the bound. */
const tracesOver = (messages: readonly QueueDelay[], bound: number): number =>
  new Set(messages.filter(({ delay }) => delay > bound).map(({ trace }) => trace)).size;

function worksSlower({ cells, comparison }: View, row: number): boolean {
  const shift = comparison.shifts[at(cells.of, row)];
  return shift !== undefined && shift.deviation > SLOWER;
}
