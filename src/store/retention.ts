/** What a store lets go by itself, so that it never grows without end. */
export type Retention = {
  /** An investigation that nothing has touched for so long is forgotten, with its traces and its followers. */
  readonly keepMs: number;
  /** At most so many investigations; the least recently touched go first. */
  readonly investigations: number;
  /** At most so many bytes of kept traces in all; the oldest go first, their investigations stay. */
  readonly traceBytes: number;
  /** At most so many alerts that follow others; the first to come are the first to go. */
  readonly followers: number;
  /** What broke before is remembered for so long, */
  readonly occurrenceMs: number;
  /** and at most so many times in all. */
  readonly occurrences: number;
};

const DAY_MS = 24 * 60 * 60 * 1_000;

export const defaultRetention: Retention = {
  keepMs: 30 * DAY_MS,
  investigations: 20_000,
  traceBytes: 1024 * 1024 * 1024,
  followers: 500_000,
  occurrenceMs: 400 * DAY_MS,
  occurrences: 50_000,
};
