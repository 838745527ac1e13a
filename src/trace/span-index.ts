import { at } from '../model/units.ts';
import type { StagedSpans } from './staged-spans.ts';

/**
 * Finds staged spans by trace and id: a hash table with open addresses over the columns, so that no id becomes a string.
 * Spans that share an id form a chain; `head` answers its first, `next` the following one, −1 the end.
 */
export class SpanIndex {
  readonly #staged: StagedSpans;
  readonly #slots: Int32Array;
  readonly #next: Int32Array;

  constructor(staged: StagedSpans) {
    this.#staged = staged;
    let capacity = 16;
    while (capacity < staged.size * 2) capacity *= 2;
    this.#slots = new Int32Array(capacity).fill(-1);
    this.#next = new Int32Array(staged.size).fill(-1);
    for (let index = staged.size - 1; index >= 0; index--) {
      const slot = this.#slot(
        at(staged.trace.values, index),
        at(staged.idHigh.values, index),
        at(staged.idLow.values, index),
      );
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
    const { trace: traces, idHigh, idLow } = this.#staged;
    const mask = this.#slots.length - 1;
    let slot = mix(mix(mix(trace, high), low), 0) & mask;
    for (;;) {
      const index = at(this.#slots, slot);
      if (index < 0) return slot;
      const same = traces.values[index] === trace && idHigh.values[index] === high && idLow.values[index] === low;
      if (same) return slot;
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
