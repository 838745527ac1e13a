import type { AttributeValue, SpanRecord } from '../../src/model/span.ts';

/** The exporter's tables (opentelemetry-collector-contrib, exporter/clickhouseexporter), without codecs and skip indexes. */
export const CLICKHOUSE_TABLES: readonly string[] = [
  'CREATE DATABASE IF NOT EXISTS otel',
  `CREATE TABLE otel.otel_traces (
    Timestamp DateTime64(9), TraceId String, SpanId String, ParentSpanId String, TraceState String,
    SpanName LowCardinality(String), SpanKind LowCardinality(String), ServiceName LowCardinality(String),
    ResourceAttributes Map(LowCardinality(String), String), ScopeName String, ScopeVersion String,
    SpanAttributes Map(LowCardinality(String), String), Duration UInt64, StatusCode LowCardinality(String),
    StatusMessage String,
    Events Nested (Timestamp DateTime64(9), Name LowCardinality(String), Attributes Map(LowCardinality(String), String)),
    Links Nested (TraceId String, SpanId String, TraceState String, Attributes Map(LowCardinality(String), String))
  ) ENGINE = MergeTree PARTITION BY toDate(Timestamp) ORDER BY (ServiceName, SpanName, toDateTime(Timestamp))`,
  `CREATE TABLE otel.otel_traces_trace_id_ts (TraceId String, Start DateTime, End DateTime)
   ENGINE = MergeTree PARTITION BY toDate(Start) ORDER BY (TraceId, Start)`,
  `CREATE MATERIALIZED VIEW otel.otel_traces_trace_id_ts_mv TO otel.otel_traces_trace_id_ts AS
   SELECT TraceId, min(Timestamp) AS Start, max(Timestamp) AS End FROM otel.otel_traces WHERE TraceId != '' GROUP BY TraceId`,
];

/** SigNoz' index and its summary of traces (signoz-otel-collector, schema migrator), without codecs and skip indexes. */
export const SIGNOZ_TABLES: readonly string[] = [
  'CREATE DATABASE IF NOT EXISTS signoz_traces',
  `CREATE TABLE signoz_traces.signoz_index_v3 (
    ts_bucket_start UInt64, resource_fingerprint String, timestamp DateTime64(9), trace_id FixedString(32), span_id String,
    trace_state String, parent_span_id String, flags UInt32, name LowCardinality(String), kind Int8, kind_string String,
    duration_nano UInt64, status_code Int16, status_message String, status_code_string String,
    attributes_string Map(LowCardinality(String), String), attributes_number Map(LowCardinality(String), Float64),
    attributes_bool Map(LowCardinality(String), Bool), resources_string Map(LowCardinality(String), String),
    events Array(String), links String, has_error Bool,
    resource_string_service$$name LowCardinality(String) DEFAULT resources_string['service.name']
  ) ENGINE = MergeTree PARTITION BY toDate(timestamp) ORDER BY (ts_bucket_start, resource_fingerprint, has_error, name, timestamp)`,
  `CREATE TABLE signoz_traces.trace_summary (
    trace_id String, start SimpleAggregateFunction(min, DateTime64(9)), end SimpleAggregateFunction(max, DateTime64(9)),
    num_spans SimpleAggregateFunction(sum, UInt64)
  ) ENGINE = AggregatingMergeTree PARTITION BY toDate(end) ORDER BY trace_id`,
  `CREATE MATERIALIZED VIEW signoz_traces.trace_summary_mv TO signoz_traces.trace_summary AS
   SELECT trace_id, min(timestamp) AS start, max(timestamp) AS end, toUInt64(count()) AS num_spans
   FROM signoz_traces.signoz_index_v3 GROUP BY trace_id`,
];

const KINDS = {
  unspecified: 'Unspecified',
  internal: 'Internal',
  server: 'Server',
  client: 'Client',
  producer: 'Producer',
  consumer: 'Consumer',
} as const;
const STATUSES = { unset: 'Unset', ok: 'Ok', error: 'Error' } as const;

/** An INSERT with the rows that the exporter would write. */
export function insertOf(spans: readonly SpanRecord[]): string {
  const rows = spans.map((span) => ({
    Timestamp: `${span.start}000`,
    TraceId: span.traceId,
    SpanId: span.spanId,
    ParentSpanId: span.parentSpanId ?? '',
    TraceState: '',
    SpanName: span.name,
    SpanKind: KINDS[span.kind],
    ServiceName: span.service,
    ResourceAttributes: texts(span.resource),
    ScopeName: span.scope ?? '',
    ScopeVersion: '',
    SpanAttributes: texts(span.attributes),
    Duration: `${span.end - span.start}000`,
    StatusCode: STATUSES[span.status],
    StatusMessage: span.statusMessage ?? '',
    'Events.Timestamp': span.events.map((event) => `${event.time}000`),
    'Events.Name': span.events.map((event) => event.name),
    'Events.Attributes': span.events.map((event) => texts(event.attributes)),
    'Links.TraceId': span.links.map((link) => link.traceId),
    'Links.SpanId': span.links.map((link) => link.spanId),
    'Links.TraceState': span.links.map(() => ''),
    'Links.Attributes': span.links.map((link) => texts(link.attributes)),
  }));
  return `INSERT INTO otel.otel_traces FORMAT JSONEachRow\n${rows.map((row) => JSON.stringify(row)).join('\n')}`;
}

const KIND_NUMBERS = { unspecified: 0, internal: 1, server: 2, client: 3, producer: 4, consumer: 5 } as const;
const STATUS_NUMBERS = { unset: 0, ok: 1, error: 2 } as const;

/** An INSERT with the rows that SigNoz' exporter would write. */
export function insertIntoSigNoz(spans: readonly SpanRecord[]): string {
  const rows = spans.map((span) => ({
    ts_bucket_start: Math.floor(span.start / 1_800_000_000) * 1_800,
    resource_fingerprint: `service.name=${span.service}`,
    timestamp: `${span.start}000`,
    trace_id: span.traceId,
    span_id: span.spanId,
    trace_state: '',
    parent_span_id: span.parentSpanId ?? '',
    flags: 0,
    name: span.name,
    kind: KIND_NUMBERS[span.kind],
    kind_string: KINDS[span.kind],
    duration_nano: `${span.end - span.start}000`,
    status_code: STATUS_NUMBERS[span.status],
    status_message: span.statusMessage ?? '',
    status_code_string: STATUSES[span.status],
    attributes_string: texts(
      ofType(span.attributes, (value) => typeof value === 'string' || typeof value === 'object'),
    ),
    attributes_number: ofType(span.attributes, (value) => typeof value === 'number'),
    attributes_bool: ofType(span.attributes, (value) => typeof value === 'boolean'),
    resources_string: texts({ 'service.name': span.service, ...span.resource }),
    events: span.events.map(
      ({ name, time, attributes }) =>
        // A 64-bit number as Go writes it, bare.
        `{"name":${JSON.stringify(name)},"timeUnixNano":${time}000,"attributeMap":${JSON.stringify(texts(attributes))}}`,
    ),
    links: JSON.stringify([
      { traceId: span.traceId, spanId: span.parentSpanId ?? '', refType: 'CHILD_OF' },
      ...span.links.map(({ traceId, spanId }) => ({ traceId, spanId, refType: 'FOLLOWS_FROM' })),
    ]),
    has_error: span.status === 'error',
  }));
  return `INSERT INTO signoz_traces.signoz_index_v3 FORMAT JSONEachRow\n${rows.map((row) => JSON.stringify(row)).join('\n')}`;
}

function ofType(
  attributes: Readonly<Record<string, AttributeValue>>,
  wanted: (value: AttributeValue) => boolean,
): Readonly<Record<string, AttributeValue>> {
  return Object.fromEntries(Object.entries(attributes).filter(([, value]) => wanted(value)));
}

function texts(attributes: Readonly<Record<string, AttributeValue>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(attributes).map(([key, value]) => [
      key,
      typeof value === 'object' ? JSON.stringify(value) : String(value),
    ]),
  );
}
