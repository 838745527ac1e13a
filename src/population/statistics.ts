/**
 * The small statistics that everything else rests on. Samples are `Float64Array`s sorted in ascending order unless said
 * otherwise; an empty sample has no median and answers NaN, so callers look at the length first.
 */

/** Width of a rate's interval for errors and events (80 %): few visits are normal, and a wider one would mute rare services. */
export const LOOSE_Z = 1.28;
/** Width for claims about structure and order (95 %). */
export const STRICT_Z = 1.96;

/** A copy in ascending order. */
export function sorted(values: Iterable<number>): Float64Array {
  return Float64Array.from(values).sort();
}

/** The order statistic nearest below rank `q·n`, clipped to the sample. */
export function quantile(sample: Float64Array, q: number): number {
  return orderStatistic(sample, q * sample.length);
}

export function median(sample: Float64Array): number {
  const n = sample.length;
  return n % 2 === 1
    ? orderStatistic(sample, (n - 1) / 2)
    : (orderStatistic(sample, n / 2 - 1) + orderStatistic(sample, n / 2)) / 2;
}

/**
 * A quantile's interval by order statistics, one binomial standard deviation of the rank to either side: no assumption
 * about the distribution, and honest for four visits as for four thousand.
 */
export function quantileBounds(sample: Float64Array, q: number): { readonly low: number; readonly high: number } {
  const n = sample.length;
  const spread = Math.sqrt(n * q * (1 - q));
  return { low: orderStatistic(sample, n * q - spread), high: orderStatistic(sample, n * q + spread) };
}

function orderStatistic(sample: Float64Array, rank: number): number {
  const index = Math.min(sample.length - 1, Math.max(0, Math.floor(rank)));
  return sample[index] ?? Number.NaN;
}

/** Wilson's score interval for `k` of `n`; nothing seen says nothing (0…1). */
export function wilson(k: number, n: number, z: number): { readonly low: number; readonly high: number } {
  if (n === 0) return { low: 0, high: 1 };
  const p = k / n;
  const scale = 1 + (z * z) / n;
  const centre = p + (z * z) / (2 * n);
  const half = z * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n));
  return { low: Math.max(0, (centre - half) / scale), high: Math.min(1, (centre + half) / scale) };
}

/** How much a rate certainly rose: the low end of now minus the high end of before, at least 0. */
export function certainRise(now: Count, before: Count, z: number): number {
  return Math.max(0, wilson(now.with, now.of, z).low - wilson(before.with, before.of, z).high);
}
/**
 * How small the probability can get, at most, that `now` values exceed all of `before` others by luck: one of the ways in
 * which now + before values can be dealt, 1 / C(now + before, now). Few values cannot say more than that, however far apart
 * they lie (the attainable level of every rank test). 1 when there is nothing on either side.
 */
export function leastChance(now: number, before: number): number {
  let chance = 1;
  const fewer = Math.min(now, before);
  for (let i = 1; i <= fewer; i++) chance *= i / (now + before - fewer + i);
  return chance;
}
/**
 * How likely luck alone sets two rates at least this far apart in this direction, when all cases come from one urn: Fisher's
 * exact test, the smaller tail. 1 when either side is empty.
 */
export function chanceOfRates(now: Count, before: Count): number {
  if (now.of === 0 || before.of === 0) return 1;
  const drawn = now.with + before.with;
  const all = now.of + before.of;
  const ways = logChoose(all, drawn);
  const chance = (k: number) => Math.exp(logChoose(now.of, k) + logChoose(before.of, drawn - k) - ways);
  let upper = 0;
  for (let k = now.with; k <= Math.min(now.of, drawn); k++) upper += chance(k);
  let lower = 0;
  for (let k = now.with; k >= Math.max(0, drawn - before.of); k--) lower += chance(k);
  return Math.min(1, upper, lower);
}

/** How likely a Poisson law of the mean gives at least so many. */
export function chanceOfSoMany(count: number, mean: number): number {
  let [term, below] = [Math.exp(-mean), 0];
  for (let k = 0; k < count; k++) {
    below += term;
    term *= mean / (k + 1);
  }
  return Math.max(0, 1 - below);
}

/** ln of n over k, by Stirling's series (off by less than 1e-9 from 8 on, exact sums below). */
const logChoose = (n: number, k: number): number => logFactorial(n) - logFactorial(k) - logFactorial(n - k);

function logFactorial(n: number): number {
  let small = 0;
  let x = n + 1;
  for (; x < 9; x++) small -= Math.log(x);
  const series = 1 / (12 * x) - 1 / (360 * x ** 3) + 1 / (1260 * x ** 5);
  return small + (x - 0.5) * Math.log(x) - x + 0.5 * Math.log(2 * Math.PI) + series;
}
export type Count = { readonly with: number; readonly of: number };

/** 95 % upper bound of a rate of which no case was seen in `n`. */
export function ruleOfThree(n: number): number {
  return n === 0 ? 1 : Math.min(1, 3 / n);
}

/**
 * Probability that a value of `now` exceeds one of `before` (ties count half): Mann–Whitney's U over m·n. Half means no
 * shift, one a complete one. Merge of two sorted samples, O(m + n).
 */
export function areaUnderCurve(now: Float64Array, before: Float64Array): number {
  if (now.length === 0 || before.length === 0) return 0.5;
  let below = 0;
  let notAbove = 0;
  let wins = 0;
  for (const value of now) {
    while (below < before.length && (before[below] ?? Number.POSITIVE_INFINITY) < value) below++;
    if (notAbove < below) notAbove = below;
    while (notAbove < before.length && (before[notAbove] ?? Number.POSITIVE_INFINITY) <= value) notAbove++;
    wins += below + (notAbove - below) / 2;
  }
  return wins / (now.length * before.length);
}

export type Shift = { readonly value: number; readonly error: number };

/** Difference of the medians with its standard error, from order statistics of both samples. */
export function medianShift(now: Float64Array, before: Float64Array): Shift {
  const a = quantileBounds(now, 0.5);
  const b = quantileBounds(before, 0.5);
  return {
    value: median(now) - median(before),
    error: Math.hypot((a.high - a.low) / 2, (b.high - b.low) / 2),
  };
}

/**
 * Several shifts pooled by inverse variance, with I²: the share of their spread that chance does not explain
 * (Higgins and Thompson 2002). Standard errors below `floor` count as `floor`.
 */
export function pool(shifts: readonly Shift[], floor: number): Shift & { readonly heterogeneity: number } {
  let weights = 0;
  let sum = 0;
  for (const shift of shifts) {
    const weight = 1 / Math.max(floor, shift.error) ** 2;
    weights += weight;
    sum += weight * shift.value;
  }
  const value = sum / weights;
  let q = 0;
  for (const shift of shifts) q += ((shift.value - value) / Math.max(floor, shift.error)) ** 2;
  const degrees = shifts.length - 1;
  return { value, error: Math.sqrt(1 / weights), heterogeneity: q <= degrees ? 0 : (q - degrees) / q };
}

/** A 2×2 table: bad with and without the value, good with and without. */
export type Table2x2 = { readonly a: number; readonly b: number; readonly c: number; readonly d: number };

/** Log odds ratio with half a case added to every cell, and its standard error. */
export function logOdds({ a, b, c, d }: Table2x2): Shift {
  const value = Math.log(((a + 0.5) * (d + 0.5)) / ((b + 0.5) * (c + 0.5)));
  return { value, error: Math.sqrt(1 / (a + 0.5) + 1 / (b + 0.5) + 1 / (c + 0.5) + 1 / (d + 0.5)) };
}

/** One-sided p of a normal deviate (Abramowitz and Stegun 26.2.17, error below 1e-7). */
export function upperTail(z: number): number {
  if (z < 0) return 1 - upperTail(-z);
  const t = 1 / (1 + 0.2316419 * z);
  const series = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return (series * Math.exp((-z * z) / 2)) / Math.sqrt(2 * Math.PI);
}

/** Mantel–Haenszel odds ratio over strata: what is left of a contrast when each stratum is compared with itself only. */
export function mantelHaenszel(strata: readonly Table2x2[]): number {
  let over = 0;
  let under = 0;
  for (const { a, b, c, d } of strata) {
    const n = a + b + c + d;
    if (n === 0) continue;
    over += (a * d) / n;
    under += (b * c) / n;
  }
  return under === 0 ? (over === 0 ? 1 : Number.POSITIVE_INFINITY) : over / under;
}

/** Which of the p values survive a false discovery rate of `q` (Benjamini and Hochberg 1995). */
export function discoveries(p: readonly number[], q: number): readonly boolean[] {
  const order = p.map((_, index) => index).sort((i, j) => (p[i] ?? 1) - (p[j] ?? 1) || i - j);
  let last = -1;
  order.forEach((index, rank) => {
    if ((p[index] ?? 1) <= (q * (rank + 1)) / p.length) last = rank;
  });
  const kept = new Set(order.slice(0, last + 1));
  return p.map((_, index) => kept.has(index));
}
