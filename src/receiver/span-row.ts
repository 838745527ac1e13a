import type { SQLOutputValue } from 'node:sqlite';
import type { Attributes, SpanEvent, SpanKind, SpanLink, SpanRecord, SpanStatus } from '../model/span.ts';

const KINDS: readonly SpanKind[] = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'];
const STATUSES: readonly SpanStatus[] = ['unset', 'ok', 'error'];

/** What of a span is not a column, in this order, with 0 for what is missing. */
type Body = readonly [
  spanId: string,
  parentSpanId: string | 0,
  kind: number,
  status: number,
  statusMessage: string | 0,
  attributes: Attributes,
  events: readonly SpanEvent[] | 0,
  links: readonly SpanLink[] | 0,
  scope: string | 0,
  /** Rows that were written before it was read end here. */
  probability?: number,
];

/** The JSON text of a span row. A list rather than an object: the names would be a third of it. */
export function encodeBody(span: SpanRecord): string {
  const body = [
    span.spanId,
    span.parentSpanId ?? 0,
    KINDS.indexOf(span.kind),
    STATUSES.indexOf(span.status),
    span.statusMessage ?? 0,
    span.attributes,
    span.events.length === 0 ? 0 : span.events,
    span.links.length === 0 ? 0 : span.links,
    span.scope ?? 0,
  ] as const satisfies Body;
  return JSON.stringify(span.probability === undefined ? body : [...body, span.probability]);
}

/** Only the attributes, for searches. */
export function attributesOfBody(text: string): Attributes {
  return parseBody(text)[5];
}

/** What stands in the columns of a span, as the query of `trace-reader.ts` names them. */
export type SpanColumns = {
  readonly traceId: string;
  readonly service: string;
  readonly name: string;
  readonly start: number;
  readonly end: number;
  readonly resource: Attributes;
};

export function decodeSpan(columns: SpanColumns, text: string): SpanRecord {
  const [spanId, parent, kind, status, message, attributes, events, links, scope, probability] = parseBody(text);
  return {
    traceId: columns.traceId,
    spanId,
    ...(parent === 0 ? undefined : { parentSpanId: parent }),
    service: columns.service,
    name: columns.name,
    kind: KINDS[kind] ?? 'unspecified',
    start: columns.start,
    end: columns.end,
    status: STATUSES[status] ?? 'unset',
    ...(message === 0 ? undefined : { statusMessage: message }),
    attributes,
    resource: columns.resource,
    events: events === 0 ? [] : events,
    links: links === 0 ? [] : links,
    ...(scope === 0 ? undefined : { scope }),
    ...(probability === undefined ? undefined : { probability }),
  };
}

/** What `encodeBody` wrote, and nobody else: the file is ours alone. */
function parseBody(text: string): Body {
  const body: Body = JSON.parse(text);
  return body;
}

/** One value of a row, which SQLite's STRICT tables promise to be of that type. */
export function integer(value: SQLOutputValue | undefined): number {
  if (typeof value !== 'number') throw new TypeError(`A column that should hold an integer holds ${typeof value}`);
  return value;
}

export function text(value: SQLOutputValue | undefined): string {
  if (typeof value !== 'string') throw new TypeError(`A column that should hold a text holds ${typeof value}`);
  return value;
}
