import type { AttributeValue, SpanEvent, SpanKind, SpanLink, SpanStatus } from './span.ts';
import type { EpochMicros, Micros, SpanId, TraceId } from './units.ts';

/**
 * Spans of one trace or of ten thousand, as columns: one entry a span in every column, the spans of a trace in one run of
 * rows, and inside a trace parents before their children (siblings by start, then end, then span id). The order is
 * depth-first, so a span and all its descendants stand in one run of rows too. Traces stand by their earliest start, then
 * by id. The same spans give the same table, however they arrive.
 *
 * ```
 *   row      0        1       2      │ 3        4
 *   trace    ├─── trace 0 ──────────┤│├─ trace 1 ──┤
 *   parent  −1        0       1      │−1        3
 * ```
 *
 * Algorithms in `trace/` take a table and a trace's ordinal, so each exists once and serves the single trace of `/trace`
 * and the population of an alert alike. A table is built by `trace/build.ts` only and never changes afterwards.
 */
export type SpanTable = {
  /** Number of spans. */
  readonly size: number;
  /** Number of traces. */
  readonly traces: number;
  /** Start and end columns count from here, which keeps them small and exact. */
  readonly epoch: EpochMicros;

  /** Row of each trace's first span; one entry more than there are traces, so trace t is rows [first[t], first[t+1]). */
  readonly first: Int32Array;
  readonly traceIds: readonly TraceId[];
  /** `Population` codes, one a trace: a trace handed over as both is a suspect. */
  readonly population: Uint8Array;
  /** Probability with which each trace was kept, as its root says; 0 where none is known. */
  readonly probability: Float64Array;

  /** Row of the parent span, −1 for a root and for an orphan. */
  readonly parent: Int32Array;
  /** Raw times in microseconds since `epoch`; end ≥ start always holds (a negative duration is mended to zero and listed). */
  readonly start: Float64Array;
  readonly end: Float64Array;
  /** `Kind` codes below. */
  readonly kind: Uint8Array;
  /** Bits of `Flag` below. */
  readonly flags: Uint8Array;
  /** Dictionary ids: the service, the normalised operation (`GET /cart/{id}`), and the call path from the root. */
  readonly service: Int32Array;
  readonly operation: Int32Array;
  readonly path: Int32Array;
  /** Rows of one resource (one process, mostly) have one number, from 0 in the order of rows; not a text id. */
  readonly resourceOf: Int32Array;

  /** Children of row r: `children[childrenFrom[r]] … children[childrenFrom[r+1] − 1]`, by start. */
  readonly childrenFrom: Int32Array;
  readonly children: Int32Array;

  /** Id → text. A path reads `gateway server POST /orders > orders client SELECT orders`, from the root. */
  text(id: number): string;
  /** Text → id, −1 when no span of the table has the text as its service or its operation. Paths are found by their rows. */
  id(text: string): number;
  /** The path without its last step, −1 for the path of a root. */
  parentPath(path: number): number;
  spanId(row: number): SpanId;
  /** The span's name as it was recorded. */
  name(row: number): string;
  /** Number of that name: equal names have equal ones, so that what is found out about a name is found out once; not a text id. */
  nameId(row: number): number;
  attribute(row: number, key: string): AttributeValue | undefined;
  resource(row: number, key: string): AttributeValue | undefined;
  /** Whether any span, event or resource of the table has an attribute of the key; where none has, no row need be asked. */
  carries(key: string): boolean;
  /** Every attribute key of the span (`scope: 'span'`) or of its resource; spans of the same keys mostly share one array. */
  keys(row: number, scope: 'span' | 'resource'): readonly string[];
  status(row: number): SpanStatus;
  statusMessage(row: number): string | undefined;
  /** Name of the instrumentation scope. */
  scope(row: number): string | undefined;
  events(row: number): readonly SpanEvent[];
  /** The names of all events of the table, each once. */
  eventNames(): readonly string[];
  links(row: number): readonly SpanLink[];

  /** What was mended while building, by trace ordinal. A trace that needed nothing has no entry. */
  readonly repairs: ReadonlyMap<number, readonly Repair[]>;
};

/** One trace of a table. */
export type Trace = {
  readonly table: SpanTable;
  readonly ordinal: number;
  readonly traceId: TraceId;
  /** Rows [from, to). */
  readonly from: number;
  readonly to: number;
  readonly repairs: readonly Repair[];
};

/** What was wrong with the data and how it was mended. An incomplete trace is evidence about the evidence. */
export type Repair =
  | { readonly kind: 'orphan'; readonly spanId: SpanId; readonly missingParent: SpanId }
  | { readonly kind: 'duplicate'; readonly spanId: SpanId; readonly copies: number }
  | { readonly kind: 'cycle'; readonly spanId: SpanId }
  | { readonly kind: 'shared-id'; readonly spanId: SpanId; readonly renamed: SpanId }
  /** No number, before 1970, or more than a year away from the rest of the trace: the span stands at its parent's start. */
  | { readonly kind: 'bad-time'; readonly spanId: SpanId }
  | { readonly kind: 'negative-duration'; readonly spanId: SpanId; readonly by: Micros }
  | {
      readonly kind: 'skew';
      readonly from: string;
      readonly to: string;
      readonly offset: Micros;
      readonly uncertainty: Micros;
    }
  | { readonly kind: 'truncated'; readonly kept: number; readonly dropped: number };

/** Codes of the `population` column. */
export const Population = { suspect: 0, baseline: 1 } as const;

/** Codes of the `kind` column, in OTLP's own numbering. */
export const Kind = {
  unspecified: 0,
  internal: 1,
  server: 2,
  client: 3,
  producer: 4,
  consumer: 5,
} as const satisfies Record<SpanKind, number>;

/** Bits of the `flags` column. */
export const Flag = {
  /** Status ERROR, or an attribute that says the same (`error.type`, HTTP ≥ 500 on a server …): reference section 3.1. */
  error: 1,
  /** Its parent id names a span that is not in the trace. */
  orphan: 2,
  /** Its work went on while its parent did not wait for it (consumer, or starts after the parent's end). */
  detached: 4,
  /** It carries span events. */
  events: 8,
  /** It carries links. */
  links: 16,
} as const;

/** A piece of the critical path: the span that the requester waited for between two moments (µs since the table's epoch). */
export type Section = { readonly row: number; readonly start: number; readonly end: number };
