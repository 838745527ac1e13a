import type { Role } from './town.ts';

export const ROUTES = ['checkout', 'cart', 'item', 'history', 'report'] as const;
export type Route = (typeof ROUTES)[number];

/** How things are in the town during one window. Every incident, and everything that only looks like one, is a few of these. */
export type Conditions = {
  /** Requests of each kind, relative to each other. */
  readonly mix: Readonly<Record<Route, number>>;
  /** Everything takes this much longer. */
  readonly load: number;
  /** Versions other than 1, for all requests or for a share of them. */
  readonly release?: { readonly version: string; readonly roles: readonly Role[]; readonly share: number };
  /** What each service of a version spends on every answer beside its work, ms. */
  readonly burn?: { readonly version: string; readonly ms: number };
  /** What each service spends more whatever its version, as a factor on its work. */
  readonly drag?: number;
  /** Share of new connections to the provider whose handshake is never answered, or cut off. */
  readonly handshakesHang: number;
  /** So many charges of the window find a process that has no connection yet, and pay for it. */
  readonly coldCharges: number;
  /** The provider's own time, ms. */
  readonly providerTime: number;
  /** When order writes: after stock has acknowledged the reservation, or beside it. */
  readonly commit: 'after' | 'beside';
  /** Versions of order that write beside the reservation, when not all do. */
  readonly besideOn?: string;
  /** What a reservation takes beyond the usual, ms. */
  readonly reserveTime: number;
  /** The time auth needs, ms; slow ones are drawn around it. */
  readonly authTime: number;
  /** Whether callers of auth, and callers of those, try again. */
  readonly retries: boolean;
  /** Share of auth's answers that are 503. */
  readonly authFails: number;
  /** The gateway turns this share of requests away itself. */
  readonly shed: number;
  /** Someone who reads in bulk: share of the requests that are theirs, and the rows of each. */
  readonly bulk: { readonly share: number; readonly rows: number };
  /** Someone who sends this share of all requests and reads what everybody reads. */
  readonly busy: number;
  /** Rows of an ordinary history, as a factor. */
  readonly rows: number;
  /** Something else goes on as well: the notifier was deployed and is slow, which nobody waits for. */
  readonly distraction: boolean;
};

export const ORDINARY: Conditions = {
  mix: { checkout: 5, cart: 2, item: 2, history: 2, report: 0.5 },
  load: 1,
  handshakesHang: 0,
  coldCharges: 0,
  providerTime: 25,
  commit: 'after',
  reserveTime: 0,
  authTime: 5,
  retries: true,
  authFails: 0,
  shed: 0,
  bulk: { share: 0, rows: 0 },
  busy: 0,
  rows: 1,
  distraction: false,
};
