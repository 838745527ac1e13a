import type { SQLOutputValue } from 'node:sqlite';
import { Failure } from './failure.ts';

/** One row as SQLite hands it over; a column that is not of the asked type means that the file is damaged. */
export type Row = Readonly<Record<string, SQLOutputValue>>;

const unexpected = (column: string) =>
  new Failure(
    'internal',
    `The database holds no usable ${column}.`,
    'Restore causeway.db from a copy or move it away.',
  );

export function text(row: Row, column: string): string {
  const value = row[column];
  if (typeof value === 'string') return value;
  throw unexpected(column);
}

export function number(row: Row, column: string): number {
  const value = row[column];
  if (typeof value === 'number') return value;
  throw unexpected(column);
}

export function bytes(row: Row, column: string): Uint8Array {
  const value = row[column];
  if (value instanceof Uint8Array) return value;
  throw unexpected(column);
}
