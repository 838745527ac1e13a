import type { Micros } from '../model/units.ts';

/** Each round halves what is unknown or better; a store of thousands of traces needs four or five. */
const ROUNDS = 6;

/**
 * Finds the slowest traces in a store that can only list the latest: asks again and again for what lasts at least so long,
 * raising the bar while there is more than a page and lowering it when there is less, until a page holds all that pass.
 *
 * ```
 *   ≥ 0 ms     ▁▁▂▁▁▃▁▁▂▁▁▁█   too many: the latest of thousands
 *   ≥ 400 ms               █   too few: raised too far
 *   ≥ 80 ms        ▂  ▃ ▂ ▅█   every slow one has been seen
 * ```
 *
 * `ask` keeps what it finds and answers how long the matching spans of a page last; a page of more than `limit` is taken to
 * be one of many. The search ends early when the bar cannot move any more.
 */
export async function askForSlowest(
  least: Micros,
  limit: number,
  ask: (least: Micros) => Promise<readonly Micros[]>,
): Promise<void> {
  const known = new Set<Micros>();
  let tooLow = least;
  let tooHigh = Number.POSITIVE_INFINITY;
  let bar = least;
  for (let round = 0; round < ROUNDS; round += 1) {
    const page = await ask(bar);
    for (const length of page) known.add(length);
    if (page.length > limit) tooLow = bar;
    else if (page.length === limit || bar === least) return;
    else tooHigh = bar;
    const between = [...known].filter((length) => length > tooLow && length < tooHigh).sort((a, b) => a - b);
    const next = between[Math.floor(between.length * 0.75)];
    if (next === undefined) return;
    bar = next;
  }
}
