import type { SpanId, TraceId } from './units.ts';

/** What can go wrong, as a closed list. Every verdict names one of these. */
export const MECHANISMS = [
  'slow-operation',
  'network-delay',
  'connection-setup',
  'tls-handshake-retry',
  'pool-wait',
  'queueing',
  'slow-query',
  'lock-wait',
  'n-plus-one',
  'error',
  'timeout',
  'retry-amplification',
  'swallowed-error',
  'bad-instance',
  'structural-change',
  'order-inversion',
  'premature-commit',
  'concurrency-regression',
  'attribute-contrast',
  'version-regression',
  'per-hop-overhead',
  'blind-spot',
  'common-mode-slowdown',
  'pause',
  'cache-miss',
] as const;
export type Mechanism = (typeof MECHANISMS)[number];

/** What a finding, a hypothesis and a verdict are about. */
export type Component =
  | { readonly kind: 'service'; readonly service: string }
  | { readonly kind: 'operation'; readonly service: string; readonly operation: string }
  /** Between two services; `to` may be a peer that sends no spans. */
  | { readonly kind: 'edge'; readonly from: string; readonly to: string; readonly operation?: string }
  /** What the bad traces share, with the services that carry it. */
  | { readonly kind: 'attribute'; readonly key: string; readonly value: string; readonly services: readonly string[] };

/** cause: it started here · amplifier: it made it worse · effect: it suffered · context: it changed but was not felt. */
export type Role = 'cause' | 'amplifier' | 'effect' | 'context';

/** A number or a name as it was measured. Words and pictures format it; they never compute a new one. */
export type Quantity =
  | { readonly unit: 'us'; readonly value: number }
  | { readonly unit: 'count'; readonly value: number }
  | { readonly unit: 'ratio'; readonly value: number }
  | { readonly unit: 'factor'; readonly value: number }
  | { readonly unit: 'bytes'; readonly value: number }
  | { readonly unit: 'time'; readonly value: number }
  | { readonly unit: 'name'; readonly value: string }
  /** Names a person or a tenant: shown as a keyed hash unless the config allows it. */
  | { readonly unit: 'personal'; readonly value: string };

/**
 * One checkable statement with the spans it came from.
 * `claim` names a sentence in `templates/messages/claims.yml`; `values` fill its places.
 */
export type Evidence = {
  readonly claim: string;
  readonly values: Readonly<Record<string, Quantity>>;
  readonly traceId: TraceId;
  readonly spanIds: readonly SpanId[];
  /** How many of how many traces show it, when it is about many. */
  readonly counts?: {
    readonly with: number;
    readonly of: number;
    readonly baselineWith?: number;
    readonly baselineOf?: number;
  };
  /** The test behind it, as `{ name: 'mann-whitney auc', value: 0.98 }`. */
  readonly statistic?: { readonly name: string; readonly value: number };
};

/** What one detector saw. Without evidence it does not compile. */
export type Finding = {
  /** `D05` and its name in the reference's catalogue, as `D05 tls-handshake`. */
  readonly detector: string;
  readonly mechanism: Mechanism;
  readonly component: Component;
  readonly role: Role;
  /** How far beyond the detector's floor, 0…1. */
  readonly strength: number;
  /** One minus the rate of the same signature in healthy traces, 0…1. */
  readonly specificity: number;
  /** Suspect traces that show it. */
  readonly support: number;
  readonly evidence: readonly [Evidence, ...Evidence[]];
};
