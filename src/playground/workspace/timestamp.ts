import type { EpochMicros } from '../../model/units.ts';

const MICROS = 1_000_000;

/** Slack's `ts`: seconds, a dot and six digits, which is both the time of a message and its name in the channel. */
export function formatTs(at: EpochMicros): string {
  const micros = Math.trunc(at);
  return `${Math.floor(micros / MICROS)}.${String(micros % MICROS).padStart(6, '0')}`;
}

/** Undefined for anything that is not a `ts`. */
export function parseTs(ts: string): EpochMicros | undefined {
  const match = /^(\d{1,10})(?:\.(\d{1,6}))?$/.exec(ts);
  if (match === null) return undefined;
  return Number(match[1]) * MICROS + Number((match[2] ?? '').padEnd(6, '0'));
}

/** Now, or the next microsecond after the newest `ts` where the clock stands still or went back. */
export function nextTs(now: EpochMicros, latest: string): string {
  return formatTs(Math.max(now, (parseTs(latest) ?? 0) + 1));
}
