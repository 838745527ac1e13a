/** A column of 32-bit integers that grows while spans arrive. `values` is longer than what was pushed. */
export class IntColumn {
  values = new Int32Array(1_024);
  size = 0;

  push(value: number): void {
    if (this.size === this.values.length) {
      const larger = new Int32Array(this.size * 2);
      larger.set(this.values);
      this.values = larger;
    }
    this.values[this.size++] = value;
  }
}

/** The same for moments and other numbers beyond 32 bits. */
export class NumberColumn {
  values = new Float64Array(1_024);
  size = 0;

  push(value: number): void {
    if (this.size === this.values.length) {
      const larger = new Float64Array(this.size * 2);
      larger.set(this.values);
      this.values = larger;
    }
    this.values[this.size++] = value;
  }
}

/** Texts that repeat, each kept once; ids count from 0 in the order of arrival. */
export class Dictionary {
  readonly texts: string[] = [];
  readonly #ids = new Map<string, number>();

  get size(): number {
    return this.texts.length;
  }

  id(text: string): number {
    const known = this.#ids.get(text);
    if (known !== undefined) return known;
    const id = this.texts.length;
    this.texts.push(text);
    this.#ids.set(text, id);
    return id;
  }

  find(text: string): number {
    return this.#ids.get(text) ?? -1;
  }

  text(id: number): string {
    const text = this.texts[id];
    if (text === undefined) throw new RangeError(`No text has the id ${id}`);
    return text;
  }
}
