import type { Log } from '../../src/ports/log.ts';

/** A log for tests that expect nothing of it. */
export const quiet: Log = { info: () => {}, warn: () => {}, error: () => {} };

/** A log that can be asked what was said, as `level message`. */
export function listening(): { readonly log: Log; readonly said: string[] } {
  const said: string[] = [];
  const hear =
    (level: string): Log['info'] =>
    (_fields, message) =>
      void said.push(`${level} ${message}`);
  return { log: { info: hear('info'), warn: hear('warn'), error: hear('error') }, said };
}
