import type { Change } from '../model/change.ts';
import type { EpochMicros } from '../model/units.ts';

/** Deploys, flags and other changes that were told to us. Bounded: the oldest go first. */
export interface Changes {
  /** Resolves when it is safe on disk. What is told again under the same id replaces what stood there. */
  keep(change: Change): Promise<void>;
  /** Those of the time from `from` up to and with `to`, the latest first, at most `limit`. */
  between(from: EpochMicros, to: EpochMicros, limit: number): Promise<readonly Change[]>;
}
