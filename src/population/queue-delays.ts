import { Flag, Kind, type SpanTable } from '../model/trace.ts';
import { at, byteAt, numberAt } from '../model/units.ts';
import { ordinalOf } from '../trace/build.ts';
import { messagesOf } from '../trace/messages.ts';
import type { Charges } from './charges.ts';
import { ensure } from './numbering.ts';

/** One message: how long it lay between being sent and being taken up. */
export type QueueDelay = {
  /** The consumer's row and trace. */
  readonly row: number;
  readonly trace: number;
  /** The producer's row, −1 where only the broker's own time of arrival is known. */
  readonly producer: number;
  /** µs. Offsets between clocks are in it, the same in both windows. */
  readonly delay: number;
  /** Taken up before, and given back. */
  readonly redelivered: boolean;
};

/** When the broker took the message in, by the brokers that tell. Seconds since 1970 on Azure. */
const ENQUEUED = ['messaging.servicebus.message.enqueued_time', 'messaging.eventhubs.message.enqueued_time'] as const;
const DELIVERIES = ['messaging.servicebus.message.delivery_count', 'messaging.message.delivery_attempt'] as const;
/** Messages that are meant to wait. */
const DELAYED = [
  'messaging.rocketmq.message.delay_time_level',
  'messaging.rocketmq.message.delivery_timestamp',
] as const;

/**
 * The messages of the table by whoever took them up: `party operation` of the consumer. Sent and taken-up spans are joined by
 * link or parent; where the sender's span is missing, by the time at which the broker took the message in.
 */
export function queueDelays(table: SpanTable, charges: Charges): ReadonlyMap<string, readonly QueueDelay[]> {
  const found = new Map<string, QueueDelay[]>();
  const joined = new Set<number>();
  const add = (row: number, producer: number, delay: number) => {
    const key = `${at(charges.party, row)} ${at(table.operation, row)}`;
    const redelivered = DELIVERIES.some((name) => Number(table.attribute(row, name) ?? 0) > 1);
    const list = ensure(found, key, () => []);
    list.push({ row, trace: ordinalOf(table, row), producer, delay: Math.max(0, delay), redelivered });
  };
  for (const { producer, consumer, delay } of messagesOf(table)) {
    joined.add(consumer);
    const late = [producer, consumer].some((row) => DELAYED.some((name) => table.attribute(row, name) !== undefined));
    if (!late) add(consumer, producer, delay);
  }
  for (let row = 0; row < table.size; row++) {
    const takes = byteAt(table.kind, row) === Kind.consumer && (byteAt(table.flags, row) & Flag.error) === 0;
    if (!takes || joined.has(row)) continue;
    const enqueued = enqueuedAt(table, row);
    if (enqueued !== undefined) add(row, -1, table.epoch + numberAt(table.start, row) - enqueued);
  }
  return found;
}

function enqueuedAt(table: SpanTable, row: number): number | undefined {
  for (const key of ENQUEUED) {
    const seconds = Number(table.attribute(row, key) ?? Number.NaN);
    if (Number.isFinite(seconds) && seconds > 0) return seconds * 1_000_000;
  }
  return undefined;
}
