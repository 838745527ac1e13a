/** A dense number for each pair of integers (both ≥ −1, the second below 2^26), in order of first appearance. */
export class PairNumbers {
  readonly #numbers = new Map<number, number>();

  get size(): number {
    return this.#numbers.size;
  }

  number(a: number, b: number): number {
    const key = (a + 1) * 2 ** 26 + b + 1;
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    const fresh = this.#numbers.size;
    this.#numbers.set(key, fresh);
    return fresh;
  }
}

/** The value of a key, made when it is first asked for. */
export function ensure<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const fresh = make();
  map.set(key, fresh);
  return fresh;
}
