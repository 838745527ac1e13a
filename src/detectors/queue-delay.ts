import type { Evidence, Finding } from '../model/finding.ts';
import { at } from '../model/units.ts';
import { deviation } from '../population/latency.ts';
import { type QueueDelay, queueDelays } from '../population/queue-delays.ts';
import { areaUnderCurve, median, sorted } from '../population/statistics.ts';
import type { View } from '../population/view.ts';
import { cite, clip, count, named, nameOf, operationOf, rounded, us } from './cite.ts';
import type { Detector } from './detector.ts';

/** Messages wait when they lie longer than usual by more than this, µs. */
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
  if (moved <= 0 || median(lay) - median(usual) <= LEAST) return undefined;
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
      MESSAGES_LIE,
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
  return {
    detector: queueDelay.id,
    mechanism: 'queueing',
    // Whoever should take them up, and not who sent them: sending is over when the waiting begins.
    component: { kind: 'operation', service: consumer, operation },
    role: worksSlower(view, telling.row) ? 'effect' : 'cause',
    strength: clip(moved),
    specificity: clip(2 * areaUnderCurve(lay, usual) - 1),
    support: tracesOver(now, median(usual) + LEAST),
    evidence,
  };
}

/** The claim that carries how long messages lie; `service`, `operation` and `usual` say which. */
export const MESSAGES_LIE = 'queueing.messages';

/** 1 for each trace of the window with a message that lay longer than usual, as a finding with that claim has it. */
export function tracesWithLateMessages(view: View, { values }: Evidence): Uint8Array {
  const late = new Uint8Array(view.table.traces);
  for (const messages of queueDelays(view.table, view.charges).values()) {
    for (const { row, trace, delay } of messages) {
      const consumer = nameOf(view, at(view.charges.party, row));
      if (consumer !== values.service?.value || operationOf(view, row) !== values.operation?.value) continue;
      if (view.window[trace] === 1 && delay > Number(values.usual?.value) + LEAST) late[trace] = 1;
    }
  }
  return late;
}

/** How many traces have a message that lay longer than the bound. */
const tracesOver = (messages: readonly QueueDelay[], bound: number): number =>
  new Set(messages.filter(({ delay }) => delay > bound).map(({ trace }) => trace)).size;

function worksSlower({ cells, comparison }: View, row: number): boolean {
  const shift = comparison.shifts[at(cells.of, row)];
  return shift !== undefined && shift.deviation > SLOWER;
}
