import { carries, showsError, wantedAttributes } from '../formats/span-signs.ts';
import type { SpanRecord } from '../model/span.ts';
import type { EpochMicros, Micros, TraceId } from '../model/units.ts';
import type { TraceHit, TraceQuery } from '../ports/trace-backend.ts';

type Found = {
  start: EpochMicros;
  end: EpochMicros;
  error: boolean;
  longestMatch: Micros | undefined;
  /** Of the root, or of whoever began first where the root is missing. */
  entry: string;
  entryStart: EpochMicros;
};

/**
 * Judges spans against a query and remembers about 200 bytes a trace, for backends that answer a search with whole traces:
 * what they let through too generously ends here. Spans may come in any order and more than once.
 */
export class FoundTraces {
  readonly #query: TraceQuery;
  readonly #wanted: ReturnType<typeof wantedAttributes>;
  readonly #folded: boolean;
  readonly #traces = new Map<TraceId, Found>();

  /** `folded` where the store keeps names in lower case. */
  constructor(query: TraceQuery, names: 'exact' | 'folded' = 'exact') {
    this.#folded = names === 'folded';
    this.#query = this.#folded ? lowered(query) : query;
    this.#wanted = wantedAttributes(query.attributes);
  }

  add(spans: readonly SpanRecord[]): void {
    for (const span of spans) {
      const error = showsError(span);
      const end = Math.max(span.start, span.end);
      const match = this.#matches(span, error) ? end - span.start : undefined;
      const known = this.#traces.get(span.traceId);
      if (known === undefined) {
        const entryStart = entryStartOf(span);
        this.#traces.set(span.traceId, {
          start: span.start,
          end,
          error,
          longestMatch: match,
          entry: span.name,
          entryStart,
        });
        continue;
      }
      if (entryStartOf(span) < known.entryStart) {
        known.entry = span.name;
        known.entryStart = entryStartOf(span);
      }
      known.start = Math.min(known.start, span.start);
      known.end = Math.max(known.end, end);
      known.error ||= error;
      if (match !== undefined) known.longestMatch = Math.max(known.longestMatch ?? 0, match);
    }
  }

  /** Traces that were met, whether they match or not. */
  get size(): number {
    return this.#traces.size;
  }

  /** Lengths of the longest matching span of each trace, ascending. */
  get matchLengths(): readonly Micros[] {
    const lengths: Micros[] = [];
    for (const { longestMatch } of this.#traces.values()) if (longestMatch !== undefined) lengths.push(longestMatch);
    return lengths.sort((left, right) => left - right);
  }

  get hits(): readonly TraceHit[] {
    const hits: TraceHit[] = [];
    for (const [traceId, { start, end, error, longestMatch, entry }] of this.#traces) {
      if (longestMatch !== undefined) hits.push({ traceId, start, duration: end - start, error, entry });
    }
    return ranked(hits, this.#query);
  }

  #matches(span: SpanRecord, error: boolean): boolean {
    const query = this.#query;
    if (span.start < query.from || span.start > query.to) return false;
    if (query.service !== undefined && this.#name(span.service) !== query.service) return false;
    if (query.operation !== undefined && this.#name(span.name) !== query.operation) return false;
    if (query.errors === true && !error) return false;
    if (query.minDuration !== undefined && span.end - span.start < query.minDuration) return false;
    return carries(span.attributes, span.resource, this.#wanted);
  }

  #name(name: string): string {
    return this.#folded ? name.toLowerCase() : name;
  }
}

/** A root comes before everybody else, whatever the clocks say. */
const entryStartOf = ({ parentSpanId, start }: SpanRecord): EpochMicros =>
  parentSpanId === undefined ? start - 1e15 : start;

/** The first `limit` hits in the order that the query asks for. */
export function ranked(hits: readonly TraceHit[], { order, limit }: TraceQuery): readonly TraceHit[] {
  const byOrder = (left: TraceHit, right: TraceHit): number =>
    (order === 'latest' ? right.start - left.start : right.duration - left.duration) ||
    (left.traceId < right.traceId ? -1 : 1);
  return hits.toSorted(byOrder).slice(0, Math.max(0, limit));
}

function lowered(query: TraceQuery): TraceQuery {
  const { service, operation } = query;
  return {
    ...query,
    ...(service === undefined ? {} : { service: service.toLowerCase() }),
    ...(operation === undefined ? {} : { operation: operation.toLowerCase() }),
  };
}
