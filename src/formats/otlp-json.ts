import { Failure } from '../failure.ts';
import type { Attributes, AttributeValue, SpanEvent, SpanKind, SpanLink, SpanRecord } from '../model/span.ts';
import { AttributeBag, cut, LIMITS, numberOrText } from './attributes.ts';
import { spanIdOf, traceIdOf } from './ids.ts';
import { kindOf, statusOf, UNKNOWN_SERVICE } from './otlp-values.ts';
import type { SpanSink } from './reading.ts';
import { isObject, listOf, textOf } from './shape.ts';
import { microsOfNanos } from './times.ts';
import { probabilityOf } from './trace-state.ts';

/**
 * Reads one OTLP JSON document, in the dialect of the specification (hex ids, integer enums) and in Tempo's (base64 ids,
 * enum names, `batches`, wrapped in `trace`), and as Jaeger's v3 API wraps it (`result`). Integers may be numbers or texts;
 * the ancient `instrumentationLibrarySpans` is understood; unknown members are ignored, as the specification asks.
 *
 * A span without usable ids or start is refused to the sink and the rest kept. A document that is none of these shapes
 * throws a `Failure` of kind `bad-input` that says where.
 * Source: opentelemetry-proto 1.11, docs/specification.md, "JSON Protobuf Encoding".
 */
export function readOtlpJson(document: unknown, sink: SpanSink): void {
  if (!isObject(document)) throw notOtlp('the document is not an object');
  for (const wrapper of ['trace', 'result']) {
    const inner = document[wrapper];
    if (isObject(inner)) {
      readOtlpJson(unwrapped(inner), sink);
      return;
    }
  }
  const member = 'batches' in document ? 'batches' : 'resourceSpans';
  const resources = document[member];
  if (resources !== undefined && resources !== null && !Array.isArray(resources)) {
    throw notOtlp(`${member} is not a list`);
  }
  let index = 0;
  for (const entry of listOf(resources)) {
    readResourceSpans(entry, `${member}[${index}]`, sink);
    index += 1;
  }
}

/** One entry of `resourceSpans`; `path` is where it stands, for messages. */
export function readResourceSpans(entry: unknown, path: string, sink: SpanSink): void {
  if (!isObject(entry)) throw notOtlp(`${path} is not an object`);
  const resource = attributesOf(isObject(entry.resource) ? entry.resource.attributes : undefined, 'unspecified');
  const named = resource['service.name'];
  const service = cut(typeof named === 'string' && named !== '' ? named : UNKNOWN_SERVICE, LIMITS.name);
  const member = 'instrumentationLibrarySpans' in entry ? 'instrumentationLibrarySpans' : 'scopeSpans';
  const scopes = entry[member];
  if (scopes !== undefined && scopes !== null && !Array.isArray(scopes)) {
    throw notOtlp(`${path}.${member} is not a list`);
  }
  let scopeIndex = 0;
  for (const scoped of listOf(scopes)) {
    const scopePath = `${path}.${member}[${scopeIndex}]`;
    if (!isObject(scoped)) throw notOtlp(`${scopePath} is not an object`);
    const origin = { service, resource, scope: scopeName(scoped.scope ?? scoped.instrumentationLibrary) };
    let spanIndex = 0;
    for (const span of listOf(scoped.spans)) {
      const record = spanOf(span, origin);
      if (typeof record === 'string') sink.refuse(`${scopePath}.spans[${spanIndex}] ${record}`);
      else sink.span(record);
      spanIndex += 1;
    }
    scopeIndex += 1;
  }
}

type Origin = { readonly service: string; readonly resource: Attributes; readonly scope: string | undefined };

/** The record, or why there is none. Every record has the same members, some of them undefined: those are made and read fastest. */
function spanOf(span: unknown, origin: Origin): SpanRecord | string {
  if (!isObject(span)) return 'is not an object';
  const traceId = traceIdOf(span.traceId);
  if (traceId === undefined) return 'has no valid traceId';
  const spanId = spanIdOf(span.spanId);
  if (spanId === undefined) return 'has no valid spanId';
  const start = microsOfNanos(span.startTimeUnixNano);
  if (start === undefined || start === 0) return 'has no valid startTimeUnixNano';
  const end = microsOfNanos(span.endTimeUnixNano ?? 0);
  if (end === undefined) return 'has no valid endTimeUnixNano';
  const parentSpanId = spanIdOf(span.parentSpanId);
  const kind = kindOf(span.kind);
  const status = isObject(span.status) ? span.status : undefined;
  const statusMessage = textOf(status?.message);
  const probability = probabilityOf(span.traceState);
  return {
    traceId,
    spanId,
    parentSpanId,
    service: origin.service,
    name: cut(textOf(span.name) ?? '', LIMITS.name),
    kind,
    start,
    // A span that was exported before it ended carries no end: it is shown without length rather than with a negative one.
    end: end === 0 ? start : end,
    status: statusOf(status?.code),
    statusMessage: statusMessage === undefined ? undefined : cut(statusMessage, LIMITS.text),
    attributes: attributesOf(span.attributes, kind),
    resource: origin.resource,
    events: eventsOf(span.events, start),
    links: linksOf(span.links),
    scope: origin.scope,
    probability,
  };
}

const NO_EVENTS: readonly SpanEvent[] = Object.freeze([]);
const NO_LINKS: readonly SpanLink[] = Object.freeze([]);

function eventsOf(value: unknown, start: number): readonly SpanEvent[] {
  const list = listOf(value);
  if (list.length === 0) return NO_EVENTS;
  const events: SpanEvent[] = [];
  for (const event of list.slice(0, LIMITS.events)) {
    if (!isObject(event)) continue;
    events.push({
      name: cut(textOf(event.name) ?? '', LIMITS.name),
      time: microsOfNanos(event.timeUnixNano) ?? start,
      attributes: attributesOf(event.attributes, 'unspecified'),
    });
  }
  return events;
}

function linksOf(value: unknown): readonly SpanLink[] {
  const list = listOf(value);
  if (list.length === 0) return NO_LINKS;
  const links: SpanLink[] = [];
  for (const link of list.slice(0, LIMITS.links)) {
    if (!isObject(link)) continue;
    const traceId = traceIdOf(link.traceId);
    const spanId = spanIdOf(link.spanId);
    if (traceId === undefined || spanId === undefined) continue;
    links.push({ traceId, spanId, attributes: attributesOf(link.attributes, 'unspecified') });
  }
  return links;
}

function scopeName(scope: unknown): string | undefined {
  const name = isObject(scope) ? textOf(scope.name) : undefined;
  return name === undefined ? undefined : cut(name, LIMITS.name);
}

function attributesOf(list: unknown, kind: SpanKind): Attributes {
  const bag = new AttributeBag();
  for (const pair of listOf(list)) {
    if (isObject(pair) && typeof pair.key === 'string') putValue(bag, pair.key, pair.value, 0);
  }
  return bag.finish(kind);
}

/** A map inside a value becomes dotted keys, `a.b`, which is how the semantic conventions spell nesting. */
function putValue(bag: AttributeBag, key: string, value: unknown, depth: number): void {
  if (!isObject(value)) return;
  const scalar = scalarOf(value);
  if (scalar !== undefined) {
    bag.put(key, scalar);
    return;
  }
  if (isObject(value.kvlistValue)) {
    if (depth >= LIMITS.depth) return;
    for (const pair of listOf(value.kvlistValue.values)) {
      if (isObject(pair) && typeof pair.key === 'string') putValue(bag, `${key}.${pair.key}`, pair.value, depth + 1);
    }
    return;
  }
  if (isObject(value.arrayValue)) bag.put(key, flatList(value.arrayValue.values, depth));
}

/** Lists in lists are poured into one; maps in lists have no name to be kept under and are left out. */
function flatList(values: unknown, depth: number): readonly (string | number | boolean)[] {
  const flat: (string | number | boolean)[] = [];
  if (depth >= LIMITS.depth) return flat;
  for (const value of listOf(values)) {
    if (flat.length >= LIMITS.list) break;
    if (!isObject(value)) continue;
    if (isObject(value.arrayValue)) {
      flat.push(...flatList(value.arrayValue.values, depth + 1).slice(0, LIMITS.list - flat.length));
      continue;
    }
    const scalar = scalarOf(value);
    if (scalar !== undefined) flat.push(typeof scalar === 'string' ? cut(scalar, LIMITS.text) : scalar);
  }
  return flat;
}

function scalarOf(value: Readonly<Record<string, unknown>>): Exclude<AttributeValue, readonly unknown[]> | undefined {
  const { stringValue } = value;
  // Nearly all of them; to ask for members that are not there takes as long as the rest.
  if (typeof stringValue === 'string') return stringValue;
  const { intValue, boolValue, doubleValue, bytesValue } = value;
  if (typeof intValue === 'number' || typeof intValue === 'string') return numberOrText(intValue);
  if (typeof boolValue === 'boolean') return boolValue;
  if (typeof doubleValue === 'number' || typeof doubleValue === 'string') return numberOrText(doubleValue);
  return typeof bytesValue === 'string' ? bytesValue : undefined;
}

/** Only one level: a wrapper inside a wrapper is nobody's dialect. */
function unwrapped(inner: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return { resourceSpans: inner.resourceSpans ?? inner.batches };
}

function notOtlp(what: string): Failure {
  return new Failure(
    'bad-input',
    `This is not an OTLP trace document: ${what}.`,
    'Send an ExportTraceServiceRequest, as an OpenTelemetry SDK or Collector does.',
  );
}
