import type { EpochMicros } from '../model/units.ts';

/** The time, so that tests can hold it. */
export interface Clock {
  now(): EpochMicros;
}

export const systemClock: Clock = { now: () => Math.round((performance.timeOrigin + performance.now()) * 1_000) };
