import { at } from '../model/units.ts';
import { IntColumn } from './column.ts';
import { mix } from './span-index.ts';

/**
 * A dense number for each pair of 32-bit integers, in order of first appearance. A hash table with open addresses, because a
 * `Map` would need one key of each pair: a text, or a number beyond 31 bits, and either is an object made at every look-up.
 */
export class PairNumbers {
  readonly #first = new IntColumn();
  readonly #second = new IntColumn();
  #slots = new Int32Array(64).fill(-1);

  get size(): number {
    return this.#first.size;
  }

  /** The pair's number, a new one when the pair was never seen. */
  number(first: number, second: number): number {
    const slot = this.#slot(first, second);
    const known = at(this.#slots, slot);
    if (known >= 0) return known;
    const number = this.size;
    this.#first.push(first);
    this.#second.push(second);
    this.#slots[slot] = number;
    if (2 * this.size > this.#slots.length) this.#grow();
    return number;
  }

  first(number: number): number {
    return at(this.#first.values, number);
  }

  second(number: number): number {
    return at(this.#second.values, number);
  }

  /** The slot that holds the pair, or the free one where it would stand. */
  #slot(first: number, second: number): number {
    const slots = this.#slots;
    const firsts = this.#first.values;
    const seconds = this.#second.values;
    const mask = slots.length - 1;
    let slot = mix(first, second) & mask;
    for (;;) {
      const number = at(slots, slot);
      if (number < 0 || (firsts[number] === first && seconds[number] === second)) return slot;
      slot = (slot + 1) & mask;
    }
  }

  #grow(): void {
    this.#slots = new Int32Array(2 * this.#slots.length).fill(-1);
    for (let number = 0; number < this.size; number++) {
      this.#slots[this.#slot(this.first(number), this.second(number))] = number;
    }
  }
}
