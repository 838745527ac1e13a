import { numberAt } from '../model/units.ts';

/**
 * How many calls were under way when each of them began, itself not counted. `start` and `end` are of one set of calls, in any
 * order; O(n log n).
 */
export function inFlight(start: Float64Array, end: Float64Array): Float64Array {
  const starts = start.toSorted();
  const ends = end.toSorted();
  return start.map((time) => rank(starts, time) - rankAfter(ends, time));
}

/** How many values are below. */
function rank(sample: Float64Array, value: number): number {
  let low = 0;
  let high = sample.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (numberAt(sample, middle) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** How many values are below or equal. */
function rankAfter(sample: Float64Array, value: number): number {
  let low = 0;
  let high = sample.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (numberAt(sample, middle) <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Spearman's rank correlation, ties by mean rank; 0 when either side does not vary or there are fewer than three pairs. */
export function rankCorrelation(a: Float64Array, b: Float64Array): number {
  const n = Math.min(a.length, b.length);
  if (n < 3) return 0;
  const x = meanRanks(a);
  const y = meanRanks(b);
  const middle = (n - 1) / 2;
  let both = 0;
  let left = 0;
  let right = 0;
  for (let i = 0; i < n; i++) {
    const dx = numberAt(x, i) - middle;
    const dy = numberAt(y, i) - middle;
    both += dx * dy;
    left += dx * dx;
    right += dy * dy;
  }
  return left === 0 || right === 0 ? 0 : both / Math.sqrt(left * right);
}

function meanRanks(values: Float64Array): Float64Array {
  const ordered = values.toSorted();
  return values.map((value) => (rank(ordered, value) + rankAfter(ordered, value) - 1) / 2);
}
