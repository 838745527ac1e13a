import { createHmac } from 'node:crypto';
import { alertSources } from '../../src/alerts/index.ts';
import type { AlertSource, Fetch, SourceParts } from '../../src/ports/alert-source.ts';
import type { Clock } from '../../src/ports/clock.ts';

/** When the tests happen: Unix seconds and, as the clock says it, microseconds. */
export const NOW_SECONDS = 1_773_457_927;
export const NOW = NOW_SECONDS * 1_000_000;

/** A clock that stands still until it is moved. */
export type HeldClock = Clock & { at: number };

export function heldClock(): HeldClock {
  return {
    at: NOW,
    now() {
      return this.at;
    },
  };
}

/** A source out of the list, as the bot would make it. Without a `fetch` of its own it must not ask anybody. */
export function makeSource(kind: string, options: unknown, parts: Partial<SourceParts> = {}): AlertSource {
  const definition = alertSources.find((candidate) => candidate.kind === kind);
  if (definition === undefined) throw new Error(`no ${kind} in the list`);
  return definition.create(options, { name: kind, clock: heldClock(), fetch: nobody, ...parts });
}

const nobody: Fetch = (url) => Promise.reject(new Error(`asked for ${url}`));

/** Microseconds of a time as fixtures write it. */
export function at(time: string): number {
  return Date.parse(time) * 1_000;
}

/** HMAC-SHA256 of the parts one behind the other, in hex. */
export function hmacHex(secret: string, ...parts: readonly (string | Uint8Array)[]): string {
  const hmac = createHmac('sha256', secret);
  for (const part of parts) hmac.update(part);
  return hmac.digest('hex');
}
