import type { Component, Evidence, Finding } from '../model/finding.ts';
import { at, numberAt } from '../model/units.ts';
import { cacheLookups, type Lookup } from '../population/cache-lookups.ts';
import { ensure } from '../population/numbering.ts';
import { durationOf } from '../population/requests.ts';
import { certainRise, median, STRICT_Z, sorted } from '../population/statistics.ts';
import type { View } from '../population/view.ts';
import { ordinalOf } from '../trace/build.ts';
import { cite, clip, count, named, nameOf, operationOf, ratio, tracesIn, us } from './cite.ts';
import type { Detector } from './detector.ts';
import { LEAST_SHIFT } from './slower-cells.ts';

/** Fewest looks on either side. */
const FEWEST = 8;
/** The miss rate must certainly have risen by this much. */
const LEAST_RISE = 0.1;
/** What fetching takes of its request before a miss is felt. */
const FELT = 0.1;

/** D27: a cache answers less often than it did, and requests wait for whatever is behind it. */
export const cacheMiss: Detector = {
  id: 'D27 cache-miss',
  asks: 'Does a cache miss more often than usual?',
  detect(view) {
    const before = byCache(view, view.sides.reference);
    return [...byCache(view, view.sides.suspect)].flatMap(
      ([key, looks]) => findingOf(view, looks, before.get(key) ?? []) ?? [],
    );
  },
};

function byCache(view: View, traces: Uint8Array): ReadonlyMap<string, readonly Lookup[]> {
  const groups = new Map<string, Lookup[]>();
  const healthy = view.sides.reference;
  for (const look of cacheLookups(view.table, view.charges, view.visitCalls(), { traces, healthy })) {
    ensure(groups, `${look.party} ${look.cache} ${at(view.table.operation, look.row)}`, () => []).push(look);
  }
  return groups;
}

function findingOf(view: View, looks: readonly Lookup[], usual: readonly Lookup[]): Finding | undefined {
  if (looks.length < FEWEST || usual.length < FEWEST) return undefined;
  const missed = looks.filter(({ hit }) => !hit);
  const now = { with: missed.length, of: looks.length };
  const before = { with: usual.filter(({ hit }) => !hit).length, of: usual.length };
  const rise = certainRise(now, before, STRICT_Z);
  const fetched = missed.filter(({ fetch }) => fetch >= 0).sort((a, b) => timeOf(view, a) - timeOf(view, b));
  const telling = fetched[Math.floor(fetched.length / 2)] ?? missed[0];
  if (rise < LEAST_RISE || telling === undefined) return undefined;
  const service = nameOf(view, telling.party);
  const cache = telling.cache < 0 ? operationOf(view, telling.row) : nameOf(view, telling.cache);
  const component: Component =
    telling.cache < 0
      ? { kind: 'operation', service, operation: operationOf(view, telling.row) }
      : { kind: 'edge', from: service, to: cache, operation: operationOf(view, telling.row) };
  const cost = costOf(view, fetched);
  const evidence: [Evidence, ...Evidence[]] = [
    cite(
      view,
      telling.fetch < 0 ? [telling.row] : [telling.row, telling.fetch],
      'cache.misses',
      {
        service: named(service),
        cache: named(cache),
        missed: count(now.with),
        of: count(now.of),
        usual: count(before.with),
        usualOf: count(before.of),
      },
      { counts: { ...now, baselineWith: before.with, baselineOf: before.of } },
    ),
  ];
  if (telling.fetch >= 0) {
    const values = { fetch: named(operationOf(view, telling.fetch)), time: us(cost.time), share: ratio(cost.share) };
    evidence.push(cite(view, [telling.fetch], 'cache.fetch', values));
  }
  return {
    detector: cacheMiss.id,
    mechanism: 'cache-miss',
    component,
    role: cost.time >= LEAST_SHIFT && cost.share >= FELT ? 'cause' : 'context',
    strength: clip(Math.sqrt(rise)),
    specificity: clip(1 - before.with / before.of),
    support: tracesIn(
      view,
      missed.map(({ row }) => row),
    ),
    evidence,
  };
}

const timeOf = ({ table }: View, { fetch }: Lookup): number =>
  numberAt(table.end, fetch) - numberAt(table.start, fetch);

/** What a miss usually takes, and its part of the request, by the middle miss. */
function costOf(view: View, fetched: readonly Lookup[]): { readonly time: number; readonly share: number } {
  if (fetched.length === 0) return { time: 0, share: 0 };
  const shares = fetched.map((look) => {
    const entry = at(view.requests.entry, ordinalOf(view.table, look.row));
    return timeOf(view, look) / Math.max(1, durationOf(view.table, entry));
  });
  const time = median(sorted(fetched.map((look) => timeOf(view, look))));
  return { time, share: Math.min(1, median(sorted(shares))) };
}
