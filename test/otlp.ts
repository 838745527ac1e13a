import { readTraceFile } from '../src/formats/trace-file.ts';
import type { SpanRecord } from '../src/model/span.ts';
import { encodeJson } from './receiver/otlp-encode.ts';

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

/** Spans as an OTLP/JSON export request, those of one resource together, as an exporter would send them. */
export function otlpJson(spans: readonly SpanRecord[]): string {
  const byResource = Map.groupBy(spans, (span) => JSON.stringify([span.service, span.resource]));
  const together = [...byResource.values()].flatMap((group) => {
    const resource = { 'service.name': group[0]?.service ?? '', ...group[0]?.resource };
    return group.map((span) => ({ ...span, resource }));
  });
  return encodeJson(together).toString();
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
