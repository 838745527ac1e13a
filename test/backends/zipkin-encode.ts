import type { AttributeValue, SpanRecord } from '../../src/model/span.ts';

/**
 * Spans as an OpenTelemetry exporter sends them to Zipkin: the resource is poured into the tags, the status becomes tags,
 * lists become texts, events keep their name only, and links are gone.
 */
export function zipkinSpans(spans: readonly SpanRecord[]): readonly unknown[] {
  return spans.map((span) => ({
    traceId: span.traceId,
    id: span.spanId,
    ...(span.parentSpanId === undefined ? {} : { parentId: span.parentSpanId }),
    name: span.name,
    ...(span.kind === 'unspecified' || span.kind === 'internal' ? {} : { kind: span.kind.toUpperCase() }),
    timestamp: span.start,
    duration: span.end - span.start,
    localEndpoint: { serviceName: span.service },
    annotations: span.events.map((event) => ({ timestamp: event.time, value: event.name })),
    tags: {
      ...texts(span.resource),
      ...texts(span.attributes),
      ...(span.status === 'unset' ? {} : { 'otel.status_code': span.status.toUpperCase() }),
      ...(span.statusMessage === undefined ? {} : { error: span.statusMessage }),
    },
  }));
}

function texts(attributes: Readonly<Record<string, AttributeValue>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(attributes).map(([key, value]) => [key, String(value)]));
}
