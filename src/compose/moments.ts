import { Failure } from '../failure.ts';
import { type EpochMicros, MINUTE, SECOND } from '../model/units.ts';

const UNITS = { s: SECOND, m: MINUTE, h: 60 * MINUTE, d: 24 * 60 * MINUTE } as const;

/**
 * A moment as somebody types it: `now`, `-30m` (also s, h, d), or an ISO time; one without a zone is in this machine's.
 * Throws a `Failure` of kind `bad-input` that names the flag.
 */
export function momentOf(flag: string, text: string, now: EpochMicros): EpochMicros {
  if (text === 'now') return now;
  const [, amount, unit] = /^-(\d{1,6}(?:\.\d{1,3})?)([smhd])$/.exec(text) ?? [];
  if (amount !== undefined && (unit === 's' || unit === 'm' || unit === 'h' || unit === 'd'))
    return now - Math.round(Number(amount) * UNITS[unit]);
  // A date alone would be taken for midnight in UTC, and one with a time for this machine's zone: too easy to mistake.
  const time = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}/.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(time)) return time * 1_000;
  throw new Failure(
    'bad-input',
    `${flag} is no time: ${text}`,
    'Write -30m, -2h, now, or an ISO time as 2026-11-22T10:15:00Z.',
  );
}
