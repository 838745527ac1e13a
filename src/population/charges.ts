import type { SpanTable } from '../model/trace.ts';
import { at } from '../model/units.ts';
import { callsOf } from '../trace/calls.ts';
import { visitEntries } from '../trace/visits.ts';
import { nameParties, type Parties } from './parties.ts';

/**
 * To whom a span's own time is charged. A *visit* is what one service does for one request: its entry span and every span
 * of the same service below it. Inside a visit, time belongs either to the service (charged to the entry) or to a call out
 * of it (charged to the outbound span), because the gap between a client's span and its server's is neither's own work:
 *
 * ```
 *   caller   ├ entry ─────────────────────────────────┤   local time of the caller
 *              └ ├ outbound ───────────────────────┤      ├──┤ and ├─┤ of it: the edge caller → callee
 *                  ├ tls.connect ┤                         part of the same edge
 *   callee                        ├ entry ───────┤         local time of the callee
 * ```
 *
 * What is outbound is decided by `trace/calls.ts`.
 */
export type Charges = {
  /** Entry row of the visit that the row is part of. */
  readonly visit: Int32Array;
  /** Row that the row's own time is charged to: an entry or an outbound span; itself for both. */
  readonly host: Int32Array;
  /** `Place` codes. */
  readonly place: Uint8Array;
  /** For an outbound row: the entry row it reached, −1 when no span of the other side is there. */
  readonly callee: Int32Array;
  /** For an outbound row: the party it spoke to, −1 when nothing tells. */
  readonly peer: Int32Array;
  /** Party of the row's own service. */
  readonly party: Int32Array;
  readonly parties: Parties;
};

export const Place = { inside: 0, entry: 1, outbound: 2 } as const;

/** A few passes over the table; O(spans). */
export function chargeTime(table: SpanTable): Charges {
  const { size } = table;
  const calls = callsOf(table);
  const visit = visitEntries(table);
  const host = new Int32Array(size);
  const place = new Uint8Array(size);
  const callee = calls.of.map((call) => (call < 0 ? -1 : at(calls.server, call)));
  for (let row = 0; row < size; row++) {
    const outbound = at(calls.of, row) >= 0;
    const entry = at(visit, row) === row;
    place[row] = outbound ? Place.outbound : entry ? Place.entry : Place.inside;
    host[row] = outbound || entry ? row : at(host, at(table.parent, row));
  }
  return { visit, host, place, callee, ...nameParties(table, calls) };
}
