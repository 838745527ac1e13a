import { Failure } from '../failure.ts';
import { Collected, type Refusals } from '../formats/reading.ts';
import { type EpochMicros, type Micros, SECOND } from '../model/units.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import { accepted, type Encoding, encodingOf, type OtlpAnswer, refused } from './otlp-answer.ts';
import { BODY_LIMIT, decode, decompress } from './otlp-request.ts';
import type { TraceStore } from './trace-store.ts';

/** The two headers that say how a body is written. */
export type BodyHeaders = {
  readonly contentType: string | undefined;
  readonly contentEncoding: string | undefined;
};

/** Compressed bodies that may be opened at once, each of which can become `BODY_LIMIT` bytes. */
const OPENING_LIMIT = 2;

const NOTE_EVERY: Micros = 10 * SECOND;

/** What the intake has done since it started. */
export type IntakeFigures = { accepted: number; refused: number; turnedAway: number };

/**
 * From the bytes of an export request to its answer. Bounded: what is being read, decoded or written counts in bytes, and
 * when that passes `queueBytes` the next request is turned away with 429 and `Retry-After`, which exporters obey.
 */
export class OtlpIntake {
  readonly figures: IntakeFigures = { accepted: 0, refused: 0, turnedAway: 0 };
  readonly #store: TraceStore;
  readonly #queueBytes: number;
  readonly #clock: Clock;
  readonly #log: Log;
  #toldAt: EpochMicros | undefined;
  #untold = 0;
  #held = 0;
  #opening = 0;
  readonly #toOpen: (() => void)[] = [];
  #underWay = 0;
  #closing = false;
  #idle: (() => void)[] = [];

  constructor(options: { store: TraceStore; queueBytes: number; clock: Clock; log: Log }) {
    this.#store = options.store;
    this.#queueBytes = options.queueBytes;
    this.#clock = options.clock;
    this.#log = options.log;
  }

  /** Throws the `Failure` that turns a request away before its body is read: closing, or behind. */
  admit(): void {
    if (this.#closing) {
      throw new Failure('unreachable', 'The receiver is closing.', 'Send again in a moment.', { retryAfter: 2 });
    }
    if (this.#held >= this.#queueBytes || this.#store.behind) {
      this.figures.turnedAway += 1;
      throw new Failure('busy', 'The receiver is behind.', 'Send again after the given time.', { retryAfter: 1 });
    }
  }

  /** Counts bytes that are held for a request; give them back with the same number, negative. */
  hold(bytes: number): void {
    this.#held += bytes;
  }

  /** Whether bytes of a body that is being read may still be taken in. One body alone always may. */
  hasRoom(own: number): boolean {
    return this.#held - own <= this.#queueBytes;
  }

  /** Never throws: whatever goes wrong is an answer. Resolves once the spans are committed. */
  async take(body: Buffer, headers: BodyHeaders): Promise<OtlpAnswer> {
    const encoding = encodingOf(headers.contentType);
    this.#underWay += 1;
    let held = 0;
    try {
      if (encoding === undefined) throw unknownType();
      this.admit();
      held = body.length;
      this.hold(held);
      const refusals = await this.#keep(body, headers, encoding);
      if (refusals.count > 0) this.note(refusals.message);
      return accepted(encoding, refusals);
    } catch (thrown) {
      const failure = Failure.from(thrown);
      this.note(failure.message);
      return refused(encoding ?? 'json', failure);
    } finally {
      this.hold(-held);
      this.#underWay -= 1;
      if (this.#underWay === 0) for (const resolve of this.#idle.splice(0)) resolve();
    }
  }

  /** Logs what was refused, at most every ten seconds: the sender was told each time, but its log may be read by nobody. */
  note(reason: string): void {
    this.#untold += 1;
    const now = this.#clock.now();
    if (this.#toldAt !== undefined && now - this.#toldAt < NOTE_EVERY) return;
    this.#log.warn({ reason, times: this.#untold }, 'spans that were sent were refused');
    this.#toldAt = now;
    this.#untold = 0;
  }

  /** Resolves when nothing is under way any more. */
  async settled(): Promise<void> {
    if (this.#underWay > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  /** From now on every request is answered 503. */
  close(): void {
    this.#closing = true;
  }

  async #keep(body: Buffer, headers: BodyHeaders, encoding: Encoding): Promise<Refusals> {
    const collected = new Collected();
    const plain = await this.#opened(body, headers.contentEncoding);
    decode(plain, encoding, collected);
    const spans = collected.spans;
    if (spans > 0) await this.#store.add(collected.take());
    this.figures.accepted += spans;
    this.figures.refused += collected.refusals.count;
    return collected.refusals;
  }

  async #opened(body: Buffer, contentEncoding: string | undefined): Promise<Buffer> {
    if (contentEncoding === undefined) return body;
    if (this.#opening >= OPENING_LIMIT) await new Promise<void>((resolve) => this.#toOpen.push(resolve));
    this.#opening += 1;
    try {
      return await decompress(body, contentEncoding, BODY_LIMIT);
    } finally {
      this.#opening -= 1;
      this.#toOpen.shift()?.();
    }
  }
}

function unknownType(): Failure {
  return new Failure(
    'unsupported',
    'The content type is not one of OTLP/HTTP.',
    'Send application/x-protobuf or application/json.',
  );
}
