import type { Micros } from '../model/units.ts';

/** Each round leaves about a quarter of the traces, so five see the slowest of a thousand pages. */
const ROUNDS = 5;

/** One page of a search: how long what it found lasted, and whether there may be more than it shows. */
export type Page = { readonly lengths: readonly Micros[]; readonly full: boolean };

/**
 * Finds the slowest traces in a store that can only list the latest: asks again and again for what lasts at least as long
 * as the slowest quarter of the page before, until a page is not full any more.
 *
 * ```
 *   ≥ 0 ms   ▁▁▂▁▁▃▁▁▂▁▁▁█   full: the latest 60 of thousands
 *   ≥ 80 ms      ▂  ▃ ▂ ▅ █   full
 *   ≥ 400 ms            ▅ █   not full: every slow one has been seen
 * ```
 *
 * `ask` keeps what it finds; the result of a round is only what decides about the next.
 */
export async function askForSlowest(least: Micros, ask: (least: Micros) => Promise<Page>): Promise<void> {
  let floor = least;
  for (let round = 0; round < ROUNDS; round += 1) {
    const { lengths, full } = await ask(floor);
    const next = lengths.toSorted((left, right) => left - right)[Math.floor(lengths.length * 0.75)];
    if (!full || next === undefined || next <= floor) return;
    floor = next;
  }
}
