import { Flag, Kind, type SpanTable } from '../model/trace.ts';
import { at, byteAt, type Micros, numberAt } from '../model/units.ts';

/**
 * A message from the span that sent it to a span that took it up.
 *
 * ```
 *   send      ├──┤
 *   process           ├─────────┤        waits for nobody, and nobody waits for it
 *                ←delay→
 * ```
 */
export type Message = {
  readonly producer: number;
  readonly consumer: number;
  /** µs from the end of sending to the start of processing, as recorded: negative when the consumer was faster, or by skew. */
  readonly delay: Micros;
  readonly by: 'parent' | 'link';
};

/**
 * Every message of the table whose two ends are in it, by the consumer's row, then the producer's. Messaging conventions
 * join the two by a link (always so for batches) or, for single messages, by parent. A receiving CLIENT span with a link
 * takes messages up too. Reference section 1.3.
 */
export function messagesOf(table: SpanTable): readonly Message[] {
  const found: Message[] = [];
  let producers: ReadonlyMap<string, number> | undefined;
  for (let row = 0; row < table.size; row++) {
    const isConsumer = byteAt(table.kind, row) === Kind.consumer;
    const isLinked = (byteAt(table.flags, row) & Flag.links) !== 0;
    if (!isConsumer && !(isLinked && byteAt(table.kind, row) === Kind.client)) continue;
    const senders = new Map<number, Message['by']>();
    const parent = at(table.parent, row);
    if (isConsumer && parent >= 0 && byteAt(table.kind, parent) === Kind.producer) senders.set(parent, 'parent');
    if (isLinked) {
      producers ??= producersById(table);
      for (const { traceId, spanId } of table.links(row)) {
        const producer = producers.get(`${traceId}/${spanId}`);
        if (producer !== undefined && !senders.has(producer)) senders.set(producer, 'link');
      }
    }
    for (const [producer, by] of [...senders].sort(([a], [b]) => a - b)) {
      found.push({ producer, consumer: row, delay: numberAt(table.start, row) - numberAt(table.end, producer), by });
    }
  }
  return found;
}

function producersById(table: SpanTable): ReadonlyMap<string, number> {
  const rows = new Map<string, number>();
  for (let ordinal = 0; ordinal < table.traces; ordinal++) {
    for (let row = at(table.first, ordinal); row < at(table.first, ordinal + 1); row++) {
      if (byteAt(table.kind, row) === Kind.producer) rows.set(`${table.traceIds[ordinal]}/${table.spanId(row)}`, row);
    }
  }
  return rows;
}
