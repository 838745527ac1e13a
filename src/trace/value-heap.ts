import { Buffer } from 'node:buffer';
import type { AttributeValue } from '../model/span.ts';

/** Kinds of entry, one byte each. */
const TEXT = 0;
const NUMBER = 1;
const LIST = 2;

/** Kind (1 byte), length (4). */
const HEADER = 5;
const CHUNK_BITS = 20;
const CHUNK = 1 << CHUNK_BITS;
const CHUNKS = 1 << (31 - CHUNK_BITS);

/**
 * Attribute values that never repeat, as bytes in chunks of 1 MiB, so that they cost what they measure and the garbage
 * collector never walks over them. An entry stays inside one chunk; one that is larger gets a chunk of its own size.
 * An address is the chunk's number and the place in it, 31 bits in all: 2 GiB, after which a `RangeError` is thrown.
 */
export class ValueHeap {
  readonly #chunks: Buffer[] = [];
  #free = CHUNK;

  put(value: Exclude<AttributeValue, boolean>): number {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    const length = typeof value === 'number' ? 8 : Buffer.byteLength(text);
    const place = this.#reserve(HEADER + length);
    const chunk = this.#chunk(this.#chunks.length - 1);
    chunk.writeUInt8(typeof value === 'string' ? TEXT : typeof value === 'number' ? NUMBER : LIST, place);
    chunk.writeUInt32LE(length, place + 1);
    if (typeof value === 'number') chunk.writeDoubleLE(value, place + HEADER);
    else chunk.write(text, place + HEADER);
    return (this.#chunks.length - 1) * CHUNK + place;
  }

  value(address: number): AttributeValue {
    const chunk = this.#chunk(address >>> CHUNK_BITS);
    const place = address & (CHUNK - 1);
    const kind = chunk.readUInt8(place);
    const from = place + HEADER;
    if (kind === NUMBER) return chunk.readDoubleLE(from);
    const text = chunk.toString('utf8', from, from + chunk.readUInt32LE(place + 1));
    return kind === TEXT ? text : JSON.parse(text);
  }

  /** Makes room in the last chunk and returns where it begins. */
  #reserve(length: number): number {
    if (this.#free + length > CHUNK) {
      if (this.#chunks.length === CHUNKS) throw new RangeError('Attribute values that never repeat take over 2 GiB');
      this.#chunks.push(Buffer.allocUnsafe(Math.max(CHUNK, length)));
      this.#free = 0;
    }
    const place = this.#free;
    this.#free += length;
    return place;
  }

  #chunk(index: number): Buffer {
    const chunk = this.#chunks[index];
    if (chunk === undefined) throw new RangeError(`No value lies in chunk ${index}`);
    return chunk;
  }
}
