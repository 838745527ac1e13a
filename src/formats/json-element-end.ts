import { Failure } from '../failure.ts';

export const QUOTE = 0x22;
export const BACKSLASH = 0x5c;
export const COMMA = 0x2c;
export const OPEN_LIST = 0x5b;
export const CLOSE_LIST = 0x5d;
export const OPEN_OBJECT = 0x7b;
export const CLOSE_OBJECT = 0x7d;

export const MAX_DEPTH = 256;

/** What the text is, for messages. */
export type What = 'file' | 'answer';

/**
 * Looks for the end of one entry of a list, over as many chunks as it takes. Nearly all bytes of a file pass here, so it looks
 * at quotes and brackets only, and inside a text at nothing but its end.
 */
export class ElementEnd {
  readonly #what: What;
  #depth = 0;
  #inText = false;
  /** The chunk before ended between a backslash and what it escapes. */
  #escaped = false;
  isReached = false;

  constructor(what: What) {
    this.#what = what;
  }

  /**
   * Moves behind the entry, or to the end of the chunk. `base` is how many bytes came before the chunk, for the `Failure` that
   * is thrown where this is no JSON.
   */
  through(chunk: Buffer, from: number, base: number): number {
    let at = this.#inText ? this.#throughText(chunk, from) : from;
    for (; at < chunk.length; at += 1) {
      const byte = chunk[at];
      if (byte === QUOTE) {
        at = this.#throughText(chunk, at + 1) - 1;
      } else if (byte === OPEN_OBJECT || byte === OPEN_LIST) {
        this.#depth += 1;
        if (this.#depth > MAX_DEPTH) throw tooDeep(this.#what, base + at);
      } else if (this.#depth === 0 && (byte === COMMA || byte === CLOSE_LIST)) {
        this.isReached = true;
        return at;
      } else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) {
        this.#depth -= 1;
        if (this.#depth < 0) throw notJson(this.#what, base + at);
        this.isReached = this.#depth === 0;
        if (this.isReached) return at + 1;
      }
    }
    return at;
  }

  /** Moves behind the quote that ends a text, or to the end of the chunk. */
  #throughText(chunk: Buffer, from: number): number {
    let at = this.#escaped ? from + 1 : from;
    for (; at < chunk.length; at += 1) {
      const byte = chunk[at];
      if (byte === BACKSLASH) {
        at += 1;
      } else if (byte === QUOTE) {
        this.#inText = false;
        this.#escaped = false;
        return at + 1;
      }
    }
    this.#inText = true;
    this.#escaped = at > chunk.length;
    return chunk.length;
  }
}

export function notJson(what: What, offset: number): Failure {
  return new Failure(
    'bad-input',
    `The ${what} is not JSON at byte ${offset}.`,
    `Check that it is the ${what} you meant.`,
  );
}

export function tooDeep(what: What, offset: number): Failure {
  return new Failure(
    'bad-input',
    `The ${what} nests deeper than ${MAX_DEPTH} levels at byte ${offset}.`,
    `No trace format does that: check that it is the ${what} you meant.`,
  );
}
