/** What Slack lets pass or refuses quietly, and what we want to hear about all the same. */
export type Oddities = {
  /** Arguments that the method does not have. Slack ignores them, and so whatever they were meant to do does not happen. */
  readonly unknownArguments: readonly { readonly method: string; readonly argument: string; readonly count: number }[];
  /** Calls that were refused because the manifest does not ask for the scope. */
  readonly missingScopes: readonly { readonly method: string; readonly needed: string; readonly count: number }[];
  /** Every other refusal, as `invalid_blocks`, with what was complained about. */
  readonly refusals: readonly { readonly method: string; readonly error: string; readonly count: number }[];
};

const KEEP = 200;

/** Counts oddities; bounded, the first ones win. */
export class OddityBook {
  readonly #unknownArguments = new Map<string, { method: string; argument: string; count: number }>();
  readonly #missingScopes = new Map<string, { method: string; needed: string; count: number }>();
  readonly #refusals = new Map<string, { method: string; error: string; count: number }>();

  unknownArgument(method: string, argument: string): void {
    count(this.#unknownArguments, `${method} ${argument}`, { method, argument, count: 0 });
  }

  missingScope(method: string, needed: string): void {
    count(this.#missingScopes, `${method} ${needed}`, { method, needed, count: 0 });
  }

  refusal(method: string, error: string): void {
    count(this.#refusals, `${method} ${error}`, { method, error, count: 0 });
  }

  read(): Oddities {
    return {
      unknownArguments: [...this.#unknownArguments.values()],
      missingScopes: [...this.#missingScopes.values()],
      refusals: [...this.#refusals.values()],
    };
  }
}

function count<T extends { count: number }>(book: Map<string, T>, key: string, fresh: T): void {
  const entry = book.get(key) ?? fresh;
  if (!book.has(key)) {
    if (book.size >= KEEP) return;
    book.set(key, entry);
  }
  entry.count += 1;
}
