import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { gather } from '../src/database-grouping.ts';

const grouping = { gatherMs: 1, longestMs: 10, limit: 500 };

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** When the commit is, in milliseconds, if so many writes wait at each of them. */
function commitAt(arrivals: readonly number[], limits = grouping): number | undefined {
  const from = performance.now();
  let at: number | undefined;
  const waiting = () => arrivals[performance.now() - from] ?? arrivals.at(-1) ?? 0;
  gather(limits, waiting, () => {
    at = performance.now() - from;
  });
  vi.advanceTimersByTime(100);
  return at;
}

test('a write that stays alone waits once', () => {
  expect(commitAt([1, 1, 1])).toBe(1);
});

test('as long as more writes come the commit waits for them', () => {
  expect(commitAt([1, 5, 9, 30, 30, 31])).toBe(4);
});

test('but not for ever, and not for more than fit into one', () => {
  expect(commitAt(Array.from({ length: 50 }, (_, ms) => ms + 1))).toBe(10);
  expect(commitAt([1, 5, 9, 30, 50], { ...grouping, limit: 20 })).toBe(3);
});
