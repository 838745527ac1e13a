import protobuf, { type Writer } from 'protobufjs/minimal.js';
import type { Attributes, AttributeValue, SpanRecord } from '../../src/model/span.ts';
import { Kind } from '../../src/model/trace.ts';

/** The tracestate that says with which probability a span was kept, beside what other vendors may have put there. */
export function traceState(probability: number): string {
  const threshold = BigInt(2 ** 56) - BigInt(probability * 2 ** 56);
  const digits = threshold.toString(16).padStart(14, '0').replace(/0+$/, '');
  return `vendor=a:b,ot=rv:6e6d1a75832a2f;th:${digits === '' ? '0' : digits}`;
}

const STATUS = { unset: 0, ok: 1, error: 2 } as const;

/** Spans as an ExportTraceServiceRequest in protobuf, one `resource_spans` for each run of spans with one resource. */
export function encodeProtobuf(spans: readonly SpanRecord[]): Buffer {
  const writer = protobuf.Writer.create();
  for (const run of runs(spans)) {
    writer.uint32(10).fork();
    writer.uint32(10).fork();
    putAttributes(writer, 10, run[0]?.resource ?? {});
    writer.ldelim();
    writer.uint32(18).fork();
    if (run[0]?.scope !== undefined) writer.uint32(10).fork().uint32(10).string(run[0].scope).ldelim();
    for (const span of run) putSpan(writer, span);
    writer.ldelim();
    writer.ldelim();
  }
  return Buffer.from(writer.finish());
}

/** The same in JSON, as the OpenTelemetry SDK for JavaScript writes it. */
export function encodeJson(spans: readonly SpanRecord[]): Buffer {
  const resourceSpans = runs(spans).map((run) => ({
    resource: { attributes: jsonAttributes(run[0]?.resource ?? {}) },
    scopeSpans: [
      {
        scope: { name: run[0]?.scope ?? '' },
        spans: run.map((span) => ({
          traceId: span.traceId,
          spanId: span.spanId,
          ...(span.probability === undefined ? {} : { traceState: traceState(span.probability) }),
          ...(span.parentSpanId === undefined ? {} : { parentSpanId: span.parentSpanId }),
          name: span.name,
          kind: Kind[span.kind],
          startTimeUnixNano: `${span.start}000`,
          endTimeUnixNano: `${span.end}000`,
          attributes: jsonAttributes(span.attributes),
          events: span.events.map((event) => ({
            name: event.name,
            timeUnixNano: `${event.time}000`,
            attributes: jsonAttributes(event.attributes),
          })),
          links: span.links.map((link) => ({ ...link, attributes: jsonAttributes(link.attributes) })),
          status: { code: STATUS[span.status], message: span.statusMessage ?? '' },
        })),
      },
    ],
  }));
  return Buffer.from(JSON.stringify({ resourceSpans }));
}

function runs(spans: readonly SpanRecord[]): readonly SpanRecord[][] {
  const result: SpanRecord[][] = [];
  for (const span of spans) {
    const last = result.at(-1);
    if (last !== undefined && last[0]?.resource === span.resource && last[0].scope === span.scope) last.push(span);
    else result.push([span]);
  }
  return result;
}

function putSpan(writer: Writer, span: SpanRecord): void {
  writer.uint32(18).fork();
  writer.uint32(10).bytes(Buffer.from(span.traceId, 'hex'));
  writer.uint32(18).bytes(Buffer.from(span.spanId, 'hex'));
  if (span.probability !== undefined) writer.uint32(26).string(traceState(span.probability));
  if (span.parentSpanId !== undefined) writer.uint32(34).bytes(Buffer.from(span.parentSpanId, 'hex'));
  writer.uint32(42).string(span.name);
  writer.uint32(48).int32(Kind[span.kind]);
  putNanos(writer, 57, span.start);
  putNanos(writer, 65, span.end);
  putAttributes(writer, 74, span.attributes);
  for (const event of span.events) {
    writer.uint32(90).fork();
    putNanos(writer, 9, event.time);
    writer.uint32(18).string(event.name);
    putAttributes(writer, 26, event.attributes);
    writer.ldelim();
  }
  for (const link of span.links) {
    writer.uint32(106).fork();
    writer.uint32(10).bytes(Buffer.from(link.traceId, 'hex')).uint32(18).bytes(Buffer.from(link.spanId, 'hex'));
    putAttributes(writer, 34, link.attributes);
    writer.ldelim();
  }
  writer.uint32(122).fork();
  if (span.statusMessage !== undefined) writer.uint32(18).string(span.statusMessage);
  writer.uint32(24).int32(STATUS[span.status]).ldelim();
  writer.ldelim();
}

/** A fixed64 in two halves, little end first. */
function putNanos(writer: Writer, tag: number, micros: number): void {
  const nanos = BigInt(micros) * 1_000n;
  writer
    .uint32(tag)
    .fixed32(Number(nanos & 0xffffffffn))
    .fixed32(Number(nanos >> 32n));
}

function putAttributes(writer: Writer, tag: number, attributes: Attributes): void {
  for (const [key, value] of Object.entries(attributes)) {
    writer.uint32(tag).fork().uint32(10).string(key).uint32(18).fork();
    putValue(writer, value);
    writer.ldelim().ldelim();
  }
}

function putValue(writer: Writer, value: AttributeValue): void {
  if (typeof value === 'string') writer.uint32(10).string(value);
  else if (typeof value === 'boolean') writer.uint32(16).bool(value);
  else if (typeof value === 'number') {
    if (Number.isSafeInteger(value)) writer.uint32(24).int64(value);
    else writer.uint32(33).double(value);
  } else {
    writer.uint32(42).fork();
    for (const entry of value) {
      writer.uint32(10).fork();
      putValue(writer, entry);
      writer.ldelim();
    }
    writer.ldelim();
  }
}

function jsonAttributes(attributes: Attributes): unknown[] {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: jsonValue(value) }));
}

function jsonValue(value: AttributeValue): unknown {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'number') return Number.isSafeInteger(value) ? { intValue: value } : { doubleValue: value };
  return { arrayValue: { values: value.map(jsonValue) } };
}
