import type { EpochMicros } from '../model/units.ts';

/** Date, time, fraction, zone: `2026-03-14T03:12:07.482137Z`, `…+02:00`, Amazon's `…+0000`, a blank for the T, no zone for UTC. */
const ISO =
  /^(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2}(?::\d{2})?)(?:[.,](\d{1,12})\d*)?\s?(?:([Zz]|UTC)|([+-]\d{2}):?(\d{2}))?$/;
const DIGITS = /^\d{1,25}(\.\d+)?$/;

/**
 * A sender's time in microseconds, or undefined where it says none: nothing there, no time at all, Go's zero time of the
 * year 1, or a time that microseconds cannot tell exactly (before 1970, after 2255).
 *
 * Numbers are Unix times, with or without quotes. Which unit they count is told by their size, since no alert is from
 * before 1973 or after 2286: 10 digits are seconds, 13 milliseconds, 16 microseconds, 19 nanoseconds. The digits are taken
 * as text, for nanoseconds do not fit into a number.
 */
export function microsOf(time: unknown): EpochMicros | undefined {
  if (typeof time === 'number') return Number.isFinite(time) ? fromDigits(plain(time)) : undefined;
  if (typeof time !== 'string') return undefined;
  const text = time.trim();
  return DIGITS.test(text) ? fromDigits(text) : fromIso(text);
}

function fromIso(text: string): EpochMicros | undefined {
  const [, date, clock, fraction = '', utc, hours, minutes] = ISO.exec(text) ?? [];
  if (date === undefined || clock === undefined) return undefined;
  const zone = utc === undefined && hours !== undefined ? `${hours}:${minutes}` : 'Z';
  const seconds = Date.parse(`${date}T${clock.length === 5 ? `${clock}:00` : clock}${zone}`);
  return exact(seconds * 1_000 + sixDigits(fraction));
}

function fromDigits(text: string): EpochMicros | undefined {
  const [whole = '', fraction = ''] = text.split('.');
  const digits = whole.replace(/^0+/, '');
  // How many digits of the whole part are a fraction of a second.
  const finer = digits.length <= 11 ? 0 : digits.length <= 14 ? 3 : digits.length <= 17 ? 6 : 9;
  const seconds = Number(digits.slice(0, digits.length - finer));
  const rest = digits.slice(digits.length - finer) + fraction;
  return seconds === 0 ? undefined : exact(seconds * 1_000_000 + sixDigits(rest));
}

/** The first six digits behind the point, which are microseconds. */
function sixDigits(fraction: string): number {
  return Number(fraction.slice(0, 6).padEnd(6, '0'));
}

function exact(micros: number): EpochMicros | undefined {
  return Number.isSafeInteger(micros) && micros > 0 ? micros : undefined;
}

/** Never `1.42e+21`. */
function plain(time: number): string {
  return Math.abs(time) < 1e21 ? String(time) : '';
}
