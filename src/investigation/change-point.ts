/** A request as far as it tells when trouble began; times in µs on any clock, the same for all. */
export type Occurrence = {
  readonly start: number;
  readonly duration: number;
  readonly failed: boolean;
  /** Requests of one route may be compared with each other. */
  readonly route: string | number;
};

/** Requests needed on either side of a cut before it may count. */
const SIDE = 5;
/** Log-likelihood ratio that a change of the bad rate must reach: χ² with one degree of freedom, p ≈ 0.001. */
const CONVINCING = 5.4;
/** The same for ranks of durations, z ≈ 4: slowness wavers by itself, and every cut of some hundred is a try. */
const CONVINCING_RANKS = 8;
/** How far a likelihood may fall below the best and the cut still be the true one, 95 %: half of χ²(1) = 3.84. */
const PLAUSIBLE = 1.92;
/** A request this many times slower than usual for its route is bad, if that is also felt. */
const SLOW_FACTOR = 3;
const FELT_US = 50_000;
/** A slowdown of most requests counts from this factor and this many µs of the median on. */
const SHIFT_FACTOR = 1.3;
const SHIFT_US = 5_000;

/**
 * The moment from which on more requests were bad, that is failed or far slower than usual for their route: the cut in time
 * that best parts good ones from bad ones.
 *
 * ```
 *   bad  ·····················×·××·×××·××
 *                             ↑        ↑
 *                             │        the likeliest cut may lie a little late
 *                             the first harmed request from which on the likelihood is as good: the answer
 * ```
 *
 * `requests` in the order of their start; a cut lies at the start of a request, none after `until`. Undefined when nothing
 * stands out.
 */
export function worseFrom(requests: readonly Occurrence[], until: number): number | undefined {
  const usual = usualDurations(requests);
  const failed: readonly number[] = requests.map((request) => (request.failed ? 1 : 0));
  const slow: readonly number[] = requests.map(({ duration, route }) => {
    const ordinary = usual.get(route) ?? duration;
    return duration > Math.max(SLOW_FACTOR * ordinary, ordinary + FELT_US) ? 1 : 0;
  });
  const bad = failed.map((flag, index) => Math.max(flag, slow[index] ?? 0));
  const [byBad, byFailure] = [bad, failed].map((scores) =>
    bestCut(startsOf(requests), scores, until, CONVINCING, bernoulliGain),
  );
  if (byBad === undefined || byFailure === undefined || byFailure.index <= byBad.index) return (byBad ?? byFailure)?.at;
  // Slowness that ended when failures set in was something else: a machine that held its breath. One that goes on led to them.
  const between = mean(slow.slice(byBad.index, byFailure.index));
  return (mean(slow.slice(byFailure.index)) < between / 2 ? byFailure : byBad).at;
}

/**
 * The moment from which on requests took longer by their rank within the route, which also sees everybody slow down a little.
 * It sees as well that a machine had more to do than a minute before, so it is asked last. Otherwise as `worseFrom`.
 */
export function slowerFrom(requests: readonly Occurrence[], until: number): number | undefined {
  const ranks = ranksInRoutes(requests);
  const cut = bestCut(startsOf(requests), ranks, until, CONVINCING_RANKS, gaussianGain(ranks));
  return cut !== undefined && isFelt(requests, usualDurations(requests), cut.index) ? cut.at : undefined;
}

const startsOf = (requests: readonly Occurrence[]): readonly number[] => requests.map(({ start }) => start);

type Cut = { readonly at: number; readonly index: number };

/** What a cut explains beyond one rate for all: `sum` of the first `n` scores, `total` of all `size`. */
type Gain = (sum: number, n: number, total: number, size: number) => number;

function bestCut(
  starts: readonly number[],
  scores: readonly number[],
  until: number,
  convincing: number,
  gainOf: Gain,
): Cut | undefined {
  const size = scores.length;
  const total = scores.reduce((sum, score) => sum + score, 0);
  const gains = new Float64Array(size);
  let best: { index: number; gain: number } | undefined;
  let sum = 0;
  for (let index = 0; index < size; index++) {
    const start = starts[index] ?? 0;
    if (start > until) break;
    // Requests that began at the same moment stand on one side.
    const distinct = index === 0 || start !== starts[index - 1];
    if (distinct && index >= SIDE && size - index >= SIDE && (total - sum) / (size - index) > sum / index) {
      const gain = gainOf(sum, index, total, size);
      gains[index] = gain;
      if (gain > convincing && (best === undefined || gain > best.gain)) best = { index, gain };
    }
    sum += scores[index] ?? 0;
  }
  if (best === undefined) return undefined;
  const index = earliestPlausible(scores, gains, best);
  return { at: starts[index] ?? 0, index };
}

/** Back from the best cut, while it is as likely, to the first request that looks harmed. */
function earliestPlausible(
  scores: readonly number[],
  gains: Float64Array,
  best: { readonly index: number; readonly gain: number },
): number {
  const before = mean(scores.slice(0, best.index));
  const after = mean(scores.slice(best.index));
  const harmed = (before + after) / 2;
  let earliest = best.index;
  for (let index = best.index - 1; index >= 0 && (gains[index] ?? 0) >= best.gain - PLAUSIBLE; index--) {
    if ((scores[index] ?? 0) > harmed) earliest = index;
  }
  return earliest;
}

const bernoulliGain: Gain = (sum, n, total, size) =>
  logLikelihood(sum, n) + logLikelihood(total - sum, size - n) - logLikelihood(total, size);

/** Log-likelihood of k of n under its own rate. */
function logLikelihood(k: number, n: number): number {
  if (k === 0 || k === n) return 0;
  return k * Math.log(k / n) + (n - k) * Math.log(1 - k / n);
}

/** Half the squared difference of the means in standard errors, which is a likelihood ratio for scores that scatter alike. */
function gaussianGain(scores: readonly number[]): Gain {
  const middle = mean(scores);
  const variance = mean(scores.map((score) => (score - middle) ** 2));
  if (variance === 0) return () => 0;
  return (sum, n, total, size) => {
    const difference = (total - sum) / (size - n) - sum / n;
    return difference ** 2 / (variance * (1 / n + 1 / (size - n))) / 2;
  };
}

/** Lower quartile of the duration by route: robust even when most requests of the window are slow. */
function usualDurations(requests: readonly Occurrence[]): ReadonlyMap<string | number, number> {
  const byRoute = Map.groupBy(requests, ({ route }) => route);
  return new Map(
    [...byRoute].map(([route, members]) => {
      const durations = members.map(({ duration }) => duration).sort((a, b) => a - b);
      return [route, durations[Math.floor(durations.length / 4)] ?? 0];
    }),
  );
}

/** Rank of each duration within its route, 0…1, equal ones in the middle of their ranks; a failed request is as bad as any. */
function ranksInRoutes(requests: readonly Occurrence[]): readonly number[] {
  const ranks: number[] = requests.map(() => 1);
  const indices = requests.flatMap(({ failed }, index) => (failed ? [] : [index]));
  for (const members of Map.groupBy(indices, (index) => requests[index]?.route).values()) {
    const durationOf = (index: number) => requests[index]?.duration ?? 0;
    members.sort((a, b) => durationOf(a) - durationOf(b));
    for (let from = 0; from < members.length; ) {
      let to = from + 1;
      while (to < members.length && durationOf(members[to] ?? 0) === durationOf(members[from] ?? 0)) to++;
      for (const index of members.slice(from, to)) ranks[index] = (from + to) / 2 / members.length;
      from = to;
    }
  }
  return ranks;
}

function isFelt(requests: readonly Occurrence[], usual: ReadonlyMap<string | number, number>, cut: number): boolean {
  const factor = (side: readonly Occurrence[]) =>
    median(side.map(({ duration, route }) => duration / Math.max(1, usual.get(route) ?? 1)));
  const excess = (side: readonly Occurrence[]) =>
    median(side.map(({ duration, route }) => duration - (usual.get(route) ?? 0)));
  const [before, after] = [requests.slice(0, cut), requests.slice(cut)];
  return factor(after) >= SHIFT_FACTOR * factor(before) && excess(after) - excess(before) >= SHIFT_US;
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
