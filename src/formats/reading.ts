import { BATCH_LIMIT, type SpanRecord } from '../model/span.ts';

/** Where a reader puts the spans it understood, and what it says of those it did not. */
export interface SpanSink {
  span(record: SpanRecord): void;
  /** One span that cannot be kept: where it stood and why, without any of its content. */
  refuse(why: string): void;
}

/** Counts what was refused and remembers the first few reasons, which is what a sender is told. */
export class Refusals {
  count = 0;
  readonly #reasons: string[] = [];

  add(why: string): void {
    this.count += 1;
    if (this.#reasons.length < 3) this.#reasons.push(why);
  }

  /** As `2 spans refused: resourceSpans[0]…spans[1] has no traceId; …`. Empty when nothing was refused. */
  get message(): string {
    if (this.count === 0) return '';
    const more = this.count > this.#reasons.length ? `; and ${this.count - this.#reasons.length} more` : '';
    return `${this.count} ${this.count === 1 ? 'span was' : 'spans were'} refused: ${this.#reasons.join('; ')}${more}`;
  }
}

/** A sink that keeps everything, cut in batches of at most `BATCH_LIMIT`. */
export class Collected implements SpanSink {
  readonly refusals = new Refusals();
  readonly #batches: SpanRecord[][] = [];
  #open: SpanRecord[] = [];
  spans = 0;

  span(record: SpanRecord): void {
    if (this.#open.length >= BATCH_LIMIT) this.#seal();
    this.#open.push(record);
    this.spans += 1;
  }

  refuse(why: string): void {
    this.refusals.add(why);
  }

  /** The batches so far; the sink starts anew. */
  take(): readonly (readonly SpanRecord[])[] {
    if (this.#open.length > 0) this.#seal();
    return this.#batches.splice(0);
  }

  #seal(): void {
    this.#batches.push(this.#open);
    this.#open = [];
  }
}
