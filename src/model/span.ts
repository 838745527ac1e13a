import type { EpochMicros, SpanId, TraceId } from './units.ts';

export type SpanKind = 'unspecified' | 'internal' | 'server' | 'client' | 'producer' | 'consumer';
export type SpanStatus = 'unset' | 'ok' | 'error';

export type AttributeValue = string | number | boolean | readonly (string | number | boolean)[];
export type Attributes = Readonly<Record<string, AttributeValue>>;

export type SpanEvent = { readonly name: string; readonly time: EpochMicros; readonly attributes: Attributes };
export type SpanLink = { readonly traceId: TraceId; readonly spanId: SpanId; readonly attributes: Attributes };

/**
 * One span as every backend and every format hands it over, and the only thing they produce.
 * Attribute keys are already today's semantic conventions (`formats/semantic-conventions.ts` renames the old ones).
 */
export type SpanRecord = {
  readonly traceId: TraceId;
  readonly spanId: SpanId;
  /** Missing for a root. May name a span that never arrived. */
  readonly parentSpanId?: SpanId;
  readonly service: string;
  readonly name: string;
  readonly kind: SpanKind;
  readonly start: EpochMicros;
  /** Parsed on its own, never start plus a rounded duration. May be before `start` in hostile or skewed data. */
  readonly end: EpochMicros;
  readonly status: SpanStatus;
  readonly statusMessage?: string;
  readonly attributes: Attributes;
  readonly resource: Attributes;
  readonly events: readonly SpanEvent[];
  readonly links: readonly SpanLink[];
  /** Name of the instrumentation scope, as `@opentelemetry/instrumentation-net`. */
  readonly scope?: string;
  /** Probability with which the span was kept, above 0 and at most 1; missing where nobody says (`formats/trace-state.ts`). */
  readonly probability?: number;
};

/** How many spans a backend may hand over at once, so that a huge trace never stands in memory as one array. */
export const BATCH_LIMIT = 5_000;
