import { Flag, type SpanTable } from '../model/trace.ts';
import { at, byteAt, numberAt } from '../model/units.ts';
import { ensure } from './numbering.ts';

/** Opening a connection takes a handful of spans; what is larger is something else. */
const MOST_ROWS = 64;
/** Requests may share a connection, but only those that were under way when it was opened waited for it. */
const GRAIN = 2_000;

/**
 * Rows of other traces that belong to opening a connection for a row, by the row that links to them. .NET opens pooled
 * connections in a trace of their own and only links to it:
 *
 * ```
 *   trace 1   GET /pay             ├────────────────────────┤
 *               HTTP wait_for_connection  ├────────┤  ⇢ link
 *   trace 2   HTTP connection_setup       ├────────┤
 *               TLS client handshake         ├────┤
 * ```
 *
 * Every later request on the connection has the same link; it is followed only where the two overlap in time.
 */
export function linkedSetups(table: SpanTable): ReadonlyMap<number, readonly number[]> {
  const found = new Map<number, number[]>();
  const links = linksOf(table);
  if (links.length === 0) return found;
  const ordinals = new Map(table.traceIds.map((traceId, ordinal) => [traceId, ordinal]));
  const wanted = new Map<number, Map<string, number[]>>();
  for (const { row, traceId, spanId } of links) {
    const ordinal = ordinals.get(traceId);
    if (ordinal === undefined) continue;
    const inTrace = ensure(wanted, ordinal, () => new Map<string, number[]>());
    ensure(inTrace, spanId, () => []).push(row);
  }
  for (const [ordinal, byId] of wanted) {
    const to = at(table.first, ordinal + 1);
    for (let setup = at(table.first, ordinal); setup < to; setup++) {
      for (const row of byId.get(table.spanId(setup)) ?? []) {
        if (!overlap(table, row, setup) || row === setup) continue;
        const rows = ensure(found, row, () => []);
        // A span and its descendants stand in one run of rows; the run ends where a row's parent is before it.
        const end = Math.min(to, setup + MOST_ROWS);
        for (let below = setup; below < end && (below === setup || at(table.parent, below) >= setup); below++)
          rows.push(below);
      }
    }
  }
  return found;
}

function linksOf(table: SpanTable): readonly { row: number; traceId: string; spanId: string }[] {
  const links: { row: number; traceId: string; spanId: string }[] = [];
  for (let trace = 0; trace < table.traces; trace++) {
    for (let row = at(table.first, trace); row < at(table.first, trace + 1); row++) {
      if ((byteAt(table.flags, row) & Flag.links) === 0) continue;
      for (const { traceId, spanId } of table.links(row)) {
        if (traceId !== table.traceIds[trace]) links.push({ row, traceId, spanId });
      }
    }
  }
  return links;
}

function overlap(table: SpanTable, a: number, b: number): boolean {
  return (
    numberAt(table.start, a) - GRAIN < numberAt(table.end, b) &&
    numberAt(table.start, b) < numberAt(table.end, a) + GRAIN
  );
}
