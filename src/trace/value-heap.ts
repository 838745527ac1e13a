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
/** Most bytes that one UTF-16 unit takes in UTF-8. */
const WIDEST = 3;
/** Texts up to this length are copied unit by unit, which is quicker than to leave the engine for them. */
const SHORT = 48;

/**
 * Attribute values that never repeat, as bytes in chunks of 1 MiB, so that they cost what they measure and the garbage
 * collector never walks over them. An entry stays inside one chunk; one that is larger gets a chunk of its own size.
 * An address is the chunk's number and the place in it, 31 bits in all: 2 GiB, after which a `RangeError` is thrown.
 */
export class ValueHeap {
  readonly #chunks: Buffer[] = [];
  #last = Buffer.alloc(0);
  #free = CHUNK;

  put(value: Exclude<AttributeValue, boolean>): number {
    if (typeof value === 'number') return this.#putNumber(value);
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    const room = HEADER + WIDEST * text.length;
    const place = this.#reserve(room > CHUNK ? HEADER + Buffer.byteLength(text) : room);
    const length = this.#write(text, place + HEADER);
    this.#last[place] = typeof value === 'string' ? TEXT : LIST;
    this.#writeLength(length, place + 1);
    this.#free = place + HEADER + length;
    return (this.#chunks.length - 1) * CHUNK + place;
  }

  value(address: number): AttributeValue {
    const chunk = this.#chunk(address >>> CHUNK_BITS);
    const place = address & (CHUNK - 1);
    const kind = chunk.readUInt8(place);
    if (kind === NUMBER) return chunk.readDoubleLE(place + 1);
    const from = place + HEADER;
    const text = chunk.toString('utf8', from, from + chunk.readUInt32LE(place + 1));
    return kind === TEXT ? text : JSON.parse(text);
  }

  #putNumber(value: number): number {
    const place = this.#reserve(1 + Float64Array.BYTES_PER_ELEMENT);
    this.#last[place] = NUMBER;
    this.#free = this.#last.writeDoubleLE(value, place + 1);
    return (this.#chunks.length - 1) * CHUNK + place;
  }

  /** Least byte first, by hand: entries are short, and the checks of a `Buffer` cost more than the four bytes. */
  #writeLength(length: number, place: number): void {
    const chunk = this.#last;
    chunk[place] = length;
    chunk[place + 1] = length >>> 8;
    chunk[place + 2] = length >>> 16;
    chunk[place + 3] = length >>> 24;
  }

  /** Writes a text into the last chunk and returns how many bytes it took. */
  #write(text: string, from: number): number {
    const chunk = this.#last;
    if (text.length > SHORT) return chunk.write(text, from);
    for (let index = 0; index < text.length; index++) {
      const unit = text.charCodeAt(index);
      if (unit > 0x7f) return chunk.write(text, from);
      chunk[from + index] = unit;
    }
    return text.length;
  }

  /** Makes room in the last chunk and returns where it begins; what is not used of it is free again. */
  #reserve(length: number): number {
    if (this.#free + length > CHUNK) {
      if (this.#chunks.length === CHUNKS) throw new RangeError('Attribute values that never repeat take over 2 GiB');
      this.#last = Buffer.allocUnsafe(Math.max(CHUNK, length));
      this.#chunks.push(this.#last);
      this.#free = 0;
    }
    return this.#free;
  }

  #chunk(index: number): Buffer {
    const chunk = this.#chunks[index];
    if (chunk === undefined) throw new RangeError(`No value lies in chunk ${index}`);
    return chunk;
  }
}
