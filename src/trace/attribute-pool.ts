import type { Attributes, AttributeValue } from '../model/span.ts';
import { at } from '../model/units.ts';
import { AttributeKeys, type Key } from './attribute-keys.ts';
import { IntColumn } from './column.ts';
import { ValueHeap } from './value-heap.ts';

/** The attributes of one span, event or resource: where its values begin, and the number of the shape of its keys. */
export type Run = { readonly from: number; readonly shape: number };

/** A key is judged after this many values … */
const JUDGED_AFTER = 512;
/** … and its new values go to the heap when more than this share of those seen were never seen before. */
const UNIQUE_SHARE = 0.5;

/**
 * Attributes of a million spans in four bytes each, types kept.
 *
 * ```
 *   pool   │ 0  1  ~0 │ 0  2 │ …          one run a span
 *   pair 0 = (http.request.method, GET)   what repeats is kept once
 *   ~0     → heap: (url.full, http://…?id=83c1)   what never repeats is bytes outside of the reach of the collector
 * ```
 *
 * Which of the two a value got is decided key by key, from how often its values repeated so far; readers cannot tell.
 */
export class AttributePool {
  readonly #codes = new IntColumn();
  readonly #keys = new AttributeKeys();
  readonly #pairValues: AttributeValue[] = [];
  readonly #heap = new ValueHeap();

  /** Where the next run will begin. */
  get size(): number {
    return this.#codes.size;
  }

  /**
   * Appends a run and returns the number of its shape. `onlyPairs` keeps every value in the dictionary, so that equal
   * attributes have equal codes.
   */
  put(attributes: Attributes, onlyPairs = false): number {
    const keys = this.#keys;
    const names = Object.keys(attributes);
    if (keys.isCrowded) names.sort();
    let shape = keys.none;
    for (const name of names) {
      const value = attributes[name];
      if (value === undefined) continue;
      shape = keys.after(shape, name);
      if (shape.key !== undefined) this.#codes.push(this.#code(shape.key, value, onlyPairs));
    }
    return shape.id;
  }

  /** Forgets the run that was put last. */
  takeBack(run: Run): void {
    if (run.from + this.#keys.shape(run.shape).size === this.#codes.size) this.#codes.size = run.from;
  }

  /** The codes of a run, sorted: equal for equal attributes when both were put as pairs only. */
  fingerprint(run: Run): string {
    return this.#codes.values
      .slice(run.from, run.from + this.#keys.shape(run.shape).size)
      .sort()
      .join();
  }

  /** Whether anything that was put has the key. */
  carries(name: string): boolean {
    return this.#keys.find(name) !== undefined;
  }

  /** The value of a key in the run that begins at `from`. */
  value(from: number, shape: number, name: string): AttributeValue | undefined {
    const key = this.#keys.find(name);
    const place = key === undefined ? -1 : this.#keys.place(shape, key);
    return place < 0 ? undefined : this.#valueOf(at(this.#codes.values, from + place));
  }

  /** The keys of a shape, sorted; always the same array. */
  names(shape: number): readonly string[] {
    return this.#keys.names(shape);
  }

  /** The run as an object, keys sorted. */
  record(from: number, shape: number): Attributes {
    return Object.fromEntries(this.names(shape).map((name) => [name, this.value(from, shape, name) ?? '']));
  }

  #code(key: Key, value: AttributeValue, onlyPairs: boolean): number {
    key.seen += 1;
    // Of a key whose values never repeat, none is looked for: that would cost more than to keep one twice.
    if (key.unique && !onlyPairs && typeof value !== 'boolean') return ~this.#heap.put(value);
    if (value === key.lastValue) return key.lastPair;
    const pairs: Map<AttributeValue, number> = typeof value === 'object' ? key.lists : key.scalars;
    const known = typeof value === 'object' ? key.lists.get(JSON.stringify(value)) : key.scalars.get(value);
    if (known !== undefined) return this.#met(key, value, known);
    if (!onlyPairs && typeof value !== 'boolean') {
      key.unique = key.seen > JUDGED_AFTER && pairs.size > key.seen * UNIQUE_SHARE;
      if (key.unique) return ~this.#heap.put(value);
    }
    const pair = this.#pairValues.length;
    if (typeof value === 'object') key.lists.set(JSON.stringify(value), pair);
    else key.scalars.set(value, pair);
    this.#pairValues.push(value);
    return this.#met(key, value, pair);
  }

  #met(key: Key, value: AttributeValue, pair: number): number {
    key.lastValue = value;
    key.lastPair = pair;
    return pair;
  }

  #valueOf(code: number): AttributeValue {
    const value = code >= 0 ? this.#pairValues[code] : this.#heap.value(~code);
    if (value === undefined) throw new RangeError(`No attribute has the code ${code}`);
    return value;
  }
}
