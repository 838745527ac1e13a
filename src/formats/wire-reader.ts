import protobuf from 'protobufjs/minimal.js';

/** As many texts are remembered at once; a power of two. */
const SLOTS = 1_024;
/** Longer texts are mostly somebody's data and never come again. */
const LONGEST = 64;
/** Bytes at a text's end that tell it from others. */
const TELLING = 8;

/**
 * A reader of protobuf that decodes a text once and knows it again by its bytes. Keys, names and most values of a request
 * are the same few texts thousands of times; to compare their bytes is cheaper than to make a string each time, and whoever
 * compares the strings later finds them identical. What is remembered is where in the request a text stood, a fixed number
 * of texts, and a collision costs no more than decoding again.
 */
export class WireReader extends protobuf.BufferReader {
  readonly #bytes: Buffer;
  readonly #from = new Int32Array(SLOTS);
  readonly #length = new Int32Array(SLOTS).fill(-1);
  readonly #texts: string[] = [];

  constructor(bytes: Buffer) {
    super(bytes);
    this.#bytes = bytes;
  }

  /** A text, as `string` reads it. */
  text(): string {
    const length = this.uint32();
    const from = this.pos;
    const to = from + length;
    if (to > this.len) throw new RangeError(`a text of ${length} bytes is longer than the message around it`);
    this.pos = to;
    if (length > LONGEST) return this.#bytes.toString('utf8', from, to);
    const slot = this.#slot(from, to);
    const known = this.#texts[slot];
    if (known !== undefined && this.#length[slot] === length && this.#isSame(this.#from[slot] ?? 0, from, length)) {
      return known;
    }
    const text = this.#bytes.toString('utf8', from, to);
    this.#from[slot] = from;
    this.#length[slot] = length;
    this.#texts[slot] = text;
    return text;
  }

  /** Raw bytes as lower-case hex digits; undefined when there are none, more than `most` digits, or nothing but zeros. */
  hex(most: number): string | undefined {
    const length = this.uint32();
    const from = this.pos;
    const to = from + length;
    if (to > this.len) throw new RangeError(`an id of ${length} bytes is longer than the message around it`);
    this.pos = to;
    if (2 * length > most) return undefined;
    let any = 0;
    for (let index = from; index < to; index++) any |= this.#bytes[index] ?? 0;
    return any === 0 ? undefined : this.#bytes.toString('hex', from, to).padStart(most, '0');
  }

  #slot(from: number, to: number): number {
    let hash = to - from;
    for (let index = Math.max(from, to - TELLING); index < to; index++) {
      hash = Math.imul(hash ^ (this.#bytes[index] ?? 0), 0x01000193);
    }
    return (hash ^ (hash >>> 15)) & (SLOTS - 1);
  }

  #isSame(a: number, b: number, length: number): boolean {
    const bytes = this.#bytes;
    for (let index = 0; index < length; index++) if (bytes[a + index] !== bytes[b + index]) return false;
    return true;
  }
}
