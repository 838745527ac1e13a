/** What a store lets go by itself, so that it never grows without end. */
export type Retention = {
  /** An investigation that nothing has touched for so long is forgotten, with its traces. */
  readonly keepMs: number;
  /** At most so many investigations; the least recently touched go first. */
  readonly investigations: number;
  /** At most so many bytes of kept traces in all; the oldest go first, their investigations stay. */
  readonly traceBytes: number;
};

export const defaultRetention: Retention = {
  keepMs: 30 * 24 * 60 * 60 * 1_000,
  investigations: 20_000,
  traceBytes: 1024 * 1024 * 1024,
};
