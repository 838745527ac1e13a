import { readTraceFile } from '../src/formats/trace-file.ts';
import type { AttributeValue, SpanRecord } from '../src/model/span.ts';
import { Kind } from '../src/model/trace.ts';

/** Spans of a recording, moved in time as a whole so that its last span ends at `endAt` (µs since 1970). */
export async function recordingAt(paths: readonly string[], endAt: number): Promise<readonly SpanRecord[]> {
  const spans: SpanRecord[] = [];
  for (const path of paths)
    for await (const batch of readTraceFile(path, new AbortController().signal)) spans.push(...batch);
  const last = spans.reduce((latest, span) => Math.max(latest, span.end), 0);
  const shift = Math.round(endAt - last);
  return spans.map((span) => ({
    ...span,
    start: span.start + shift,
    end: span.end + shift,
    events: span.events.map((event) => ({ ...event, time: event.time + shift })),
  }));
}

/** Spans as an OTLP/JSON export request, as an exporter would send them. */
export function otlpJson(spans: readonly SpanRecord[]): string {
  const byResource = Map.groupBy(spans, (span) => JSON.stringify([span.service, span.resource]));
  return JSON.stringify({
    resourceSpans: [...byResource.values()].map((group) => ({
      resource: { attributes: keyValues({ 'service.name': group[0]?.service ?? '', ...group[0]?.resource }) },
      scopeSpans: [
        {
          spans: group.map((span) => ({
            traceId: span.traceId,
            spanId: span.spanId,
            ...(span.parentSpanId === undefined ? {} : { parentSpanId: span.parentSpanId }),
            name: span.name,
            kind: Kind[span.kind],
            startTimeUnixNano: `${span.start}000`,
            endTimeUnixNano: `${span.end}000`,
            attributes: keyValues(span.attributes),
            events: span.events.map((event) => ({
              name: event.name,
              timeUnixNano: `${event.time}000`,
              attributes: keyValues(event.attributes),
            })),
            links: span.links.map((link) => ({
              traceId: link.traceId,
              spanId: link.spanId,
              attributes: keyValues(link.attributes),
            })),
            status: {
              code: { unset: 0, ok: 1, error: 2 }[span.status],
              ...(span.statusMessage === undefined ? {} : { message: span.statusMessage }),
            },
          })),
        },
      ],
    })),
  });
}

export async function sendSpans(otlp: string, spans: readonly SpanRecord[]): Promise<void> {
  for (let from = 0; from < spans.length; from += 2_000) {
    const response = await fetch(`${otlp}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: otlpJson(spans.slice(from, from + 2_000)),
    });
    if (!response.ok) throw new Error(`The receiver answered ${response.status}: ${await response.text()}`);
    await response.arrayBuffer();
  }
}

function keyValues(attributes: Readonly<Record<string, AttributeValue>>): readonly unknown[] {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: anyValue(value) }));
}

function anyValue(value: AttributeValue): unknown {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'number') return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
  return { arrayValue: { values: value.map(anyValue) } };
}
