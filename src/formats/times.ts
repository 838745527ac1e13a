import type { EpochMicros } from '../model/units.ts';

const DIGITS = /^[0-9]{1,20}$/;
const MOST_DIGITS = 20;
const ZERO = '0'.charCodeAt(0);
const TWO_TO_32 = 4_294_967_296;

/**
 * Nanoseconds → whole microseconds, rounded down, exact for the decimal strings that OTLP JSON prescribes: nineteen digits
 * do not fit a double, so the last three are cut off as text before anything becomes a number. A JSON number above 2^53 has
 * already lost its last digits when we see it; it is taken as it is. Undefined when it is no time at all.
 */
export function microsOfNanos(value: unknown): EpochMicros | undefined {
  if (typeof value === 'string') return microsOfDigits(value);
  if (typeof value === 'number' && value >= 0) return safe(Math.floor(value / 1_000));
  return undefined;
}

/** Digit by digit, since this runs twice for every span. */
function microsOfDigits(digits: string): EpochMicros | undefined {
  const { length } = digits;
  if (length === 0 || length > MOST_DIGITS) return undefined;
  let micros = 0;
  for (let index = 0; index < length; index += 1) {
    const digit = digits.charCodeAt(index) - ZERO;
    if (digit < 0 || digit > 9) return undefined;
    if (index < length - 3) micros = micros * 10 + digit;
  }
  return safe(micros);
}

/**
 * The same for the two halves of a 64-bit integer as it stands in protobuf. Dividing the upper half first keeps every step
 * below 2^53:
 *
 * ```
 *   ⌊(high·2³² + low) / 1000⌋ = ⌊high / 1000⌋·2³² + ⌊((high mod 1000)·2³² + low) / 1000⌋
 * ```
 */
export function microsOfHalves(low: number, high: number): EpochMicros | undefined {
  const rest = (high % 1_000) * TWO_TO_32 + low;
  return safe(Math.floor(high / 1_000) * TWO_TO_32 + Math.floor(rest / 1_000));
}

/** Microseconds as Jaeger and Zipkin carry them: an integer, or the same in a string. */
export function wholeMicros(value: unknown): number | undefined {
  if (typeof value === 'number') return value >= 0 ? safe(Math.floor(value)) : undefined;
  if (typeof value === 'string' && DIGITS.test(value)) return safe(Number(value));
  return undefined;
}

function safe(micros: number): number | undefined {
  return Number.isSafeInteger(micros) ? micros : undefined;
}
