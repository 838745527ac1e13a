import type { SpanTable } from '../model/trace.ts';
import { Flag } from '../model/trace.ts';
import { at, type EpochMicros, MINUTE } from '../model/units.ts';

/** Traces needed on either side of a cut before it may count as an onset. */
const SIDE = 5;
/** Log-likelihood ratio that a change of the bad rate must reach: χ² with one degree of freedom, p ≈ 0.001. */
const CONVINCING = 5.4;
/** A root this many times slower than the usual one of its route is bad, if that is also felt. */
const SLOW_FACTOR = 3;
const FELT_US = 50_000;

/** A deploy this long before the harm may be behind it (reference section 10). */
const DEPLOY_WINDOW = 15 * MINUTE;
/** Traces before a deploy that make a baseline by themselves. */
const ENOUGH = 20;

/** When the trouble began, and how that was seen. */
export type Onset = { readonly at: EpochMicros; readonly by: 'errors or slowness' | 'deploy' };

/**
 * Finds the moment before which the traces are a baseline: the cut that best splits bad roots (in error, or far slower than
 * usual for their route) from good ones, else the moment a new `service.version` first answered. Undefined when neither is
 * there; then nobody knows, and nothing is made up.
 *
 * ```
 *   bad  ·····················×·××·×××·××        onset = the cut with the greatest likelihood ratio
 *                             ↑ onset      ↑ alert
 * ```
 */
export function findOnset(table: SpanTable, alertAt: EpochMicros): Onset | undefined {
  const roots = rootsInOrder(table);
  const byHarm = changePoint(roots, alertAt - table.epoch);
  const byDeploy = newestVersion(table, roots, alertAt - table.epoch);
  if (byHarm === undefined) return byDeploy === undefined ? undefined : { at: table.epoch + byDeploy, by: 'deploy' };
  // What a deploy breaks need not show at once: requests between the two are no baseline, if enough came before.
  const sinceDeploy = byDeploy !== undefined && byDeploy < byHarm && byHarm - byDeploy < DEPLOY_WINDOW;
  if (sinceDeploy && roots.filter(({ start }) => start < byDeploy).length >= ENOUGH)
    return { at: table.epoch + byDeploy, by: 'deploy' };
  return { at: table.epoch + byHarm, by: 'errors or slowness' };
}

type Root = { readonly start: number; readonly bad: boolean; readonly ordinal: number };

function rootsInOrder(table: SpanTable): readonly Root[] {
  const usual = usualDurations(table);
  const roots: Root[] = [];
  for (let ordinal = 0; ordinal < table.traces; ordinal += 1) {
    const row = at(table.first, ordinal);
    const duration = at(table.end, row) - at(table.start, row);
    const median = usual.get(at(table.path, row)) ?? duration;
    const failed = (at(table.flags, row) & Flag.error) !== 0;
    roots.push({
      start: at(table.start, row),
      bad: failed || duration > Math.max(SLOW_FACTOR * median, median + FELT_US),
      ordinal,
    });
  }
  return roots.toSorted((a, b) => a.start - b.start || a.ordinal - b.ordinal);
}

/** Lower quartile of the root's duration by route: robust even when most traces of the window are slow. */
function usualDurations(table: SpanTable): ReadonlyMap<number, number> {
  const byPath = new Map<number, number[]>();
  for (let ordinal = 0; ordinal < table.traces; ordinal += 1) {
    const row = at(table.first, ordinal);
    const durations = byPath.get(at(table.path, row)) ?? [];
    durations.push(at(table.end, row) - at(table.start, row));
    byPath.set(at(table.path, row), durations);
  }
  return new Map(
    [...byPath].map(([path, durations]) => [
      path,
      durations.toSorted((a, b) => a - b)[Math.floor(durations.length / 4)] ?? 0,
    ]),
  );
}

function changePoint(roots: readonly Root[], alertAt: number): number | undefined {
  const total = roots.length;
  const bad = roots.filter((root) => root.bad).length;
  const whole = logLikelihood(bad, total);
  let best: { readonly start: number; readonly gain: number } | undefined;
  let badBefore = 0;
  for (const [index, root] of roots.entries()) {
    if (root.start > alertAt) break;
    if (index >= SIDE && total - index >= SIDE) {
      const rateBefore = badBefore / index;
      const rateAfter = (bad - badBefore) / (total - index);
      const gain = logLikelihood(badBefore, index) + logLikelihood(bad - badBefore, total - index) - whole;
      if (rateAfter > rateBefore && gain > CONVINCING && (best === undefined || gain > best.gain))
        best = { start: root.start, gain };
    }
    if (root.bad) badBefore += 1;
  }
  return best?.start;
}

/** Log-likelihood of k of n under its own rate. */
function logLikelihood(k: number, n: number): number {
  if (k === 0 || k === n) return 0;
  return k * Math.log(k / n) + (n - k) * Math.log(1 - k / n);
}

type Seen = { first: number; last: number };

/**
 * When the latest version to appear was first seen, if other versions of the same service had answered before and it still
 * answers: one that came and went again belongs to the past.
 */
function newestVersion(table: SpanTable, roots: readonly Root[], alertAt: number): number | undefined {
  let latest: number | undefined;
  for (const versions of versionsByService(table, roots).values()) {
    if (versions.size < 2) continue;
    const newest = [...versions.values()].reduce((a, b) => (a.first > b.first ? a : b));
    const after = roots.filter(({ start }) => start >= newest.first);
    const middle = after[Math.floor(after.length / 2)]?.start ?? newest.first;
    const answers = newest.last >= middle;
    if (answers && newest.first <= alertAt && (latest === undefined || newest.first > latest)) latest = newest.first;
  }
  return latest;
}

function versionsByService(table: SpanTable, roots: readonly Root[]): ReadonlyMap<string, ReadonlyMap<string, Seen>> {
  const services = new Map<string, Map<string, Seen>>();
  for (const root of roots) {
    for (let row = at(table.first, root.ordinal); row < at(table.first, root.ordinal + 1); row += 1) {
      const version = table.resource(row, 'service.version');
      if (version === undefined) continue;
      const service = table.text(at(table.service, row));
      const versions = services.get(service) ?? new Map<string, Seen>();
      services.set(service, versions);
      const start = at(table.start, row);
      const seen = versions.get(String(version));
      if (seen === undefined) versions.set(String(version), { first: start, last: start });
      else {
        seen.first = Math.min(seen.first, start);
        seen.last = Math.max(seen.last, start);
      }
    }
  }
  return services;
}
