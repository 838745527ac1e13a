import { at, numberAt } from '../model/units.ts';
import type { StagedSpans } from './staged-spans.ts';

/** A start farther than this from the middle of its trace was never a time: an unset clock, seconds sent as nanoseconds. */
const YEAR = 366 * 86_400_000_000;

/** Which moments can be meant, by staged trace: starts lie in [from, to]; `earliest` is the first that does. */
export type CredibleTimes = {
  readonly from: Float64Array;
  readonly to: Float64Array;
  readonly earliest: Float64Array;
};

/** Whether a number is a moment at all: integers up to 2^53 microseconds, from 1970 on. */
const isMoment = (time: number): boolean => time >= 0 && time <= Number.MAX_SAFE_INTEGER;

export function credibleTimes(staged: StagedSpans): CredibleTimes {
  const traces = staged.traceIds.length;
  const from = new Float64Array(traces).fill(Number.POSITIVE_INFINITY);
  const to = new Float64Array(traces).fill(Number.NEGATIVE_INFINITY);
  for (let span = 0; span < staged.size; span++) {
    const trace = at(staged.trace.values, span);
    const start = numberAt(staged.start.values, span);
    if (!isMoment(start)) continue;
    if (start < numberAt(from, trace)) from[trace] = start;
    if (start > numberAt(to, trace)) to[trace] = start;
  }
  const earliest = from.map((time) => (Number.isFinite(time) ? time : 0));
  const apart = new Map<number, number[]>();
  for (let trace = 0; trace < traces; trace++)
    if (numberAt(to, trace) - numberAt(from, trace) > YEAR) apart.set(trace, []);
  if (apart.size > 0) {
    for (let span = 0; span < staged.size; span++) {
      const start = numberAt(staged.start.values, span);
      if (isMoment(start)) apart.get(at(staged.trace.values, span))?.push(start);
    }
  }
  for (const [trace, starts] of apart) {
    starts.sort((a, b) => a - b);
    const middle = starts[starts.length >> 1] ?? 0;
    from[trace] = middle - YEAR;
    to[trace] = middle + YEAR;
    earliest[trace] = starts.find((start) => start >= middle - YEAR) ?? middle;
  }
  return { from, to, earliest };
}

/**
 * Mends one span's times in place, given the moment to stand at when its own start cannot be. Raw times that are possible
 * stay as they are; an end before the start makes a span of no length.
 */
export function mendTimes(staged: StagedSpans, span: number, fallback: number, times: CredibleTimes): Mended {
  const trace = at(staged.trace.values, span);
  const start = numberAt(staged.start.values, span);
  const end = numberAt(staged.end.values, span);
  const known = isMoment(start) && start >= numberAt(times.from, trace) && start <= numberAt(times.to, trace);
  const from = known ? start : fallback;
  const badEnd = !isMoment(end) || Math.abs(end - from) > YEAR;
  staged.start.values[span] = from;
  staged.end.values[span] = badEnd ? from : Math.max(from, end);
  if (!known || badEnd) return { kind: 'bad-time' };
  return end < start ? { kind: 'negative-duration', by: start - end } : undefined;
}

export type Mended =
  | { readonly kind: 'bad-time' }
  | { readonly kind: 'negative-duration'; readonly by: number }
  | undefined;
