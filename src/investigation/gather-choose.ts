import type { TraceId } from '../model/units.ts';
import { BASELINE_WANTED, type Catch, type Found } from './gather-search.ts';

/** Suspects by how they are chosen. */
const BY_CHANCE = 80;
const FAILED = 60;
const SLOWEST = 60;

/** Traces worth reading. */
export type Choice = {
  /** Suspects and baseline by turns, so that a limit that is met leaves some of both. */
  readonly traceIds: readonly TraceId[];
  /** Those that were looked for because they failed or were slow. */
  readonly picked: readonly TraceId[];
  /** Whether they are every trace that there is of the hour. */
  readonly whole: boolean;
  /** How they were chosen, for the reader of the card. */
  readonly note: string | undefined;
};

/**
 * Chooses what to read of what was found: some failed, some of the slowest and a plain sample since the trouble began, and a
 * plain sample from before it, each taken evenly from every route and over the time. Routes that are rare are not lost among
 * the others, and nothing is left to luck: the same hits give the same choice.
 */
export function chooseTraces({ found, split, whole }: Catch): Choice {
  const since = found.filter((hit) => hit.start >= split);
  const before = found.filter((hit) => hit.start < split && hit.plain);
  const suspects = chooseSuspects(since);
  const baseline = evenly(before, BASELINE_WANTED);
  const { chance, failed, slowest } = suspects;
  const byChance = chance.length + baseline.length;
  const read = failed.length + slowest.length + byChance;
  return {
    traceIds: byTurns([...failed, ...slowest, ...chance], baseline).map((hit) => hit.traceId),
    picked: [...failed, ...slowest].map((hit) => hit.traceId).toSorted(),
    whole: whole && read === found.length,
    note:
      read === 0
        ? undefined
        : read === found.length
          ? `Every trace ${whole ? 'of the hour before' : 'that was found'} was read`
          : `Of ${found.length} traces found ${said([
              [failed.length, 'failed'],
              [slowest.length, 'slow'],
              [byChance, 'by chance'],
            ])} were read`,
  };
}

/** Suspects that fit are all taken; then those that only a search for errors or slowness found are the picked ones. */
function chooseSuspects(since: readonly Found[]) {
  const plain = since.filter((hit) => hit.plain);
  const others = since.filter((hit) => !hit.plain);
  if (since.length <= BY_CHANCE + FAILED + SLOWEST) {
    return { chance: plain, failed: others.filter((hit) => hit.error), slowest: others.filter((hit) => !hit.error) };
  }
  const chance = evenly(plain, BY_CHANCE);
  const left = without(since, chance);
  const failed = evenly(
    left.filter((hit) => hit.error),
    FAILED,
  );
  const slowest = evenly(without(left, failed), SLOWEST, (a, b) => b.duration - a.duration);
  return { chance, failed, slowest };
}

/**
 * At most `count`, as many from each route as the others allow. Within a route evenly over the time, or the first ones in the
 * order that is given.
 */
export function evenly(
  hits: readonly Found[],
  count: number,
  order?: (a: Found, b: Found) => number,
): readonly Found[] {
  if (hits.length <= count) return hits;
  const byRoute = [...Map.groupBy(hits, (hit) => hit.entry ?? '')]
    .toSorted(([a, one], [b, other]) => one.length - other.length || (a < b ? -1 : 1))
    .map(([, members]) => members);
  const chosen: Found[] = [];
  for (const [index, members] of byRoute.entries()) {
    // The rarest routes come first: what they leave over of their share goes to the others.
    const share = Math.ceil((count - chosen.length) / (byRoute.length - index));
    chosen.push(...(order === undefined ? spread(members, share) : members.toSorted(order).slice(0, share)));
  }
  return chosen.slice(0, count);
}

function spread(hits: readonly Found[], count: number): readonly Found[] {
  if (hits.length <= count) return hits;
  return Array.from({ length: count }, (_, index) => hits[Math.floor((index * hits.length) / count)]).filter(
    (hit) => hit !== undefined,
  );
}

function without(hits: readonly Found[], taken: readonly Found[]): readonly Found[] {
  const ids = new Set(taken.map((hit) => hit.traceId));
  return hits.filter((hit) => !ids.has(hit.traceId));
}

function byTurns<T>(some: readonly T[], others: readonly T[]): readonly T[] {
  return Array.from({ length: Math.max(some.length, others.length) }, (_, index) => [some[index], others[index]])
    .flat()
    .filter((one) => one !== undefined);
}

function said(parts: readonly (readonly [number, string])[]): string {
  return parts
    .filter(([count]) => count > 0)
    .map(([count, what]) => `${count} ${what}`)
    .join(', ');
}
