/** Which process this is: its only argument, as JSON. */
export type Settings = {
  readonly service: string;
  readonly version: string;
  readonly instance: string;
  readonly otlpUrl: string;
};

/** What a process does differently from its healthy self. Each service reads only what concerns it. */
export type Behaviour = {
  /** Extra time in ms that answering takes, in `share` of all requests (1 when missing), in no span of its own. */
  readonly slowMs?: number;
  readonly share?: number;
  /** seats: how long the look at the seat map takes, in ms. */
  readonly slowQueryMs?: number;
  /** seats: a report that nobody traces takes every connection for `ms`, `everyMs`. */
  readonly report?: { readonly ms: number; readonly everyMs: number };
  /** catalog: reads the performances of a show one by one. */
  readonly oneByOne?: boolean;
  /** catalog: nothing is found in the cache any more. */
  readonly cacheLost?: boolean;
  /** pricing: share of quotes that fail with an exception. */
  readonly failing?: number;
  /** pricing: the process stands still for `ms`, `everyMs`, as for a collection of garbage. */
  readonly pause?: { readonly ms: number; readonly everyMs: number };
  /** booking: writes the booking without waiting until the seat is held. */
  readonly writesFirst?: boolean;
  /** notifier: takes no message for `ms`, `everyMs`, as a consumer does whose group is rebalanced. */
  readonly rest?: { readonly ms: number; readonly everyMs: number };
};

/** Service → ports of its instances, on loopback. */
export type Routes = Readonly<Record<string, readonly number[]>>;

/** A message on its way through the broker. `headers` carry the trace context. */
export type Letter = {
  readonly topic: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;
};

export type ToProcess =
  | { readonly kind: 'route'; readonly routes: Routes }
  | { readonly kind: 'behave'; readonly behaviour: Behaviour }
  | { readonly kind: 'letter'; readonly letter: Letter }
  | { readonly kind: 'flush' };

export type FromProcess =
  | { readonly kind: 'ready'; readonly port: number }
  | { readonly kind: 'flushed' }
  | { readonly kind: 'publish'; readonly letter: Letter };
