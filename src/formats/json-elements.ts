import { Failure } from '../failure.ts';
import {
  BACKSLASH,
  CLOSE_LIST,
  CLOSE_OBJECT,
  COMMA,
  ElementEnd,
  MAX_DEPTH,
  notJson,
  OPEN_LIST,
  OPEN_OBJECT,
  QUOTE,
  tooDeep,
  type What,
} from './json-element-end.ts';

/** One entry of a wanted list, still as text. */
export type JsonElement = {
  /** Keys that lead to the list, joined by dots; empty for a list that is the document itself. */
  readonly list: string;
  readonly index: number;
  readonly text: Buffer;
  /** Where it begins in the (decompressed) file. */
  readonly offset: number;
};

const MAX_KEY = 64;

type Frame = { readonly list: boolean; key: string };

/**
 * Cuts a stream of JSON text into the entries of certain lists, without ever holding more than one entry, so that a file
 * of any size needs no `JSON.parse` of the whole. It looks at brackets and texts only; the entries themselves are judged
 * by `JSON.parse`. Several documents one after another, as in a file of JSON lines, are simply the next documents.
 *
 * ```
 *   {"resourceSpans": [ {…}, {…} ]}   ← wanted list `resourceSpans`
 *                       ^^^  ^^^        two elements
 *   {"trace": {"batches": [ {…} ]}}   ← wanted list `trace.batches`
 *   [ {…}, {…} ]                      ← wanted list ``
 * ```
 */
export class JsonElements {
  readonly #wanted: ReadonlySet<string>;
  readonly #limit: number;
  readonly #what: What;
  readonly #frames: Frame[] = [];
  /** Bytes of all earlier chunks. */
  #base = 0;
  #inText = false;
  #escaped = false;
  /** The text being read is a key, or may become one. */
  #expectKey = false;
  #keyBytes: number[] = [];

  /** Reading entries of a wanted list: where one ends, and what of it has come so far. */
  #inWanted = false;
  #inElement = false;
  #end: ElementEnd;
  #index = 0;
  #parts: Buffer[] = [];
  #size = 0;
  #offset = 0;

  /** How many wanted lists were met. */
  lists = 0;

  constructor(wanted: Iterable<string>, limit: number, what: What = 'file') {
    this.#wanted = new Set(wanted);
    this.#limit = limit;
    this.#what = what;
    this.#end = new ElementEnd(what);
  }

  /** Elements that are complete with this chunk. Throws a `Failure` that tells the byte where the text stops being JSON. */
  *push(chunk: Buffer): Generator<JsonElement> {
    let at = 0;
    while (at < chunk.length) {
      const begin = this.#inElement ? at : this.#toElement(chunk, at);
      if (begin === chunk.length) break;
      at = this.#end.through(chunk, begin, this.#base);
      const part = chunk.subarray(begin, at);
      if (this.#end.isReached) yield this.#finish(part);
      else this.#keep(part);
    }
    this.#base += chunk.length;
  }

  /** Throws when the text stopped in the middle. */
  end(): void {
    if (this.#inText || this.#frames.length > 0) {
      throw new Failure(
        'bad-input',
        `The ${this.#what} stops in the middle, after ${this.#base} bytes.`,
        'Fetch it again: it was cut off, or is still being written.',
      );
    }
  }

  /** Moves to where the next element begins, or to the end of the chunk. */
  #toElement(chunk: Buffer, from: number): number {
    for (let at = from; at < chunk.length; at += 1) {
      if (this.#inText) {
        at = this.#text(chunk, at);
        continue;
      }
      const byte = chunk[at];
      if (byte === undefined || byte <= 0x20) continue;
      if (!this.#inWanted) {
        this.#outside(byte, this.#base + at);
      } else if (byte === CLOSE_LIST) {
        this.#inWanted = false;
        this.#frames.pop();
      } else if (byte !== COMMA) {
        this.#inElement = true;
        this.#end = new ElementEnd(this.#what);
        this.#offset = this.#base + at;
        return at;
      }
    }
    return chunk.length;
  }

  /** Moves to the quote that ends a text outside elements, or to the end of the chunk. */
  #text(chunk: Buffer, from: number): number {
    for (let at = from; at < chunk.length; at += 1) {
      if (this.#escaped) {
        this.#escaped = false;
      } else if (chunk[at] === BACKSLASH) {
        this.#escaped = true;
      } else if (chunk[at] === QUOTE) {
        this.#inText = false;
        if (this.#expectKey) this.#nameMember();
        return at;
      }
      if (this.#expectKey && this.#keyBytes.length < MAX_KEY) this.#keyBytes.push(chunk[at] ?? 0);
    }
    return chunk.length;
  }

  #outside(byte: number, offset: number): void {
    const top = this.#frames.at(-1);
    switch (byte) {
      case QUOTE:
        if (top === undefined) throw notJson(this.#what, offset);
        this.#inText = true;
        return;
      case COMMA:
        this.#expectKey = top !== undefined && !top.list;
        return;
      case OPEN_OBJECT:
        this.#enter({ list: false, key: '' }, offset);
        this.#expectKey = true;
        this.#keyBytes = [];
        return;
      case OPEN_LIST: {
        const path = this.#frames.map((frame) => (frame.list ? '[]' : frame.key)).join('.');
        this.#enter({ list: true, key: '' }, offset);
        this.#expectKey = false;
        if (this.#wanted.has(path)) {
          this.#inWanted = true;
          this.#index = 0;
          this.lists += 1;
        }
        return;
      }
      case CLOSE_OBJECT:
      case CLOSE_LIST:
        if (top === undefined || top.list !== (byte === CLOSE_LIST)) throw notJson(this.#what, offset);
        this.#frames.pop();
        this.#expectKey = false;
        return;
      default:
        if (top === undefined) throw notJson(this.#what, offset);
    }
  }

  #enter(frame: Frame, offset: number): void {
    if (this.#frames.length >= MAX_DEPTH) throw tooDeep(this.#what, offset);
    this.#frames.push(frame);
  }

  #nameMember(): void {
    const top = this.#frames.at(-1);
    if (top !== undefined) top.key = String.fromCharCode(...this.#keyBytes);
    this.#keyBytes = [];
    this.#expectKey = false;
  }

  #keep(part: Buffer): void {
    this.#size += part.length;
    if (this.#size > this.#limit) {
      throw new Failure(
        'too-large',
        `One entry of ${this.#path()} is larger than ${this.#limit} bytes (it begins at byte ${this.#offset}).`,
        'Split the file, or export it with smaller batches.',
      );
    }
    this.#parts.push(part);
  }

  #finish(last: Buffer): JsonElement {
    this.#keep(last);
    const text = this.#parts.length === 1 ? last : Buffer.concat(this.#parts, this.#size);
    const element = { list: this.#path(), index: this.#index, text, offset: this.#offset };
    this.#parts = [];
    this.#size = 0;
    this.#inElement = false;
    this.#index += 1;
    return element;
  }

  #path(): string {
    return this.#frames
      .slice(0, -1)
      .map((frame) => frame.key)
      .join('.');
  }
}
