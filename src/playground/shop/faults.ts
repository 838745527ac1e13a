import type { ScenarioInfo } from '../scenarios.ts';
import type { Outcome } from './control.ts';
import type { Fleet, Traffic } from './fleet.ts';
import type { Usual } from './monitoring.ts';

/** One incident: how it is brought about and by what people notice it. */
export type Fault = ScenarioInfo & {
  readonly page: { readonly service: string; readonly title: string };
  /** What must be up before customers come, so that starting it disturbs nobody. */
  prepare?(fleet: Fleet): Promise<void>;
  begin(fleet: Fleet): Promise<void>;
  readonly traffic: Traffic;
  /** Share of customers that version 2 of the gateway gets. */
  readonly canary?: number;
  /** Whether a customer's request went as the alert counts it. */
  symptom(outcome: Outcome, usual: Usual): boolean;
};

const EVERYDAY = { checkout: 5, cart: 2, order: 2, item: 1.5, history: 1.5, harvest: 0 };
const MOSTLY_CHECKOUTS = { ...EVERYDAY, checkout: 10 };

/** Traffic before each fault: about 200 requests in four seconds. */
export const HEALTHY: Traffic = { perSecond: 50, durationMs: 4_000, mix: EVERYDAY };

/** Traffic between incidents while the shop stays up. */
export const TRICKLE: Traffic = { perSecond: 1.5, durationMs: 3_600_000, mix: EVERYDAY };

export const FAULTS: readonly Fault[] = [
  {
    name: 'auth-cascade',
    title: 'Auth slows down, retries multiply',
    story: 'Auth takes longer than its callers wait. Order tries three times, the gateway twice, customers get 503.',
    page: { service: 'Gateway', title: 'Checkout error rate above 5 %' },
    begin: (fleet) => fleet.behave('auth', { slowIntrospectionMs: 650 }),
    traffic: { perSecond: 18, durationMs: 4_500, mix: MOSTLY_CHECKOUTS },
    symptom: (outcome) => outcome.status === 503 || outcome.status === 0,
  },
  {
    name: 'tls-retry',
    title: 'TLS handshakes with the payment provider hang',
    story: 'Some handshakes with the payment provider are never answered or cut off; payment gives up and tries again.',
    page: { service: 'Checkout API', title: 'Checkout latency p95 above 1 s' },
    begin: (fleet) => fleet.behave('paygw', { troubledHandshakes: 0.45 }),
    traffic: { perSecond: 18, durationMs: 4_500, mix: MOSTLY_CHECKOUTS },
    symptom: (outcome) => outcome.visit === 'checkout' && (outcome.ms > 1_000 || outcome.status >= 500),
  },
  {
    name: 'write-race',
    title: 'Order commits before inventory has acknowledged',
    story: 'A new version of order is deployed that writes the order while the reservation is still under way.',
    page: { service: 'Order service', title: 'Orders taken back above 2 %' },
    prepare: (fleet) => fleet.release(['order'], { commitsFirst: true }),
    begin: (fleet) => fleet.send('replaced'),
    traffic: { perSecond: 22, durationMs: 4_500, mix: MOSTLY_CHECKOUTS },
    symptom: (outcome) => outcome.status === 409,
  },
  {
    name: 'slow-serialisation',
    title: 'A new version is slower on every hop',
    story: 'Version 2 of gateway, order and inventory runs beside version 1 and burns 40 ms of CPU on each answer.',
    page: { service: 'Checkout API', title: 'Checkout latency above its objective' },
    prepare: (fleet) => fleet.release(['gateway', 'order', 'inventory'], { serialisationMs: 40 }),
    begin: (fleet) => fleet.send('beside'),
    traffic: { perSecond: 12, durationMs: 7_000, mix: { ...MOSTLY_CHECKOUTS, checkout: 30 } },
    canary: 0.35,
    symptom: (outcome, usual) =>
      outcome.visit === 'checkout' && outcome.ms > (usual.get('checkout')?.medianMs ?? 0) + 90,
  },
  {
    name: 'audit',
    title: "One account reads everybody's data",
    story: 'An account asks for the history of all customers: orders, payments and stock are read in bulk.',
    page: { service: 'Data access', title: 'Unusual read volume by one account' },
    begin: async () => {},
    traffic: { perSecond: 20, durationMs: 4_500, mix: { ...EVERYDAY, history: 3, harvest: 2 } },
    symptom: (outcome, usual) => outcome.bytes > 10 * (usual.get('history')?.bytes ?? Number.POSITIVE_INFINITY),
  },
];
