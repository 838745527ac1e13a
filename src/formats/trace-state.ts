const MEMBER = /(?:^|,)[ \t]*ot=([^,]*)/;
const THRESHOLD = /(?:^|;)th:([0-9a-f]{1,14})[ \t]*(?:;|$)/;
/** Hex digits of a threshold; trailing zeros are left out where it is written. */
const DIGITS = 14;
const HALF = 2 ** 28;

/**
 * The probability with which a span was kept, as its W3C tracestate says it: `ot=th:c` is a rejection threshold T of 56 bits,
 * kept are the random numbers from T on, so the probability is 1 − T / 2^56. Above 0 and at most 1; undefined where the
 * member `ot` or its `th` is missing or is none, for then the probability is unknown and not one.
 * Source: opentelemetry-specification, trace/tracestate-handling.md and trace/tracestate-probability-sampling.md.
 */
export function probabilityOf(traceState: unknown): number | undefined {
  if (typeof traceState !== 'string' || traceState === '') return undefined;
  const member = MEMBER.exec(traceState)?.[1];
  const threshold = member === undefined ? undefined : THRESHOLD.exec(member)?.[1];
  if (threshold === undefined) return undefined;
  const digits = threshold.padEnd(DIGITS, '0');
  // In two halves, because 56 bits do not fit in the 53 of a number: the smallest probability is 2^−56 and not none.
  const [high, low] = [digits.slice(0, DIGITS / 2), digits.slice(DIGITS / 2)].map((half) => Number.parseInt(half, 16));
  return (HALF - (high ?? 0) - (low ?? 0) / HALF) / HALF;
}
