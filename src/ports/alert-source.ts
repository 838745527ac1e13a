import type { Alert } from '../model/alert.ts';

/** A webhook as it arrived; `body` is the raw bytes, which signatures are made of. */
export type Delivery = { readonly headers: Readonly<Record<string, string | undefined>>; readonly body: Uint8Array };

export type Reply = {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
};

/** What a webhook says: alerts to work on, or a reason why there is nothing to do (pings, events that do not matter). */
export type Reading = { readonly alerts: readonly Alert[] } | { readonly ignored: string };

/** Somebody who wakes us, reached at `POST /webhooks/<kind>`. */
export interface AlertSource {
  readonly kind: string;
  readonly title: string;
  /** Throws a `Failure` of kind `unauthorized` unless the delivery proves where it is from. */
  authenticate(delivery: Delivery): void;
  /** Throws a `Failure` of kind `bad-input` that names the field when the payload is not what the sender documents. */
  read(delivery: Delivery): Reading;
  /** The status that makes this sender do the right thing after a failure: drop, or send again. */
  refuse(failure: { readonly kind: string; readonly message: string; readonly hint: string }): Reply;
}
