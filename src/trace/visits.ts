import { Kind, type SpanTable } from '../model/trace.ts';
import { at, byteAt } from '../model/units.ts';

/**
 * Whether a span was entered from outside of its service: its parent is absent or of another service. Kinds settle what
 * names cannot: a SERVER span under a CLIENT span crossed a wire even when a service calls itself, and so did a CONSUMER
 * under a PRODUCER.
 */
export function isEntry(table: SpanTable, row: number): boolean {
  return at(table.parent, row) < 0 || isRemote(table, row);
}

/** Whether a span and its parent are on two sides of a wire. */
export function isRemote(table: SpanTable, row: number): boolean {
  const parent = at(table.parent, row);
  if (parent < 0) return false;
  if (at(table.service, parent) !== at(table.service, row)) return true;
  const kind = byteAt(table.kind, row);
  const above = byteAt(table.kind, parent);
  return (kind === Kind.server && above === Kind.client) || (kind === Kind.consumer && above === Kind.producer);
}

/**
 * Row of the entry of each row's visit. A visit is one stay of a request in one service: an entry and its descendants up to
 * the next services.
 *
 * ```
 *   gateway  POST /checkout     entry of visit 0
 *     gateway  POST             visit 0
 *       orders  POST /orders    entry of visit 1
 *     gateway  render           visit 0
 * ```
 */
export function visitEntries(table: SpanTable): Int32Array {
  const entry = new Int32Array(table.size);
  for (let row = 0; row < table.size; row++) entry[row] = isEntry(table, row) ? row : at(entry, at(table.parent, row));
  return entry;
}
