/** What the card says about how its traces were found, in the order in which a reader must know it. */
export class Notes {
  readonly #missing = new Set<string>();
  readonly #limits = new Set<string>();
  readonly #steps = new Set<string>();

  /** What a backend says is missing from its answers. */
  readonly missing = (note: string): void => void this.#missing.add(note);

  /** A limit of ours that was met. */
  limit(note: string): void {
    this.#limits.add(note);
  }

  /** How it was looked: widenings, and how traces were chosen. */
  step(note: string): void {
    this.#steps.add(note);
  }

  /** Each once: what weakens the verdict before what explains it. */
  get all(): readonly string[] {
    return [...this.#missing, ...this.#limits, ...this.#steps];
  }
}
