import { BATCH_LIMIT, type SpanRecord } from '../model/span.ts';
import { type EpochMicros, type Micros, SECOND, type TraceId } from '../model/units.ts';
import { type Clock, systemClock } from '../ports/clock.ts';

/** Some 30 MB; an investigation reads about as many. */
const SPAN_LIMIT = 20_000;
/** Spans that come late must be seen when a trace is read again, so nothing is believed for long. */
const BELIEVED_FOR: Micros = 20 * SECOND;

type Get = (traceId: TraceId, signal: AbortSignal) => Promise<readonly (readonly SpanRecord[])[]>;
type Kept = { readonly spans: SpanRecord[]; readonly at: EpochMicros };

/** What one answer brought; it counts once the answer is complete. */
export type Staged = { add(spans: readonly SpanRecord[]): void; commit(): void };

/**
 * Whole traces that a search has just brought, for stores whose searches answer with whole traces: whoever fetches them
 * right afterwards, as every investigation does, costs the store nothing more.
 */
export class RecentTraces {
  readonly #clock: Clock;
  readonly #traces = new Map<TraceId, Kept>();
  #spans = 0;

  constructor(clock: Clock = systemClock) {
    this.#clock = clock;
  }

  /** An answer breaks off and is read again: each attempt stages anew. */
  stage(): Staged {
    const staged = new Map<TraceId, SpanRecord[]>();
    let size = 0;
    return {
      add: (spans) => {
        size += spans.length;
        if (size > SPAN_LIMIT) staged.clear();
        else for (const span of spans) listAt(staged, span.traceId).push(span);
      },
      commit: () => {
        if (size > SPAN_LIMIT) return;
        for (const [traceId, spans] of staged) this.#keep(traceId, spans);
      },
    };
  }

  /** The spans of the trace as they were moments ago; undefined when it must be fetched. */
  recall(traceId: TraceId): readonly SpanRecord[] | undefined {
    const kept = this.#traces.get(traceId);
    if (kept === undefined) return undefined;
    if (this.#clock.now() - kept.at <= BELIEVED_FOR) return kept.spans;
    this.#forget(traceId);
    return undefined;
  }

  /** Asks here first, then the store. */
  before(get: Get): Get {
    return async (traceId, signal) => {
      signal.throwIfAborted();
      const spans = this.recall(traceId);
      if (spans === undefined) return get(traceId, signal);
      return Array.from({ length: Math.ceil(spans.length / BATCH_LIMIT) }, (_, batch) =>
        spans.slice(batch * BATCH_LIMIT, (batch + 1) * BATCH_LIMIT),
      );
    };
  }

  #keep(traceId: TraceId, spans: SpanRecord[]): void {
    this.#forget(traceId);
    this.#traces.set(traceId, { spans, at: this.#clock.now() });
    this.#spans += spans.length;
    while (this.#spans > SPAN_LIMIT) {
      const oldest = this.#traces.keys().next().value;
      if (oldest === undefined) return;
      this.#forget(oldest);
    }
  }

  #forget(traceId: TraceId): void {
    this.#spans -= this.#traces.get(traceId)?.spans.length ?? 0;
    this.#traces.delete(traceId);
  }
}

function listAt(staged: Map<TraceId, SpanRecord[]>, traceId: TraceId): SpanRecord[] {
  const known = staged.get(traceId);
  if (known !== undefined) return known;
  const list: SpanRecord[] = [];
  staged.set(traceId, list);
  return list;
}
