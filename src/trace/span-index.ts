import { at } from '../model/units.ts';
import type { StagedSpans } from './staged-spans.ts';

/**
 * Finds staged spans by trace and id: a hash table with open addresses over the columns, so that no id becomes a string.
 * Spans that share an id form a chain; `head` answers its first, `next` the following one, −1 the end.
 */
export class SpanIndex {
  readonly #traces: Int32Array;
  readonly #high: Int32Array;
  readonly #low: Int32Array;
  readonly #slots: Int32Array;
  readonly #next: Int32Array;

  /** Made when all spans have arrived: their columns are no longer replaced by longer ones. */
  constructor(staged: StagedSpans) {
    this.#traces = staged.trace.values;
    this.#high = staged.idHigh.values;
    this.#low = staged.idLow.values;
    let capacity = 16;
    while (capacity < staged.size * 2) capacity *= 2;
    this.#slots = new Int32Array(capacity).fill(-1);
    this.#next = new Int32Array(staged.size).fill(-1);
    for (let index = staged.size - 1; index >= 0; index--) {
      const slot = this.#slot(at(this.#traces, index), at(this.#high, index), at(this.#low, index));
      this.#next[index] = at(this.#slots, slot);
      this.#slots[slot] = index;
    }
  }

  head(trace: number, high: number, low: number): number {
    return at(this.#slots, this.#slot(trace, high, low));
  }

  next(index: number): number {
    return at(this.#next, index);
  }

  /** The slot that holds the id, or the free one where it would stand. */
  #slot(trace: number, high: number, low: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = mix(mix(trace, high), low) & mask;
    for (;;) {
      const index = at(slots, slot);
      if (index < 0) return slot;
      if (this.#low[index] === low && this.#high[index] === high && this.#traces[index] === trace) return slot;
      slot = (slot + 1) & mask;
    }
  }
}

/** Two integers into one whose bits all depend on both (the mixing step of MurmurHash3). */
export function mix(a: number, b: number): number {
  let hash = Math.imul(a ^ (b + 0x9e3779b9), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
