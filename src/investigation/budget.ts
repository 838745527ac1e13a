import { Failure } from '../failure.ts';
import type { SpanRecord } from '../model/span.ts';
import type { Notes } from './notes.ts';

/** What one look into a backend may cost it, and us. */
export type Budget = {
  /** Searches; a backend that cannot do one in a single request makes several. */
  readonly searches: number;
  readonly traces: number;
  readonly spans: number;
  /** Of the spans' texts in memory, roughly what they take. */
  readonly bytes: number;
  readonly seconds: number;
};

/** Enough for the statistics of every detector, little enough that a sick backend hardly notices. */
export const INCIDENT_BUDGET: Budget = { searches: 60, traces: 600, spans: 200_000, bytes: 400e6, seconds: 60 };

/**
 * What is left of a budget. Whoever is refused goes on with what there is, and the card says which limit was met: each is
 * noted once.
 */
export class Allowance {
  readonly #budget: Budget;
  readonly #notes: Notes;
  readonly #deadline: AbortSignal;
  #searches = 0;
  #spans = 0;
  #bytes = 0;

  constructor(budget: Budget, notes: Notes) {
    this.#budget = budget;
    this.#notes = notes;
    this.#deadline = AbortSignal.timeout(budget.seconds * 1_000);
  }

  get traces(): number {
    return this.#budget.traces;
  }

  /** Aborts with `signal` and when the time is over. */
  within(signal: AbortSignal): AbortSignal {
    return AbortSignal.any([signal, this.#deadline]);
  }

  /** Whether another search may be made; counts it. */
  maySearch(): boolean {
    if (this.isLate()) return false;
    this.#searches += 1;
    if (this.#searches <= this.#budget.searches) return true;
    this.#notes.limit(`Searching stopped after ${this.#budget.searches} searches`);
    return false;
  }

  /** Whether these spans may be kept and more be read; counts them. */
  mayKeep(spans: readonly SpanRecord[]): boolean {
    this.#spans += spans.length;
    for (const span of spans) this.#bytes += weightOf(span);
    if (this.#spans > this.#budget.spans) this.#notes.limit(`Reading stopped at ${this.#budget.spans} spans`);
    else if (this.#bytes > this.#budget.bytes)
      this.#notes.limit(`Reading stopped at ${Math.round(this.#budget.bytes / 1e6)} MB of spans`);
    else return true;
    return false;
  }

  /** What to throw when the time is over and nothing has been read by then. */
  tooLate(title: string): Failure {
    return new Failure(
      'timed-out',
      `${title} gave no trace within ${this.#budget.seconds} s.`,
      'Look at its load. For an alert it is asked again by itself.',
    );
  }

  /** Whether the time is over; what then fails failed for that reason. */
  isLate(): boolean {
    if (this.#deadline.aborted) this.#notes.limit(`Reading stopped after ${this.#budget.seconds} s`);
    return this.#deadline.aborted;
  }
}

/** Bytes of a span: its fixed part, and the texts of its attributes, which are nearly all of the rest. */
function weightOf(span: SpanRecord): number {
  let bytes = 300 + 100 * span.events.length;
  for (const key in span.attributes) {
    const value = span.attributes[key];
    bytes += key.length + (typeof value === 'string' ? value.length : 8);
  }
  return bytes;
}
