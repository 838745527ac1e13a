/** More calls at the same time than this are not told apart: the sum below doubles with each. */
export const MOST_PARALLEL = 8;

/**
 * Whose doing it is that calls which run side by side are waited for longer than usual, 0…1 each, together 1; all 0 when they
 * are not. The wait is as long as the longest call, so the longest alone seems to be at fault; but put right by itself, the
 * next one holds everything up just as well. Shapley's value is the mean of what a call adds over all orders in which the calls
 * may have gone wrong (Shapley 1953; for traces Li et al., ASPLOS 2023).
 *
 * ```
 *   usual  a ├──┤        now  a ├────────────────────┤   20 → longest
 *          b ├──┤             b ├──────────────────┤     put a right, and b is waited for nearly as long:
 *                                                        a 0.56, b 0.44
 * ```
 *
 * Lengths in µs, at most `MOST_PARALLEL`; O(2ⁿ·n).
 */
export function shapleyShares(calls: readonly { readonly now: number; readonly usual: number }[]): readonly number[] {
  const n = calls.length;
  if (n > MOST_PARALLEL) throw new RangeError(`At most ${MOST_PARALLEL} calls are shared out, not ${n}`);
  const wait = (slow: number) =>
    calls.reduce((longest, { now, usual }, i) => Math.max(longest, (slow >> i) & 1 ? Math.max(now, usual) : usual), 0);
  const delay = wait(2 ** n - 1) - wait(0);
  if (delay <= 0) return calls.map(() => 0);
  const factorial = (k: number): number => (k < 2 ? 1 : k * factorial(k - 1));
  return calls.map((_, i) => {
    let value = 0;
    for (let others = 0; others < 2 ** n; others++) {
      if ((others >> i) & 1) continue;
      const size = calls.reduce((bits, __, j) => bits + ((others >> j) & 1), 0);
      const weight = (factorial(size) * factorial(n - size - 1)) / factorial(n);
      value += weight * (wait(others | (1 << i)) - wait(others));
    }
    return value / delay;
  });
}
