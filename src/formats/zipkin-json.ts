import { Failure } from '../failure.ts';
import type { SpanEvent, SpanKind, SpanRecord } from '../model/span.ts';
import { AttributeBag, cut, LIMITS } from './attributes.ts';
import { spanIdOf, traceIdOf } from './ids.ts';
import { UNKNOWN_SERVICE } from './otlp-values.ts';
import type { SpanSink } from './reading.ts';
import { isObject, listOf, textOf } from './shape.ts';
import { FIELD_TAGS, kindOfTag, partResource, statusOfTags, TRACE_STATE } from './span-tags.ts';
import { wholeMicros } from './times.ts';
import { probabilityOf } from './trace-state.ts';

/**
 * Reads Zipkin v2: a list of spans (one trace), or a list of such lists (a search). Both halves of a call may carry the
 * same span id (`shared`); they stay two records with one id, which `trace/build.ts` tells apart and mends visibly.
 * Bad spans are refused to the sink; a document that is no list throws a `Failure` of kind `bad-input`.
 * Source: openzipkin/zipkin-api zipkin2-api.yaml.
 */
export function readZipkinJson(document: unknown, sink: SpanSink): void {
  if (!Array.isArray(document)) {
    throw new Failure('bad-input', 'This is not a Zipkin trace: it is no list.', 'Use the JSON of /api/v2/trace/{id}.');
  }
  for (const [index, entry] of document.entries()) readZipkinEntry(entry, `[${index}]`, sink);
}

/** One span, or one trace as a list of spans; `path` is where it stands, for messages. */
export function readZipkinEntry(entry: unknown, path: string, sink: SpanSink): void {
  for (const [index, span] of Array.isArray(entry) ? entry.entries() : [[undefined, entry] as const]) {
    const record = spanOf(span);
    if (typeof record !== 'string') sink.span(record);
    else sink.refuse(`${index === undefined ? path : `${path}[${index}]`} ${record}`);
  }
}

/** The record, or why there is none. */
function spanOf(span: unknown): SpanRecord | string {
  if (!isObject(span)) return 'is not an object';
  const traceId = traceIdOf(span.traceId);
  if (traceId === undefined) return 'has no valid traceId';
  const spanId = spanIdOf(span.id);
  if (spanId === undefined) return 'has no valid id';
  const start = wholeMicros(span.timestamp) ?? firstAnnotation(span.annotations);
  if (start === undefined || start === 0) return 'has neither a timestamp nor an annotation with one';
  const duration = wholeMicros(span.duration ?? 0);
  if (duration === undefined || !Number.isSafeInteger(start + duration)) return 'has no valid duration';

  const local = isObject(span.localEndpoint) ? span.localEndpoint : {};
  const service = cut(textOf(local.serviceName) ?? UNKNOWN_SERVICE, LIMITS.name);
  const kind: SpanKind = span.kind === undefined ? 'unspecified' : kindOfTag(span.kind);
  const tags = new AttributeBag();
  for (const [key, value] of Object.entries(isObject(span.tags) ? span.tags : {})) {
    if (typeof value === 'string') tags.put(key, value);
  }
  const { status, message } = statusOfTags(tags);
  const probability = probabilityOf(tags.get(TRACE_STATE));
  putRemote(tags, span.remoteEndpoint, kind);
  const { attributes, resource } = partResource(tags.finish(kind));
  const parentSpanId = spanIdOf(span.parentId);
  const scope = attributes['otel.scope.name'];
  return {
    traceId,
    spanId,
    parentSpanId,
    service,
    name: cut(textOf(span.name) ?? '', LIMITS.name),
    kind,
    start,
    end: start + duration,
    status,
    statusMessage: message,
    attributes: Object.fromEntries(Object.entries(attributes).filter(([key]) => !FIELD_TAGS.has(key))),
    resource: { ...resource, 'service.name': service },
    events: eventsOf(span.annotations),
    links: [],
    scope: typeof scope === 'string' ? scope : undefined,
    probability,
  };
}

/** Who was called, or who called: the other end's name and address, unless the tags say so themselves. */
function putRemote(tags: AttributeBag, endpoint: unknown, kind: SpanKind): void {
  if (!isObject(endpoint)) return;
  const receives = kind === 'server' || kind === 'consumer';
  const name = textOf(endpoint.serviceName);
  if (name !== undefined) tags.put(receives ? 'client.service.name' : 'server.service.name', name);
  const address = textOf(endpoint.ipv4) ?? textOf(endpoint.ipv6);
  if (address !== undefined && tags.get('network.peer.address') === undefined)
    tags.put('network.peer.address', address);
  if (typeof endpoint.port === 'number') tags.put('network.peer.port', endpoint.port);
}

/** Headless halves of a call may come without a timestamp; their first annotation is the best that is known. */
function firstAnnotation(annotations: unknown): number | undefined {
  let first: number | undefined;
  for (const annotation of listOf(annotations)) {
    const time = isObject(annotation) ? wholeMicros(annotation.timestamp) : undefined;
    if (time !== undefined && (first === undefined || time < first)) first = time;
  }
  return first;
}

function eventsOf(annotations: unknown): readonly SpanEvent[] {
  const events: SpanEvent[] = [];
  for (const annotation of listOf(annotations).slice(0, LIMITS.events)) {
    if (!isObject(annotation)) continue;
    const time = wholeMicros(annotation.timestamp);
    if (time === undefined) continue;
    events.push({ name: cut(textOf(annotation.value) ?? '', LIMITS.name), time, attributes: {} });
  }
  return events;
}
