import type { Quantity } from '../model/finding.ts';
import type { EpochMicros, Micros } from '../model/units.ts';

/** Between the digits of large counts: a narrow space that does not break. */
const THIN_SPACE = '\u202f';

/**
 * A length of time as a tired person reads it: two significant figures where they matter, never a unit to convert.
 *
 *     12 µs · 0.4 ms · 7.5 ms · 184 ms · 3.2 s · 41 s · 2 min 5 s · 3 h 12 min
 */
export function formatMicros(micros: Micros): string {
  if (micros < 0) return `−${formatMicros(-micros)}`;
  if (micros === 0) return '0 ms';
  if (micros < 50) return `${Math.round(micros)} µs`;
  if (micros < 9_950) return `${trim(micros / 1_000)} ms`;
  if (micros < 999_500) return `${Math.round(micros / 1_000)} ms`;
  if (micros < 9_950_000) return `${(micros / 1_000_000).toFixed(1)} s`;
  const seconds = Math.round(micros / 1_000_000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return seconds % 60 === 0 ? `${minutes} min` : `${minutes} min ${seconds % 60} s`;
  const hours = Math.floor(minutes / 60);
  return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
}

/** `31`, `9999`, `12 345`: thousands are parted from five digits on. */
export function formatCount(count: number): string {
  const digits = String(Math.abs(Math.round(count)));
  const parted = digits.length < 5 ? digits : digits.replace(/\B(?=(\d{3})+$)/g, THIN_SPACE);
  return count < 0 ? `−${parted}` : parted;
}

/** `6.0×`, `1.3×`, `120×`. */
export function formatFactor(factor: number): string {
  return Math.abs(factor) >= 99.5 ? `${formatCount(factor)}×` : `${factor.toFixed(1)}×`;
}

/** A share of what was examined, as `97 %`. Between nothing and one in a hundred it says `<1 %`, never `0 %`. */
export function formatRatio(ratio: number): string {
  if (ratio > 0 && ratio < 0.005) return '<1 %';
  if (ratio < 1 && ratio >= 0.995) return '>99 %';
  return `${Math.round(ratio * 100)} %`;
}

/** `512 B`, `4.2 kB`, `17 MB`; thousands, as networks count. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let size = bytes;
  let unit = 0;
  while (size >= 999.5 && unit < units.length - 1) {
    size /= 1_000;
    unit += 1;
  }
  return `${unit > 0 && size < 9.95 ? size.toFixed(1) : Math.round(size)} ${units[unit]}`;
}

/** `2026-11-22 03:09:41 UTC`, with milliseconds where they are asked for. */
export function formatUtc(time: EpochMicros, precision: 'minute' | 'second' | 'millisecond' = 'second'): string {
  if (!Number.isFinite(time) || Math.abs(time) > 8.64e18) return 'unknown time';
  const iso = new Date(Math.floor(time / 1_000)).toISOString();
  const length = { minute: 16, second: 19, millisecond: 23 }[precision];
  return `${iso.slice(0, length).replace('T', ' ')} UTC`;
}

/** A quantity's number in words; names and personal values are not numbers and come as `undefined`. */
export function formatNumber(quantity: Quantity): string | undefined {
  switch (quantity.unit) {
    case 'us':
      return formatMicros(quantity.value);
    case 'count':
      return formatCount(quantity.value);
    case 'ratio':
      return formatRatio(quantity.value);
    case 'factor':
      return formatFactor(quantity.value);
    case 'bytes':
      return formatBytes(quantity.value);
    case 'time':
      return formatUtc(quantity.value);
    case 'name':
    case 'personal':
      return undefined;
  }
}

function trim(value: number): string {
  return value.toFixed(1).replace(/\.0$/, '');
}
