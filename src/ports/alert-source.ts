import type { Alert } from '../model/alert.ts';
import type { Change } from '../model/change.ts';
import type { Clock } from './clock.ts';

/** A webhook as it arrived; `body` is the raw bytes, which signatures are made of. */
export type Delivery = {
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Parameters of the address, each once: senders that cannot set a header carry their token here. Never logged. */
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly body: Uint8Array;
};

export type Reply = {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
};

/**
 * What a webhook says: alerts to work on, a reason why there is nothing to do (pings, events that do not matter), or a
 * handshake that the sender waits for before it sends alerts; what it resolves to says what was done.
 */
export type Reading =
  | { readonly alerts: readonly Alert[] }
  /** What was done to the system: it is kept, and wakes nobody. */
  | { readonly changes: readonly Change[] }
  | { readonly ignored: string }
  | { readonly handshake: (signal: AbortSignal) => Promise<string> };

/** An alert with what its webhook left out; `caveat` says for the card, in a sentence without its full stop, what could not be had. */
export type Enriched = { readonly alert: Alert; readonly caveat?: string };

/** Somebody who wakes us, reached at `POST /webhooks/<kind>`. */
export interface AlertSource {
  /** Last part of its address, and the `source` of its alerts. */
  readonly kind: string;
  readonly title: string;
  /** Bytes of the largest body that is read. */
  readonly bodyLimit: number;
  /**
   * Throws a `Failure` of kind `unauthorized` unless the delivery proves where it is from. A promise only where the proof
   * has to be looked up; then the signal ends the waiting.
   */
  authenticate(delivery: Delivery, signal: AbortSignal): void | Promise<void>;
  /** Throws a `Failure` of kind `bad-input` that names the field when the payload is not what the sender documents. */
  read(delivery: Delivery): Reading;
  /** The status that makes this sender do the right thing after a failure: drop, or send again. */
  refuse(failure: { readonly kind: string; readonly message: string; readonly hint: string }): Reply;
  /**
   * Fetches from the sender what the webhook left out, before traces are looked for; missing where there is nothing to fetch
   * or nobody to ask. Bounded in time and size. Rejects only with the signal's reason: a sender that does not answer costs a
   * caveat, not the investigation.
   */
  enrich?(alert: Alert, signal: AbortSignal): Promise<Enriched>;
  /** True when its webhook may be set to PUT, which then means the same as POST. */
  readonly alsoPut?: boolean;
  /** Answers `OPTIONS`, for senders that ask whether they may send before they do. */
  greet?(headers: Delivery['headers']): Reply;
}

/** What a source may need from outside. */
export type SourceParts = {
  /** Its name in the configuration, which is its kind unless somebody has several of one kind. */
  readonly name: string;
  readonly clock: Clock;
  readonly fetch: Fetch;
};

/** As much of node-fetch as a source needs; `size` bounds the answer in bytes. */
export type Fetch = (
  url: string,
  init: { readonly signal: AbortSignal; readonly redirect: 'error'; readonly size: number },
) => Promise<{ readonly ok: boolean; readonly status: number; text(): Promise<string> }>;
