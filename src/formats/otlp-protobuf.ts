import { Failure } from '../failure.ts';
import type { Attributes, SpanEvent, SpanLink, SpanRecord } from '../model/span.ts';
import { AttributeBag, cut, LIMITS } from './attributes.ts';
import { keyValue } from './otlp-protobuf-values.ts';
import { kindOf, statusOf, UNKNOWN_SERVICE } from './otlp-values.ts';
import { each, enter, FIXED64, inside, LENGTH, leave, tag } from './protobuf-fields.ts';
import type { SpanSink } from './reading.ts';
import { microsOfHalves } from './times.ts';
import { probabilityOf } from './trace-state.ts';
import { WireReader } from './wire-reader.ts';

/**
 * Reads one ExportTraceServiceRequest (or TracesData, which is the same on the wire), field by field and straight into
 * records: generated decoders build every message as objects first and then again as ours. Fields that are unknown, or of
 * an unexpected wire type, are skipped, as protobuf asks.
 *
 * A span without usable ids or start is refused to the sink and the rest kept. Bytes that are no protobuf, or end in the
 * middle, throw a `Failure` of kind `bad-input` that says at which byte; spans before it may have reached the sink.
 * Source: opentelemetry-proto 1.11, trace/v1/trace.proto, common/v1/common.proto.
 */
export function readOtlpProtobuf(bytes: Buffer, sink: SpanSink): void {
  const reader = new WireReader(bytes);
  try {
    let index = 0;
    each(reader, reader.len, {
      [tag(1, LENGTH)]: () => {
        const where = `resource_spans[${index}]`;
        inside(reader, (end) => resourceSpans(reader, end, where, sink));
        index += 1;
      },
    });
  } catch (thrown) {
    if (thrown instanceof Failure) throw thrown;
    throw new Failure(
      'bad-input',
      `The body is not an OTLP trace request: its protobuf is broken at byte ${reader.pos} of ${bytes.length}.`,
      'Send an ExportTraceServiceRequest, as an OpenTelemetry SDK or Collector does.',
      { cause: thrown },
    );
  }
}

type Origin = { readonly service: string; readonly resource: Attributes; readonly scope: string | undefined };

/** Two walks, because the resource need not come before the spans on the wire. Skipping over messages costs nothing. */
function resourceSpans(reader: WireReader, end: number, where: string, sink: SpanSink): void {
  const start = reader.pos;
  const bag = new AttributeBag();
  each(reader, end, {
    [tag(1, LENGTH)]: () =>
      inside(reader, (inner) => each(reader, inner, { [tag(1, LENGTH)]: () => keyValue(reader, bag, '', 0) })),
  });
  const resource = bag.finish('unspecified');
  const named = resource['service.name'];
  const service = cut(typeof named === 'string' && named !== '' ? named : UNKNOWN_SERVICE, LIMITS.name);

  reader.pos = start;
  let index = 0;
  each(reader, end, {
    [tag(2, LENGTH)]: () => {
      const path = `${where}.scope_spans[${index}]`;
      inside(reader, (inner) => scopeSpans(reader, inner, path, { service, resource, scope: undefined }, sink));
      index += 1;
    },
  });
}

function scopeSpans(reader: WireReader, end: number, where: string, outer: Origin, sink: SpanSink): void {
  const start = reader.pos;
  let scope: string | undefined;
  each(reader, end, {
    [tag(1, LENGTH)]: () =>
      inside(reader, (inner) =>
        each(reader, inner, {
          [tag(1, LENGTH)]: () => {
            const name = reader.text();
            scope = name === '' ? undefined : cut(name, LIMITS.name);
          },
        }),
      ),
  });
  const origin = { ...outer, scope };
  reader.pos = start;
  let index = 0;
  while (reader.pos < end) {
    const next = reader.uint32();
    if (next !== tag(2, LENGTH)) {
      reader.skipType(next & 7);
      continue;
    }
    const around = enter(reader);
    const record = span(reader, reader.len, origin);
    leave(reader, around);
    if (typeof record === 'string') sink.refuse(`${where}.spans[${index}] ${record}`);
    else sink.span(record);
    index += 1;
  }
}

const NO_EVENTS: readonly SpanEvent[] = Object.freeze([]);
const NO_LINKS: readonly SpanLink[] = Object.freeze([]);

/** The record, or why there is none, with the same members as any other (see `otlp-json.ts`). A plain switch, because this runs for every span of every request. */
function span(reader: WireReader, end: number, origin: Origin): SpanRecord | string {
  let traceId: string | undefined;
  let spanId: string | undefined;
  let parentSpanId: string | undefined;
  let probability: number | undefined;
  let name = '';
  let kind = 0;
  let start: number | undefined = 0;
  let finish: number | undefined = 0;
  const status = { code: 0, message: '' };
  const bag = new AttributeBag();
  let events: SpanEvent[] | undefined;
  let links: SpanLink[] | undefined;
  while (reader.pos < end) {
    const next = reader.uint32();
    switch (next) {
      case 10:
        traceId = reader.hex(32);
        break;
      case 18:
        spanId = reader.hex(16);
        break;
      case 26:
        probability = probabilityOf(reader.text());
        break;
      case 34:
        parentSpanId = reader.hex(16);
        break;
      case 42:
        name = cut(reader.text(), LIMITS.name);
        break;
      case 48:
        kind = reader.int32();
        break;
      case 57:
        start = microsOfHalves(reader.fixed32(), reader.fixed32());
        break;
      case 65:
        finish = microsOfHalves(reader.fixed32(), reader.fixed32());
        break;
      case 74:
        keyValue(reader, bag, '', 0);
        break;
      case 90: {
        const event = inside(reader, (inner) => spanEvent(reader, inner));
        events ??= [];
        if (events.length < LIMITS.events) events.push(event);
        break;
      }
      case 106: {
        const link = inside(reader, (inner) => spanLink(reader, inner));
        links ??= [];
        if (link !== undefined && links.length < LIMITS.links) links.push(link);
        break;
      }
      case 122:
        spanStatus(reader, status);
        break;
      default:
        reader.skipType(next & 7);
    }
  }
  if (traceId === undefined) return 'has no valid trace_id';
  if (spanId === undefined) return 'has no valid span_id';
  if (start === undefined || start === 0) return 'has no valid start_time_unix_nano';
  if (finish === undefined) return 'has no valid end_time_unix_nano';
  const begin = start;
  const spanKind = kindOf(kind);
  return {
    traceId,
    spanId,
    parentSpanId,
    service: origin.service,
    name,
    kind: spanKind,
    start,
    // A span that was exported before it ended carries no end: it is shown without length rather than with a negative one.
    end: finish === 0 ? start : finish,
    status: statusOf(status.code),
    statusMessage: status.message === '' ? undefined : cut(status.message, LIMITS.text),
    attributes: bag.finish(spanKind),
    resource: origin.resource,
    events: events?.map((event) => (event.time === 0 ? { ...event, time: begin } : event)) ?? NO_EVENTS,
    links: links ?? NO_LINKS,
    scope: origin.scope,
    probability,
  };
}

function spanStatus(reader: WireReader, status: { code: number; message: string }): void {
  const outer = enter(reader);
  while (reader.pos < reader.len) {
    const next = reader.uint32();
    if (next === 18) status.message = reader.text();
    else if (next === 24) status.code = reader.int32();
    else reader.skipType(next & 7);
  }
  leave(reader, outer);
}

function spanEvent(reader: WireReader, end: number): SpanEvent {
  let time: number | undefined;
  let name = '';
  const bag = new AttributeBag();
  each(reader, end, {
    [tag(1, FIXED64)]: () => {
      time = microsOfHalves(reader.fixed32(), reader.fixed32());
    },
    [tag(2, LENGTH)]: () => {
      name = cut(reader.text(), LIMITS.name);
    },
    [tag(3, LENGTH)]: () => keyValue(reader, bag, '', 0),
  });
  return { name, time: time ?? 0, attributes: bag.finish('unspecified') };
}

function spanLink(reader: WireReader, end: number): SpanLink | undefined {
  let traceId: string | undefined;
  let spanId: string | undefined;
  const bag = new AttributeBag();
  each(reader, end, {
    [tag(1, LENGTH)]: () => {
      traceId = reader.hex(32);
    },
    [tag(2, LENGTH)]: () => {
      spanId = reader.hex(16);
    },
    [tag(4, LENGTH)]: () => keyValue(reader, bag, '', 0),
  });
  if (traceId === undefined || spanId === undefined) return undefined;
  return { traceId, spanId, attributes: bag.finish('unspecified') };
}
