import type { SpanTable } from '../model/trace.ts';
import { at, numberAt } from '../model/units.ts';
import type { Charges } from './charges.ts';
import { aboutNames } from './names.ts';
import { ensure } from './numbering.ts';
import type { VisitCalls } from './visit-calls.ts';

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

/** A query that is made in this part of the healthy visits, whatever the cache says, is not made because of it. */
const ANYHOW = 0.95;

/**
 * Looks into caches in the chosen traces (1 a trace), in row order. Where no attribute tells, a read of a key-value store
 * that is followed in the same visit by a call to a database was a miss; but not by a call that healthy visits make anyhow:
 *
 * ```
 *   hit    GET show │                │ SELECT performances
 *   miss   GET show │ SELECT shows   │ SELECT performances      the second says nothing
 * ```
 */
export function cacheLookups(
  table: SpanTable,
  charges: Charges,
  calls: VisitCalls,
  sides: { readonly traces: Uint8Array; readonly healthy: Uint8Array },
): readonly Lookup[] {
  const isLook = looksOf(table);
  if (isLook === undefined) return [];
  const { traces } = sides;
  const keyOf = (row: number) => `${at(charges.party, row)} ${at(charges.peer, row)} ${at(table.operation, row)}`;
  const anyhow = madeAnyhow(calls, charges, visitsWithLook(table, charges, isLook, sides.healthy), keyOf);
  const mayFetch = (row: number) =>
    !isLook(row) && !STORES.has(String(table.attribute(row, STORE))) && !anyhow.has(keyOf(row));
  const found: Lookup[] = [];
  for (let trace = 0; trace < table.traces; trace++) {
    if (traces[trace] !== 1) continue;
    const fetches = new Map<number, readonly number[]>();
    const fetchesIn = (entry: number) =>
      ensure(fetches, entry, () =>
        [...calls.rows.subarray(at(calls.from, entry), at(calls.from, entry + 1))]
          .filter(mayFetch)
          .sort((a, b) => numberAt(table.start, a) - numberAt(table.start, b) || a - b),
      );
    for (let row = at(table.first, trace); row < at(table.first, trace + 1); row++) {
      if (!isLook(row)) continue;
      const fetch = fetchAfter(table, row, fetchesIn(at(charges.visit, row)));
      const told = hitTold(table, row);
      const isStore = fetch >= 0 && table.attribute(fetch, STORE) !== undefined;
      const hit = told ?? !isStore;
      found.push({ row, party: at(charges.party, row), cache: at(charges.peer, row), hit, fetch: hit ? -1 : fetch });
    }
  }
  return found;
}

const STORE = 'db.system.name';

/** Entry rows of the visits that look into a cache. */
function visitsWithLook(
  table: SpanTable,
  charges: Charges,
  isLook: (row: number) => boolean,
  traces: Uint8Array,
): ReadonlySet<number> {
  const visits = new Set<number>();
  for (let trace = 0; trace < table.traces; trace++) {
    if (traces[trace] !== 1) continue;
    for (let row = at(table.first, trace); row < at(table.first, trace + 1); row++)
      if (isLook(row)) visits.add(at(charges.visit, row));
  }
  return visits;
}

/** Keys of the calls that nearly all visits of their service make. */
function madeAnyhow(
  calls: VisitCalls,
  charges: Charges,
  visits: ReadonlySet<number>,
  keyOf: (row: number) => string,
): ReadonlySet<string> {
  const visited = new Map<number, number>();
  const made = new Map<string, { readonly party: number; visits: number }>();
  for (const entry of visits) {
    const party = at(charges.party, entry);
    visited.set(party, (visited.get(party) ?? 0) + 1);
    const keys = new Set<string>();
    for (const row of calls.rows.subarray(at(calls.from, entry), at(calls.from, entry + 1))) keys.add(keyOf(row));
    for (const key of keys) ensure(made, key, () => ({ party, visits: 0 })).visits++;
  }
  const usual = [...made].filter(([, { party, visits: n }]) => n >= ANYHOW * (visited.get(party) ?? 0));
  return new Set(usual.map(([key]) => key));
}

/** Tells rows that look into a cache; undefined where the attributes that would say so are nowhere in the table. */
function looksOf(table: SpanTable): ((row: number) => boolean) | undefined {
  const stores = table.carries(STORE);
  const tells = TOLD.some((key) => table.carries(key));
  if (!stores && !tells) return undefined;
  const speaksOfCache = aboutNames(table, (name) => /\bcache\b/i.test(name));
  return (row) => {
    const system = stores ? table.attribute(row, STORE) : undefined;
    if (system !== undefined && STORES.has(String(system))) {
      const verb = table.attribute(row, 'db.operation.name') ?? table.text(at(table.operation, row));
      return READING.test(String(verb));
    }
    return tells && speaksOfCache(row) && hitTold(table, row) !== undefined;
  };
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
    if (numberAt(table.start, calls[middle] ?? look) < numberAt(table.end, look)) low = middle + 1;
    else high = middle;
  }
  const next = calls[low];
  return next !== undefined && numberAt(table.start, next) - numberAt(table.end, look) <= SOON ? next : -1;
}
