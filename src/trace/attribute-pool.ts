import type { Attributes, AttributeValue } from '../model/span.ts';
import { at } from '../model/units.ts';
import { IntColumn } from './column.ts';
import { ValueHeap } from './value-heap.ts';

/** A run [from, to) of the pool: the attributes of one span, event or resource. */
export type Run = { readonly from: number; readonly to: number };

type Scalar = string | number | boolean;

type Key = {
  readonly id: number;
  readonly name: string;
  /** Value → pair. Lists are found by their JSON, in a map of their own. */
  readonly scalars: Map<Scalar, number>;
  readonly lists: Map<string, number>;
  seen: number;
  unique: boolean;
  /** The pair that was met last: most attributes repeat from span to span, and comparing is cheaper than looking up. */
  lastValue: AttributeValue | undefined;
  lastPair: number;
};

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
  readonly #keys = new Map<string, Key>();
  readonly #keyNames: string[] = [];
  readonly #pairKeys = new IntColumn();
  readonly #pairValues: AttributeValue[] = [];
  readonly #heap = new ValueHeap();

  get size(): number {
    return this.#codes.size;
  }

  /** Appends a run and returns where it begins; it goes to `size`. `onlyPairs` keeps every value in the dictionary, so that equal attributes have equal codes. */
  put(attributes: Attributes, onlyPairs = false): number {
    const from = this.#codes.size;
    for (const name of Object.keys(attributes)) {
      const value = attributes[name];
      if (value !== undefined) this.#codes.push(this.#code(name, value, onlyPairs));
    }
    return from;
  }

  /** Forgets the run that was put last. */
  takeBack(run: Run): void {
    if (run.to === this.#codes.size) this.#codes.size = run.from;
  }

  /** The codes of a run, sorted: equal for equal attributes when both were put as pairs only. */
  fingerprint(run: Run): string {
    return this.#codes.values.slice(run.from, run.to).sort().join();
  }

  value(run: Run, name: string): AttributeValue | undefined {
    const key = this.#keys.get(name)?.id;
    if (key === undefined) return undefined;
    for (let index = run.from; index < run.to; index++) {
      const code = at(this.#codes.values, index);
      if (this.#keyOf(code) === key) return this.#valueOf(code);
    }
    return undefined;
  }

  /** The run as an object, keys sorted. */
  record(run: Run): Attributes {
    const entries: [string, AttributeValue][] = [];
    for (let index = run.from; index < run.to; index++) {
      const code = at(this.#codes.values, index);
      entries.push([this.#keyNames[this.#keyOf(code)] ?? '', this.#valueOf(code)]);
    }
    return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
  }

  #code(name: string, value: AttributeValue, onlyPairs: boolean): number {
    const key = this.#key(name);
    key.seen += 1;
    if (value === key.lastValue) return key.lastPair;
    const pairs: Map<AttributeValue, number> = typeof value === 'object' ? key.lists : key.scalars;
    const known = typeof value === 'object' ? key.lists.get(JSON.stringify(value)) : key.scalars.get(value);
    if (known !== undefined) return this.#met(key, value, known);
    if (!onlyPairs && typeof value !== 'boolean') {
      if (!key.unique && key.seen > JUDGED_AFTER) key.unique = pairs.size > key.seen * UNIQUE_SHARE;
      if (key.unique) return ~this.#heap.put(key.id, value);
    }
    const pair = this.#pairValues.length;
    this.#pairKeys.push(key.id);
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

  #key(name: string): Key {
    const known = this.#keys.get(name);
    if (known !== undefined) return known;
    const id = this.#keyNames.length;
    const counts = { seen: 0, unique: false, lastValue: undefined, lastPair: -1 };
    const key: Key = { id, name, scalars: new Map(), lists: new Map(), ...counts };
    this.#keyNames.push(name);
    this.#keys.set(name, key);
    return key;
  }

  #keyOf(code: number): number {
    return code >= 0 ? at(this.#pairKeys.values, code) : this.#heap.key(~code);
  }

  #valueOf(code: number): AttributeValue {
    const value = code >= 0 ? this.#pairValues[code] : this.#heap.value(~code);
    if (value === undefined) throw new RangeError(`No attribute has the code ${code}`);
    return value;
  }
}
