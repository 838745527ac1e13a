import type { Log } from '../../src/ports/log.ts';

/** For tests in which failures are the point. */
export const silentLog: Log = { info: () => {}, warn: () => {}, error: () => {} };
