import type { EpochMicros } from '../model/units.ts';

/** A card is edited at most so often for the sake of its counters, however many alerts come. */
const EVERY_MS = 3_000;
/** What was counted at the very end of a slice is on disk a moment later, and not to be missed by the slice's job. */
const GRACE_MS = 500;

/**
 * When a card is next brought up to date. What is counted in one slice of time is told at its end by one job: a job of the
 * slice before, which may have read the counters already, is no obstacle.
 */
export function refreshOf(investigation: string, now: EpochMicros): { readonly key: string; readonly delayMs: number } {
  const ms = Math.floor(now / 1_000);
  const slice = Math.floor(ms / EVERY_MS);
  return { key: `refresh:${investigation}:${slice}`, delayMs: (slice + 1) * EVERY_MS - ms + GRACE_MS };
}
