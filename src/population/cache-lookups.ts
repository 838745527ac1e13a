import type { SpanTable } from '../model/trace.ts';
import { at } from '../model/units.ts';
import { type Charges, Place } from './charges.ts';
import { ensure } from './numbering.ts';

/** One look into a cache and what came of it. */
export type Lookup = {
  readonly row: number;
  readonly party: number;
  /** The cache; −1 for one inside the process. */
  readonly cache: number;
  readonly hit: boolean;
  /** For a miss: the row of the call that fetched what was not there, −1 when none was seen. */
  readonly fetch: number;
};

const STORES: ReadonlySet<string> = new Set(['redis', 'memcached', 'valkey', 'dragonfly', 'hazelcast', 'infinispan']);
const READING = /^(get|mget|hget|hgetall|hmget|gets|lookup|read)\b/i;
/** Attributes that say whether the value was there; a count of items found is a hit from one on. */
const TOLD = ['cache.hit', 'cache.result', 'db.cache.hit', 'cache.item_count', 'cache.items', 'cache.status'] as const;
const MISSED = /^(false|miss|missed|stale|expired|bypass|0)$/i;
/** A fetch that begins this long after the look is about something else, µs. */
const SOON = 50_000;

/**
 * Looks into caches in the chosen traces (1 a trace), in row order. Where no attribute tells, a read of a key-value store
 * that is followed by a read of a database in the same visit was a miss.
 */
export function cacheLookups(table: SpanTable, charges: Charges, traces: Uint8Array): readonly Lookup[] {
  const found: Lookup[] = [];
  for (let trace = 0; trace < table.traces; trace++) {
    if (traces[trace] !== 1) continue;
    const looks: number[] = [];
    const fetches = new Map<number, number[]>();
    for (let row = at(table.first, trace); row < at(table.first, trace + 1); row++) {
      if (isLook(table, row)) looks.push(row);
      else if (at(charges.place, row) === Place.outbound) ensure(fetches, at(charges.visit, row), () => []).push(row);
    }
    if (looks.length === 0) continue;
    for (const calls of fetches.values()) calls.sort((a, b) => at(table.start, a) - at(table.start, b) || a - b);
    for (const row of looks) {
      const fetch = fetchAfter(table, row, fetches.get(at(charges.visit, row)) ?? []);
      const told = hitTold(table, row);
      const isStore = fetch >= 0 && table.attribute(fetch, 'db.system.name') !== undefined;
      const hit = told ?? !isStore;
      found.push({ row, party: at(charges.party, row), cache: at(charges.peer, row), hit, fetch: hit ? -1 : fetch });
    }
  }
  return found;
}

function isLook(table: SpanTable, row: number): boolean {
  const system = table.attribute(row, 'db.system.name');
  if (system !== undefined && STORES.has(String(system))) {
    const verb = table.attribute(row, 'db.operation.name') ?? table.text(at(table.operation, row));
    return READING.test(String(verb));
  }
  return /\bcache\b/i.test(table.name(row)) && hitTold(table, row) !== undefined;
}

function hitTold(table: SpanTable, row: number): boolean | undefined {
  for (const key of TOLD) {
    const value = table.attribute(row, key);
    if (value !== undefined) return !MISSED.test(String(value));
  }
  return undefined;
}

/** The first call of the visit soon after the look; `calls` stand by their starts. */
function fetchAfter(table: SpanTable, look: number, calls: readonly number[]): number {
  let low = 0;
  let high = calls.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (at(table.start, calls[middle] ?? look) < at(table.end, look)) low = middle + 1;
    else high = middle;
  }
  const next = calls[low];
  return next !== undefined && at(table.start, next) - at(table.end, look) <= SOON ? next : -1;
}
