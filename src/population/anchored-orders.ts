import type { SpanTable } from '../model/trace.ts';
import { at } from '../model/units.ts';
import { ordinalOf } from '../trace/build.ts';
import { PairNumbers } from '../trace/pair-numbers.ts';
import { type Clocks, clocksOf, orderOf } from '../trace/skew.ts';
import type { Cells } from './cells.ts';
import { type Charges, Place } from './charges.ts';
import type { Sides } from './latency.ts';
import { ensure } from './numbering.ts';
import { type OrderBreach, type OrderCounts, type OrderRule, writesOf } from './order.ts';
import { certainRise, STRICT_Z } from './statistics.ts';

/** Ids of the business, not of the plumbing: what two services mean when they speak of the same thing. */
const KEY =
  /^(?!trace|span|session|user|enduser|thread|process|host|container|k8s|service|cloud|device|db|client|server|network)[\w.]*(\.id|_id|\.key|_key|conversation_id|correlation_id|idempotency[._]key)$|^messaging\.message\.(id|conversation_id)$/i;
/** More rows than this that speak of one value are a default, not an id. */
const MOST_ROWS = 64;
/** As many kinds of pairs are looked at (reference section 5.2). */
const MOST_PAIRS = 200;
const FEWEST = 8;

type Moment = { readonly row: number; readonly kind: number; readonly service: number; readonly writes: boolean };
type Tally = { cell: number; before: OrderCounts; now: OrderCounts; breaches: OrderBreach[] };

/**
 * Orders between services, held together by what both speak of: one service writes an order, another confirms its stock.
 * They are no siblings and their clocks differ, so only what the clocks can tell counts; the rest is undecidable, and no
 * evidence of anything.
 *
 * ```
 *   stock    POST /holds  order.id=7       ├──────────┤                acknowledged
 *   orders   INSERT       order.id=7                     ├──────┤      waited for it, whoever told it to
 *   orders   INSERT       order.id=8   ├──────┤                        did not
 *   stock    POST /holds  order.id=8       ├──────────┤
 * ```
 */
export function anchoredOrders(table: SpanTable, charges: Charges, cells: Cells, sides: Sides): readonly OrderRule[] {
  const spoken = momentsByKey(table, charges, sides);
  if (spoken.size === 0) return [];
  const clocks = clocksOf(table);
  const tallies = new Map<number, Tally>();
  const pairs = new PairNumbers();
  for (const moments of spoken.values()) {
    if (moments.length < 2 || moments.length > MOST_ROWS) continue;
    for (const write of moments) {
      if (!write.writes) continue;
      for (const ack of moments) {
        if (ack.writes || ack.service === write.service || related(table, ack.row, write.row)) continue;
        const pair = pairs.number(ack.kind, write.kind);
        const cell = at(cells.of, at(charges.visit, write.row));
        if (pair >= MOST_PAIRS || cell < 0) continue;
        const tally = ensure(tallies, pair, () => ({ cell, before: none(), now: none(), breaches: [] }));
        const suspect = sides.suspect[ordinalOf(table, write.row)] === 1;
        const seen = relate(table, clocks, ack.row, write.row);
        if (seen === undefined) continue;
        (suspect ? tally.now : tally.before)[seen.relation]++;
        if (suspect && seen.relation !== 'waited') {
          const trace = ordinalOf(table, write.row);
          const { margin, uncertainty } = seen;
          tally.breaches.push({ trace, call: ack.row, step: write.row, margin, uncertainty });
        }
      }
    }
  }
  return [...tallies.values()]
    .map((tally) => ({ ...tally, writes: true, earlier: true, weight: weightOf(tally) }))
    .filter(({ weight }) => weight > 0)
    .sort((a, b) => b.weight - a.weight || a.cell - b.cell);
}

const none = (): OrderCounts => ({ waited: 0, early: 0, overtook: 0 });

/** The order of a write and another service's acknowledgement as far as the clocks tell; undefined where they do not. */
function relate(table: SpanTable, clocks: Clocks, ack: number, write: number) {
  const began = orderOf(table, clocks, { row: write, anchor: 'start' }, { row: ack, anchor: 'end' });
  if (began.order === 'after')
    return { relation: 'waited' as const, margin: began.margin, uncertainty: began.uncertainty };
  if (began.order === 'undecidable') return undefined;
  const ended = orderOf(table, clocks, { row: write, anchor: 'end' }, { row: ack, anchor: 'end' });
  return ended.order === 'before'
    ? { relation: 'overtook' as const, margin: ended.margin, uncertainty: ended.uncertainty }
    : { relation: 'early' as const, margin: -began.margin, uncertainty: began.uncertainty };
}

function weightOf({ before, now }: Tally): number {
  const kept = { with: before.early + before.overtook, of: before.waited + before.early + before.overtook };
  if (kept.of < FEWEST || kept.with > 0.01 * kept.of) return 0;
  return certainRise({ with: now.early + now.overtook, of: now.waited + now.early + now.overtook }, kept, STRICT_Z);
}

/** Writes, and ends of what other services did for the same id, by the id's name, value and side. */
function momentsByKey(table: SpanTable, charges: Charges, sides: Sides): ReadonlyMap<string, readonly Moment[]> {
  if (!speaksOfIds(table)) return new Map();
  const writesAt = writesOf(table);
  const ids = new Map<readonly string[], readonly string[]>();
  const keysAt = (row: number) => {
    const all = table.keys(row, 'span');
    return ensure(ids, all, () => all.filter((key) => KEY.test(key)));
  };
  const kinds = new PairNumbers();
  const found = new Map<string, Moment[]>();
  for (let trace = 0; trace < table.traces; trace++) {
    const suspect = sides.suspect[trace] === 1;
    if (!suspect && sides.reference[trace] !== 1) continue;
    for (let row = at(table.first, trace); row < at(table.first, trace + 1); row++) {
      const keys = keysAt(row);
      if (keys.length === 0) continue;
      const entry = charges.place[row] === Place.entry;
      const writes = !entry && writesAt(row);
      if (!entry && !writes) continue;
      const kind = kinds.number(at(table.service, row), at(table.operation, row));
      for (const key of keys) {
        const said = `${suspect ? 's' : 'b'}\u0000${key}\u0000${table.attribute(row, key)}`;
        ensure(found, said, () => []).push({ row, kind, service: at(table.service, row), writes });
      }
    }
  }
  return found;
}

/** Rows that are looked at before a table counts as one without ids. */
const SAMPLE = 2_000;

/** Whether any span has an id of the business at all: most tables do not, and are not read through for it. */
function speaksOfIds(table: SpanTable): boolean {
  const stride = Math.max(1, Math.floor(table.size / SAMPLE));
  for (let row = 0; row < table.size; row += stride) {
    if (table.keys(row, 'span').some((key) => KEY.test(key))) return true;
  }
  return false;
}

/** One is above the other. */
function related(table: SpanTable, a: number, b: number): boolean {
  const upper = Math.min(a, b);
  for (let row = Math.max(a, b); row >= upper; row = at(table.parent, row)) if (row === upper) return true;
  return false;
}
