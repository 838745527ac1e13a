import type { Reader } from 'protobufjs/minimal.js';

// Wire types of protobuf that are asked for by name.
export const FIXED64 = 1;
export const LENGTH = 2;

/** A field's number and wire type as they stand on the wire. */
export function tag(field: number, wireType: number): number {
  return field * 8 + wireType;
}

/** What to do at which tag. The reader stands behind the tag and must be left behind the field. */
export type Fields = Readonly<Record<number, () => void>>;

/** Walks the fields of one message that ends at `end`. */
export function each(reader: Reader, end: number, fields: Fields): void {
  while (reader.pos < end) {
    const next = reader.uint32();
    const field = fields[next];
    if (field === undefined) reader.skipType(next & 7);
    else field();
  }
}

/**
 * Reads one embedded message. The reader's own limit is moved to the message's end meanwhile, so that nothing inside can
 * read beyond it, whatever lengths it claims.
 */
export function inside<T>(reader: Reader, read: (end: number) => T): T {
  const outer = enter(reader);
  const result = read(reader.len);
  leave(reader, outer);
  return result;
}

/**
 * The first half of `inside`, for the readers that run a dozen times a span and can do without a closure: moves the limit
 * to the end of the message that begins here. Answers the limit that `leave` must put back.
 */
export function enter(reader: Reader): number {
  const outer = reader.len;
  const length = reader.uint32();
  const end = reader.pos + length;
  if (end > outer) throw new RangeError('a message is longer than the one around it');
  reader.len = end;
  return outer;
}

/** The second half: goes behind the message, whether it was read to its end or not. */
export function leave(reader: Reader, outer: number): void {
  reader.pos = reader.len;
  reader.len = outer;
}
