import { Failure } from '../failure.ts';
import type { Attributes, SpanEvent, SpanLink, SpanRecord } from '../model/span.ts';
import type { SpanId, TraceId } from '../model/units.ts';
import { AttributeBag, cut, LIMITS, numberOrText } from './attributes.ts';
import { spanIdOf, traceIdOf } from './ids.ts';
import { UNKNOWN_SERVICE } from './otlp-values.ts';
import type { SpanSink } from './reading.ts';
import { isObject, listOf, textOf } from './shape.ts';
import { FIELD_TAGS, kindOfTag, statusOfTags, TRACE_STATE } from './span-tags.ts';
import { wholeMicros } from './times.ts';
import { probabilityOf } from './trace-state.ts';

/**
 * Reads what Jaeger's own page downloads and its v1 API answers: `{"data": [trace, …]}`. Bad spans are refused to the sink
 * and the rest kept; a document of another shape throws a `Failure` of kind `bad-input`.
 * Source: jaegertracing/jaeger model/json and the OTLP → Jaeger mapping of the Collector's translator.
 */
export function readJaegerJson(document: unknown, sink: SpanSink): void {
  if (!isObject(document) || !('data' in document)) throw notJaeger('there is no data');
  let index = 0;
  for (const trace of listOf(document.data)) {
    readJaegerTrace(trace, `data[${index}]`, sink);
    index += 1;
  }
}

/** One trace: `{traceID, spans, processes}`; `path` is where it stands, for messages. */
export function readJaegerTrace(trace: unknown, path: string, sink: SpanSink): void {
  if (!isObject(trace) || !Array.isArray(trace.spans)) throw notJaeger(`${path} has no list of spans`);
  const processes = new Map<string, Process>();
  for (const [id, process] of Object.entries(isObject(trace.processes) ? trace.processes : {})) {
    processes.set(id, processOf(process));
  }
  let index = 0;
  for (const span of trace.spans) {
    const record = spanOf(span, processes);
    if (typeof record === 'string') sink.refuse(`${path}.spans[${index}] ${record}`);
    else sink.span(record);
    index += 1;
  }
}

type Process = { readonly service: string; readonly resource: Attributes };

function processOf(process: unknown): Process {
  if (!isObject(process)) return { service: UNKNOWN_SERVICE, resource: {} };
  const service = cut(textOf(process.serviceName) ?? UNKNOWN_SERVICE, LIMITS.name);
  const bag = new AttributeBag();
  bag.put('service.name', service);
  for (const tag of listOf(process.tags)) putTag(bag, tag);
  return { service, resource: bag.finish('unspecified') };
}

/** The record, or why there is none. */
function spanOf(span: unknown, processes: ReadonlyMap<string, Process>): SpanRecord | string {
  if (!isObject(span)) return 'is not an object';
  const traceId = traceIdOf(span.traceID);
  if (traceId === undefined) return 'has no valid traceID';
  const spanId = spanIdOf(span.spanID);
  if (spanId === undefined) return 'has no valid spanID';
  const start = wholeMicros(span.startTime);
  if (start === undefined || start === 0) return 'has no valid startTime';
  const duration = wholeMicros(span.duration ?? 0);
  if (duration === undefined || !Number.isSafeInteger(start + duration)) return 'has no valid duration';

  const inline = isObject(span.process) ? processOf(span.process) : undefined;
  const process = inline ?? processes.get(String(span.processID)) ?? processOf(undefined);
  const tags = new AttributeBag();
  for (const tag of listOf(span.tags)) putTag(tags, tag);
  const kind = kindOfTag(tags.get('span.kind'));
  const { status, message } = statusOfTags(tags);
  const probability = probabilityOf(tags.get(TRACE_STATE));
  const { parent, links } = relativesOf(span, traceId);
  const scope = tags.get('otel.scope.name') ?? tags.get('otel.library.name');
  return {
    traceId,
    spanId,
    parentSpanId: parent,
    service: process.service,
    name: cut(textOf(span.operationName) ?? '', LIMITS.name),
    kind,
    start,
    end: start + duration,
    status,
    statusMessage: message,
    attributes: withoutFields(tags.finish(kind)),
    resource: process.resource,
    events: eventsOf(span.logs, start),
    links,
    scope: typeof scope === 'string' ? scope : undefined,
    probability,
  };
}

/**
 * Jaeger knows references only, so that a link to another trace and the parent stand in one list. The parent is the first
 * CHILD_OF within the same trace, else the first FOLLOWS_FROM within it, else the deprecated `parentSpanID`; whatever else
 * is in the list is a link.
 */
function relativesOf(
  span: Readonly<Record<string, unknown>>,
  traceId: TraceId,
): { readonly parent: SpanId | undefined; readonly links: readonly SpanLink[] } {
  const references: { readonly type: string; readonly traceId: TraceId; readonly spanId: SpanId }[] = [];
  for (const reference of listOf(span.references).slice(0, LIMITS.links + 1)) {
    if (!isObject(reference)) continue;
    const otherTrace = traceIdOf(reference.traceID) ?? traceId;
    const otherSpan = spanIdOf(reference.spanID);
    if (otherSpan !== undefined) {
      references.push({ type: String(reference.refType), traceId: otherTrace, spanId: otherSpan });
    }
  }
  const near = references.filter((reference) => reference.traceId === traceId);
  const chosen = near.find((reference) => reference.type === 'CHILD_OF') ?? near[0];
  return {
    parent: chosen?.spanId ?? spanIdOf(span.parentSpanID),
    links: references
      .filter((reference) => reference !== chosen)
      .map((reference) => ({ traceId: reference.traceId, spanId: reference.spanId, attributes: {} })),
  };
}

function eventsOf(logs: unknown, start: number): readonly SpanEvent[] {
  const events: SpanEvent[] = [];
  for (const log of listOf(logs).slice(0, LIMITS.events)) {
    if (!isObject(log)) continue;
    const fields = new AttributeBag();
    for (const field of listOf(log.fields)) putTag(fields, field);
    const name = fields.get('event') ?? fields.get('message') ?? 'log';
    const { event: _, ...attributes } = fields.finish('unspecified');
    events.push({ name: cut(String(name), LIMITS.name), time: wholeMicros(log.timestamp) ?? start, attributes });
  }
  return events;
}

/** Values carry their type beside them; 64-bit integers come as texts when they are large. */
function putTag(bag: AttributeBag, tag: unknown): void {
  if (!isObject(tag) || typeof tag.key !== 'string') return;
  const { key, type, value } = tag;
  if (typeof value === 'number') bag.put(key, numberOrText(value));
  else if (typeof value === 'boolean') bag.put(key, value);
  else if (typeof value === 'string') {
    if (type === 'int64' || type === 'float64') bag.put(key, numberOrText(value));
    else if (type === 'bool') bag.put(key, value === 'true');
    else bag.put(key, value);
  }
}

function withoutFields(attributes: Attributes): Attributes {
  const kept: Record<string, Attributes[string]> = {};
  for (const [key, value] of Object.entries(attributes)) if (!FIELD_TAGS.has(key)) kept[key] = value;
  return kept;
}

function notJaeger(what: string): Failure {
  return new Failure('bad-input', `This is not a Jaeger trace: ${what}.`, 'Use the JSON that Jaeger downloads.');
}
