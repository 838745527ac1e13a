import type { SpanEvent, SpanKind, SpanLink, SpanRecord, SpanStatus } from '../model/span.ts';
import { AttributeBag, cut, LIMITS } from './attributes.ts';
import { spanIdOf, traceIdOf } from './ids.ts';
import { UNKNOWN_SERVICE } from './otlp-values.ts';
import type { SpanSink } from './reading.ts';
import { isObject, listOf, textOf } from './shape.ts';
import { kindOfTag } from './span-tags.ts';
import { microsOfNanos } from './times.ts';

/**
 * The columns that a row must be selected with: 64-bit numbers as texts, since ClickHouse writes them bare and JSON cannot
 * carry nanoseconds, and times as nanoseconds, since their text has no zone.
 * Source: opentelemetry-collector-contrib, exporter/clickhouseexporter, `otel_traces`.
 */
export const ROW_COLUMNS = [
  'TraceId',
  'SpanId',
  'ParentSpanId',
  'SpanName',
  'SpanKind',
  'ServiceName',
  'ResourceAttributes',
  'ScopeName',
  'SpanAttributes',
  'StatusCode',
  'StatusMessage',
  'toString(toUnixTimestamp64Nano(Timestamp)) AS Start',
  'toString(toUnixTimestamp64Nano(Timestamp) + Duration) AS Finish',
  'arrayMap(time -> toString(toUnixTimestamp64Nano(time)), `Events.Timestamp`) AS EventTimes',
  '`Events.Name` AS EventNames',
  '`Events.Attributes` AS EventAttributes',
  '`Links.TraceId` AS LinkTraceIds',
  '`Links.SpanId` AS LinkSpanIds',
  '`Links.Attributes` AS LinkAttributes',
] as const;

/** One row of `otel_traces`, selected with `ROW_COLUMNS` as JSONEachRow. Attributes are texts there, whatever they were. */
export function readClickHouseRow(row: unknown, sink: SpanSink): void {
  const record = isObject(row) ? spanOf(row) : 'is not an object';
  if (typeof record === 'string') sink.refuse(`a row ${record}`);
  else sink.span(record);
}

function spanOf(row: Readonly<Record<string, unknown>>): SpanRecord | string {
  const traceId = traceIdOf(row.TraceId);
  if (traceId === undefined) return 'has no valid TraceId';
  const spanId = spanIdOf(row.SpanId);
  if (spanId === undefined) return 'has no valid SpanId';
  const start = microsOfNanos(row.Start);
  if (start === undefined || start === 0) return 'has no valid Timestamp';
  const end = microsOfNanos(row.Finish);
  if (end === undefined) return 'has no valid Duration';
  const parentSpanId = spanIdOf(row.ParentSpanId);
  const kind = kindOfColumn(row.SpanKind);
  const statusMessage = textOf(row.StatusMessage);
  const scope = textOf(row.ScopeName);
  const service = cut(textOf(row.ServiceName) ?? UNKNOWN_SERVICE, LIMITS.name);
  return {
    traceId,
    spanId,
    parentSpanId,
    service,
    name: cut(textOf(row.SpanName) ?? '', LIMITS.name),
    kind,
    start,
    end,
    status: statusOfColumn(row.StatusCode),
    statusMessage: statusMessage === undefined ? undefined : cut(statusMessage, LIMITS.text),
    attributes: attributesOf(row.SpanAttributes, kind),
    resource: { 'service.name': service, ...attributesOf(row.ResourceAttributes, 'unspecified') },
    events: eventsOf(row, start),
    links: linksOf(row),
    scope,
  };
}

/** `Server` today, `SPAN_KIND_SERVER` before the exporter's 0.108. */
function kindOfColumn(value: unknown): SpanKind {
  return kindOfTag(String(value).replace(/^SPAN_KIND_/, ''));
}

/** `Error` today, `STATUS_CODE_ERROR` before. */
function statusOfColumn(value: unknown): SpanStatus {
  switch (
    String(value)
      .replace(/^STATUS_CODE_/, '')
      .toLowerCase()
  ) {
    case 'error':
      return 'error';
    case 'ok':
      return 'ok';
    default:
      return 'unset';
  }
}

/** Events are columns of lists of equal length, one entry each an event. */
function eventsOf(row: Readonly<Record<string, unknown>>, start: number): readonly SpanEvent[] {
  const [times, attributes] = [listOf(row.EventTimes), listOf(row.EventAttributes)];
  return listOf(row.EventNames)
    .slice(0, LIMITS.events)
    .map((name, index) => ({
      name: cut(String(name), LIMITS.name),
      time: microsOfNanos(times[index]) ?? start,
      attributes: attributesOf(attributes[index], 'unspecified'),
    }));
}

function linksOf(row: Readonly<Record<string, unknown>>): readonly SpanLink[] {
  const [spanIds, attributes] = [listOf(row.LinkSpanIds), listOf(row.LinkAttributes)];
  const links: SpanLink[] = [];
  for (const [index, id] of listOf(row.LinkTraceIds).slice(0, LIMITS.links).entries()) {
    const traceId = traceIdOf(id);
    const spanId = spanIdOf(spanIds[index]);
    if (traceId === undefined || spanId === undefined) continue;
    links.push({ traceId, spanId, attributes: attributesOf(attributes[index], 'unspecified') });
  }
  return links;
}

function attributesOf(map: unknown, kind: SpanKind): SpanRecord['attributes'] {
  const bag = new AttributeBag();
  for (const [key, value] of Object.entries(isObject(map) ? map : {})) {
    if (typeof value === 'string') bag.put(key, value);
  }
  return bag.finish(kind);
}
