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

/**
 * The value at a row of a column of whole numbers: ids, rows, counts. Asking beyond the column is a bug in the caller, not a
 * zero. Each kind of column has a reader of its own, and a wrong one does not compile: one for all three would be compiled for
 * all three wherever it is called, and a whole analysis would take a sixth longer (`bench/analysis.ts`).
 */
export function at(column: Int32Array, row: number): number {
  const value = column[row];
  if (value === undefined) throw beyond(column.length, row);
  return value;
}

/** The same for times and every other number beyond 32 bits. */
export function numberAt(column: Float64Array, row: number): number {
  const value = column[row];
  if (value === undefined) throw beyond(column.length, row);
  return value;
}

/** The same for codes, bits and marks. */
export function byteAt(column: Uint8Array, row: number): number {
  const value = column[row];
  if (value === undefined) throw beyond(column.length, row);
  return value;
}

const beyond = (length: number, row: number) => new RangeError(`Row ${row} is outside a column of ${length}`);
