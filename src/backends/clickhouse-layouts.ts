/**
 * How a team's ClickHouse keeps spans. Every question is written for the columns of the OpenTelemetry exporter; another
 * layout is read through a SELECT that gives its columns those names, which ClickHouse looks through when it plans.
 */
export type Layout = {
  readonly name: string;
  /** Columns by which the layout is known, and without which it cannot be read. */
  readonly needed: readonly string[];
  /** What stands behind FROM. `columns` are those that the table has. */
  from(table: string, columns: ReadonlySet<string>): string;
  /** Whether a span failed, over the columns behind FROM (`formats/span-signs.ts` says the same of a span). */
  readonly failed: string;
  /** Where the tables are sorted by a coarse time before everything else: the column `Bucket`, in seconds, so long each. */
  readonly bucketSeconds?: number;
  /** Beside the table may stand one that knows from when to when a trace lasts; by its name behind the table's, or alone. */
  readonly index: { named(table: string): string; readonly id: string; readonly start: string; readonly end: string };
};

/** gRPC codes that blame the server, by name and by number. */
const CODES = "'UNKNOWN', 'DEADLINE_EXCEEDED', 'UNIMPLEMENTED', 'INTERNAL', 'UNAVAILABLE', 'DATA_LOSS'";
const CODE_NUMBERS = "'2', '4', '12', '13', '14', '15'";
const HTTP_STATUSES = ['http.response.status_code', 'http.status_code'];

/** A status says it outright; where it was left unset, attributes may. `texts` is the map that keeps texts. */
const failedBy = (status: string, texts: string, more: readonly string[] = []): string => {
  const signs = [
    `${texts}['error.type'] != ''`,
    ...HTTP_STATUSES.map((key) => `toUInt16OrZero(${texts}['${key}']) >= 500`),
    `${texts}['rpc.status_code'] IN (${CODES})`,
    `${texts}['rpc.grpc.status_code'] IN (${CODE_NUMBERS})`,
    ...more,
  ];
  return (
    `(${status} IN ('Error', 'STATUS_CODE_ERROR', 'ERROR') OR ` +
    `(${status} NOT IN ('Ok', 'STATUS_CODE_OK', 'OK') AND (${signs.join(' OR ')})))`
  );
};

/**
 * The Collector's ClickHouse exporter, also as ClickStack (HyperDX) makes it.
 * Source: opentelemetry-collector-contrib, exporter/clickhouseexporter.
 */
const exporter: Layout = {
  name: 'the layout of the OpenTelemetry exporter',
  needed: ['Timestamp', 'TraceId', 'SpanId', 'ParentSpanId', 'SpanAttributes', 'Events.Timestamp', 'Links.TraceId'],
  from: (table) => table,
  failed: failedBy('StatusCode', 'SpanAttributes'),
  index: { named: (table) => `${table}_trace_id_ts`, id: 'TraceId', start: 'Start', end: 'End' },
};

const LINKS = "arrayFilter(link -> JSONExtractString(link, 'refType') != 'CHILD_OF', JSONExtractArrayRaw(links))";

/** Over its own columns, so that a search which asks for no attribute need not put the maps together. */
const SIGNOZ_FAILED = failedBy('status_code_string', 'attributes_string', [
  ...HTTP_STATUSES.map((key) => `attributes_number['${key}'] >= 500`),
  `toString(attributes_number['rpc.grpc.status_code']) IN (${CODE_NUMBERS})`,
]);

/**
 * SigNoz since 0.6x, version 3 of its index: attributes in a map for each type, events as a list of JSON texts, links as one
 * JSON text that holds the parent as well. Source: SigNoz/signoz-otel-collector, exporter/clickhousetracesexporter.
 */
const signoz: Layout = {
  name: 'the layout of SigNoz',
  needed: [
    'timestamp',
    'trace_id',
    'span_id',
    'parent_span_id',
    'attributes_string',
    'resources_string',
    'events',
    'links',
  ],
  bucketSeconds: 1_800,
  failed: 'Failed',
  from: (table, columns) => {
    // The name of the service stands in a column of its own, which is indexed.
    const own = 'resource_string_service$$name';
    const service = columns.has(own) ? `\`${own}\`` : "resources_string['service.name']";
    const asTexts = (map: string) => `mapApply((key, value) -> (key, toString(value)), ${map})`;
    return `(SELECT timestamp AS Timestamp, trace_id AS TraceId, span_id AS SpanId, parent_span_id AS ParentSpanId,
  name AS SpanName, kind_string AS SpanKind, ${service} AS ServiceName, resources_string AS ResourceAttributes, '' AS ScopeName,
  mapConcat(${asTexts('attributes_string')}, ${asTexts('attributes_number')}, ${asTexts('attributes_bool')}) AS SpanAttributes,
  duration_nano AS Duration, status_code_string AS StatusCode, status_message AS StatusMessage,
  arrayMap(event -> fromUnixTimestamp64Nano(toInt64(JSONExtractUInt(event, 'timeUnixNano'))), events) AS \`Events.Timestamp\`,
  arrayMap(event -> JSONExtractString(event, 'name'), events) AS \`Events.Name\`,
  arrayMap(event -> JSONExtract(event, 'attributeMap', 'Map(String, String)'), events) AS \`Events.Attributes\`,
  arrayMap(link -> JSONExtractString(link, 'traceId'), ${LINKS}) AS \`Links.TraceId\`,
  arrayMap(link -> JSONExtractString(link, 'spanId'), ${LINKS}) AS \`Links.SpanId\`,
  arrayMap(link -> map('', ''), ${LINKS}) AS \`Links.Attributes\`,
  ts_bucket_start AS Bucket, ${SIGNOZ_FAILED} AS Failed
FROM ${table})`;
  },
  index: {
    named: (table) => (table.startsWith('distributed_') ? 'distributed_trace_summary' : 'trace_summary'),
    id: 'trace_id',
    start: 'start',
    end: 'end',
  },
};

/** Tables that are looked for where none is named, the first that is there wins. */
export const TABLES: readonly string[] = ['otel_traces', 'distributed_signoz_index_v3', 'signoz_index_v3'];

/** A layout, or what is wrong with the columns of a table that has none of those that are known. */
export function layoutOf(columns: ReadonlyMap<string, string>): Layout | string {
  const known = [exporter, signoz].find(({ needed }) => needed.every((name) => columns.has(name)));
  if (known === undefined) {
    const missing = exporter.needed.filter((name) => !columns.has(name));
    return `has another layout: it lacks ${missing.join(', ')}`;
  }
  const attributes = columns.get('SpanAttributes');
  if (attributes !== undefined && !attributes.startsWith('Map('))
    return 'keeps attributes as JSON, which is not read yet';
  return known;
}

/** Names of tables that may stand beside one and know how long a trace lasts. */
export function indexNames(table: string): readonly string[] {
  return [exporter, signoz].map(({ index }) => index.named(table));
}
