import { Failure } from '../failure.ts';
import { type EpochMicros, type Micros, SECOND } from '../model/units.ts';
import type { Clock } from '../ports/clock.ts';

/** So many failures in a row mean that the other side is down, not unlucky. */
const THRESHOLD = 5;
const FIRST_REST: Micros = 5 * SECOND;
const LONGEST_REST: Micros = 60 * SECOND;

/**
 * Leaves a sick backend alone: after five failures in a row nothing is sent for a while, then one request may try.
 *
 * ```
 *   closed ──5 failures──▶ open (5 s) ──▶ one trial ──succeeds──▶ closed
 *                           ▲                 │
 *                           └─ twice as long ─┘ fails
 * ```
 */
export class Circuit {
  readonly #clock: Clock;
  #failures = 0;
  #rest: Micros = FIRST_REST;
  #openUntil: EpochMicros | undefined;
  #trying = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Throws a `Failure` of kind `unreachable` with `retryAfter` while the backend is left alone. */
  admit(title: string): void {
    if (this.#openUntil === undefined) return;
    const rest = this.#openUntil - this.#clock.now();
    if (rest > 0 || this.#trying) {
      throw new Failure(
        'unreachable',
        `${title} failed ${this.#failures} times in a row and is left alone for a moment.`,
        'Look after it; it is asked again by itself.',
        { retryAfter: Math.max(1, Math.ceil(rest / SECOND)) },
      );
    }
    this.#trying = true;
  }

  succeeded(): void {
    this.#failures = 0;
    this.#rest = FIRST_REST;
    this.#openUntil = undefined;
    this.#trying = false;
  }

  failed(): void {
    this.#failures += 1;
    if (this.#openUntil !== undefined && this.#trying) this.#rest = Math.min(2 * this.#rest, LONGEST_REST);
    if (this.#failures >= THRESHOLD) this.#openUntil = this.#clock.now() + this.#rest;
    this.#trying = false;
  }

  /** The asker gave up before there was an answer, which says nothing about the backend. */
  forgotten(): void {
    this.#trying = false;
  }
}
