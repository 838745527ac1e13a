import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import protobuf from 'protobufjs';

/**
 * A receiver for OTLP/HTTP protobuf that keeps everything as OTLP JSON, so that tests look at what really went over the
 * wire. Decodes with protobufjs and its own copy of the schema (opentelemetry-proto 1.x, only the fields that are sent), not
 * with the bot's decoder: the two must not share mistakes.
 */
const { root } = protobuf.parse(`
syntax = "proto3";
message Request { repeated ResourceSpans resourceSpans = 1; }
message ResourceSpans { Resource resource = 1; repeated ScopeSpans scopeSpans = 2; }
message Resource { repeated KeyValue attributes = 1; }
message ScopeSpans { Scope scope = 1; repeated Span spans = 2; }
message Scope { string name = 1; string version = 2; }
message Span {
  bytes traceId = 1; bytes spanId = 2; string traceState = 3; bytes parentSpanId = 4; string name = 5; int32 kind = 6;
  fixed64 startTimeUnixNano = 7; fixed64 endTimeUnixNano = 8; repeated KeyValue attributes = 9;
  uint32 droppedAttributesCount = 10; repeated Event events = 11; uint32 droppedEventsCount = 12; repeated Link links = 13;
  uint32 droppedLinksCount = 14; Status status = 15; fixed32 flags = 16;
}
message Event { fixed64 timeUnixNano = 1; string name = 2; repeated KeyValue attributes = 3; }
message Link { bytes traceId = 1; bytes spanId = 2; string traceState = 3; repeated KeyValue attributes = 4; fixed32 flags = 6; }
message Status { string message = 2; int32 code = 3; }
message KeyValue { string key = 1; AnyValue value = 2; }
message AnyValue {
  oneof value { string stringValue = 1; bool boolValue = 2; int64 intValue = 3; double doubleValue = 4; ArrayValue arrayValue = 5; }
}
message ArrayValue { repeated AnyValue values = 1; }
`);
const Request = root.lookupType('Request');

export type KeyValue = { key: string; value: Readonly<Record<string, unknown>> };
export type OtlpSpan = {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes?: KeyValue[];
  events?: { name: string; attributes?: KeyValue[] }[];
  links?: { traceId: string; spanId: string }[];
  status?: { code?: number; message?: string };
};
export type ResourceSpans = {
  resource?: { attributes?: KeyValue[] };
  scopeSpans?: { scope?: { name?: string; version?: string }; spans?: OtlpSpan[] }[];
};

export type Capture = {
  readonly url: string;
  /** Everything received since the last `clear`, in order of arrival. */
  readonly batches: readonly ResourceSpans[];
  clear(): void;
  close(): Promise<void>;
};

/** `status`: what the receiver answers, to see how senders cope. */
export async function startCapture(status = 200): Promise<Capture> {
  const batches: ResourceSpans[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    if (status === 200)
      batches.push(...decode(request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body));
    response.writeHead(status, { 'content-type': 'application/x-protobuf' }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1/traces`,
    batches,
    clear: () => void batches.splice(0),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function decode(body: Uint8Array): ResourceSpans[] {
  const decoded = Request.toObject(Request.decode(body), { longs: String, bytes: String, enums: Number });
  return (decoded.resourceSpans ?? []).map((batch: ResourceSpans) => ({
    ...batch,
    scopeSpans: batch.scopeSpans?.map((scope) => ({ ...scope, spans: scope.spans?.map(withHexIds) })),
  }));
}

/** OTLP JSON writes ids in hex where JSON of protobuf would write base64. */
function withHexIds(span: OtlpSpan): OtlpSpan {
  const hex = (base64: string) => Buffer.from(base64, 'base64').toString('hex');
  return {
    ...span,
    traceId: hex(span.traceId),
    spanId: hex(span.spanId),
    ...(span.parentSpanId ? { parentSpanId: hex(span.parentSpanId) } : {}),
    ...(span.links
      ? { links: span.links.map((link) => ({ ...link, traceId: hex(link.traceId), spanId: hex(link.spanId) })) }
      : {}),
  };
}
