import type { EpochMicros } from '../model/units.ts';

/** The time, so that tests can hold it. */
export interface Clock {
  now(): EpochMicros;
}

export const systemClock: Clock = { now: () => Date.now() * 1_000 };
