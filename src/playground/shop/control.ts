import { z } from 'zod';

/**
 * The wire between the shop and its processes (Node's own channel between parent and child):
 *
 * ```
 *   shop                                service
 *    │── fork, argv: settings ────────────▶│  starts, listens on a free port
 *    │◀───────────── ready {port} ─────────│
 *    │── route | behave | flush | … {id} ─▶│
 *    │◀───── done {id} | failed {id} ──────│
 *    │  channel closes ───────────────────▶│  exits: no service outlives the bot, not even after kill -9
 * ```
 */
export const Settings = z.object({
  service: z.string(),
  version: z.string(),
  instance: z.string(),
  /** Full address that spans are posted to, as `http://127.0.0.1:4318/v1/traces`. */
  otlpUrl: z.string(),
});
export type Settings = z.infer<typeof Settings>;

/** What a service does differently from its healthy self; each reads only what concerns it. */
export const Behaviour = z.object({
  /** auth: median of the extra time, in ms, that checking a session takes. */
  slowIntrospectionMs: z.number().default(0),
  /** paygw: share of new connections whose TLS handshake it leaves hanging or cuts off. */
  troubledHandshakes: z.number().default(0),
  /** order: commits the order without waiting for the reservation. */
  commitsFirst: z.boolean().default(false),
  /** Any service: CPU time in ms that turning an answer into JSON burns. */
  serialisationMs: z.number().default(0),
});
export type Behaviour = z.infer<typeof Behaviour>;

/** Where a service finds the others: name → port on loopback. */
export const Routes = z.object({
  ports: z.record(z.string(), z.number()),
  /** Certificate, in PEM, that the payment provider proves itself with. */
  providerCertificate: z.string().optional(),
});
export type Routes = z.infer<typeof Routes>;

/** Requests that customers make: how many, for how long, of which kinds, through which gateway. */
export const Plan = z.object({
  perSecond: z.number(),
  durationMs: z.number(),
  /** Relative weight of each kind of visit. */
  mix: z.object({
    checkout: z.number(),
    cart: z.number(),
    order: z.number(),
    item: z.number(),
    history: z.number(),
    /** One account reading everybody's history. */
    harvest: z.number(),
  }),
  /** Port that customers come to. */
  gateway: z.number(),
  /** Port of a second version and the share of customers that it gets. */
  canary: z.object({ port: z.number(), share: z.number() }).optional(),
});
export type Plan = z.infer<typeof Plan>;
export type Visit = keyof Plan['mix'];

export const Command = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('route'), id: z.number(), routes: Routes }),
  z.object({ kind: z.literal('behave'), id: z.number(), behaviour: Behaviour }),
  /** Answered when every request is answered and every span has been handed over. */
  z.object({ kind: z.literal('flush'), id: z.number() }),
  /** For the customers: answered when the last request of the plan is over. */
  z.object({ kind: z.literal('visit'), id: z.number(), plan: Plan }),
  /** For the customers: ends the plan under way early. */
  z.object({ kind: z.literal('go-home'), id: z.number() }),
]);
export type Command = z.infer<typeof Command>;

/** How one request went for the customer who made it. Status 0: no answer at all. */
export const Outcome = z.object({
  at: z.number(),
  visit: z.string(),
  status: z.number(),
  ms: z.number(),
  bytes: z.number(),
});
export type Outcome = z.infer<typeof Outcome>;

/** Spans that reached the receiver and spans that did not, since the last flush; `reason` is the latest one for a loss. */
export const Flushed = z.object({ delivered: z.number(), lost: z.number(), reason: z.string().optional() });
export type Flushed = z.infer<typeof Flushed>;

export const Report = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('ready'), port: z.number(), certificate: z.string().optional() }),
  z.object({ kind: z.literal('done'), id: z.number(), flushed: Flushed.optional() }),
  z.object({ kind: z.literal('failed'), id: z.number(), text: z.string() }),
  z.object({ kind: z.literal('outcome'), outcome: Outcome }),
]);
export type Report = z.infer<typeof Report>;
