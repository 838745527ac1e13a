import { at } from '../model/units.ts';
import { Kind, type SpanTable } from '../model/trace.ts';
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
 * Spans without a kind count as outbound when all their children are of another service.
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

/** One pass over the table; O(spans). */
export function chargeTime(table: SpanTable): Charges {
  const { size } = table;
  const visit = new Int32Array(size);
  const host = new Int32Array(size);
  const place = new Uint8Array(size);
  const callee = new Int32Array(size).fill(-1);

  for (let row = 0; row < size; row++) {
    const parent = at(table.parent, row);
    const entry = isEntry(table, row, parent);
    visit[row] = entry ? row : at(visit, parent);
    if (isOutbound(table, row, entry)) {
      place[row] = Place.outbound;
      host[row] = row;
    } else if (entry) {
      place[row] = Place.entry;
      host[row] = row;
    } else {
      host[row] = at(host, parent);
    }
    if (entry && parent >= 0) {
      const caller = at(host, parent);
      if (at(place, caller) === Place.outbound && at(callee, caller) < 0) callee[caller] = row;
    }
  }
  return { visit, host, place, callee, ...nameParties(table, place, callee) };
}

function isEntry(table: SpanTable, row: number, parent: number): boolean {
  if (parent < 0 || at(table.service, parent) !== at(table.service, row)) return true;
  const kind = at(table.kind, row);
  const above = at(table.kind, parent);
  return (kind === Kind.server && above === Kind.client) || (kind === Kind.consumer && above === Kind.producer);
}

function isOutbound(table: SpanTable, row: number, entry: boolean): boolean {
  const kind = at(table.kind, row);
  if (kind === Kind.client || kind === Kind.producer) return true;
  if (entry || kind === Kind.server || kind === Kind.consumer) return false;
  const from = at(table.childrenFrom, row);
  const to = at(table.childrenFrom, row + 1);
  const service = at(table.service, row);
  for (let i = from; i < to; i++) if (at(table.service, at(table.children, i)) === service) return false;
  return to > from;
}
