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

function texts(attributes: Readonly<Record<string, AttributeValue>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(attributes).map(([key, value]) => [
      key,
      typeof value === 'object' ? JSON.stringify(value) : String(value),
    ]),
  );
}
