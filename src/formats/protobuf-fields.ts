import type { Reader } from 'protobufjs/minimal.js';

// Wire types of protobuf.
export const VARINT = 0;
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
  const outer = reader.len;
  const length = reader.uint32();
  const end = reader.pos + length;
  if (end > outer) throw new RangeError('a message is longer than the one around it');
  reader.len = end;
  const result = read(end);
  reader.pos = end;
  reader.len = outer;
  return result;
}
