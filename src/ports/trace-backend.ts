import type { SpanRecord } from '../model/span.ts';
import type { EpochMicros, Micros, SpanId, TraceId } from '../model/units.ts';

/** Which traces to look for. Every given member must hold for one span of the trace. */
export type TraceQuery = {
  readonly service?: string;
  readonly operation?: string;
  readonly from: EpochMicros;
  readonly to: EpochMicros;
  /** Only traces with a span in error. */
  readonly errors?: boolean;
  readonly minDuration?: Micros;
  readonly attributes?: Readonly<Record<string, string>>;
  readonly order: 'latest' | 'slowest';
  readonly limit: number;
};

export type TraceHit = {
  readonly traceId: TraceId;
  readonly start: EpochMicros;
  readonly duration: Micros;
  readonly error: boolean;
  /** Name of the trace's first span, where the backend tells: what the request asked for. */
  readonly entry?: string;
};

export type BackendHealth = { readonly ok: boolean; readonly detail: string; readonly hint?: string };

/**
 * Told what is missing from an answer that is given all the same, in words for a person: "The traces of Tempo at … are
 * missing: it does not answer". Whoever hands one in must show it; without one, an answer that lacks whole traces is a failure,
 * and a trace that the backend itself has cut comes as it is.
 */
export type Missing = (note: string) => void;

/** Where traces come from. Failures are `Failure`s; an abort rejects with the signal's reason. */
export interface TraceBackend {
  /** For messages, as `Jaeger at http://127.0.0.1:16686`. */
  readonly title: string;
  /** All stored spans of the traces, in batches of at most `BATCH_LIMIT`; unknown ids are simply not there. */
  fetch(traceIds: readonly TraceId[], signal: AbortSignal, missing?: Missing): AsyncIterable<readonly SpanRecord[]>;
  search(query: TraceQuery, signal: AbortSignal, missing?: Missing): Promise<readonly TraceHit[]>;
  /** Every `service.name` seen in the window, sorted. */
  services(from: EpochMicros, to: EpochMicros, signal: AbortSignal, missing?: Missing): Promise<readonly string[]>;
  /** A page where a person sees the trace or the span; undefined where the backend has no pages. */
  linkTo(traceId: TraceId, spanId?: SpanId): string | undefined;
  check(signal: AbortSignal): Promise<BackendHealth>;
}
