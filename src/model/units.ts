/** Microseconds since the Unix epoch, an integer. 1.8e15 is far below 2^53, so the value is exact. */
export type EpochMicros = number;

/** A length of time in integer microseconds. */
export type Micros = number;

/** 32 lower-case hex digits. Shorter ids are padded with zeros on the left where they are parsed. */
export type TraceId = string;

/** 16 lower-case hex digits. */
export type SpanId = string;

export const MILLISECOND: Micros = 1_000;
export const SECOND: Micros = 1_000_000;
export const MINUTE: Micros = 60 * SECOND;

/** The value at a row; asking beyond the column is a bug in the caller, not a zero. */
export function at(column: Int32Array | Uint32Array | Uint8Array | Float64Array, row: number): number {
  const value = column[row];
  if (value === undefined) throw new RangeError(`Row ${row} is outside a column of ${column.length}`);
  return value;
}
