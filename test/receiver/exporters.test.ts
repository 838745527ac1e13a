import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtobufExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SpanRecord } from '../../src/model/span.ts';
import { type Receiver, startReceiver } from '../../src/receiver/receiver.ts';
import { quiet } from './quiet.ts';

const folder = mkdtempSync(join(tmpdir(), 'causeway-exporters-'));
let receiver: Receiver;

beforeAll(async () => {
  receiver = await startReceiver({ folder, host: '127.0.0.1', port: 0, log: quiet });
});
afterAll(async () => {
  await receiver.close();
  rmSync(folder, { recursive: true, force: true });
});

const EXPORTERS = [
  ['HTTP/JSON', JsonExporter, undefined],
  ['HTTP/JSON with gzip', JsonExporter, 'gzip'],
  ['HTTP/protobuf', ProtobufExporter, undefined],
  ['HTTP/protobuf with gzip', ProtobufExporter, 'gzip'],
] as const;

describe.each(EXPORTERS)('the OpenTelemetry exporter for %s', (name, Exporter, compression) => {
  test('arrives whole', async () => {
    const url = `http://127.0.0.1:${receiver.port}/v1/traces`;
    const exporter = new Exporter({ url, ...(compression === undefined ? {} : { compression }) } as never);
    const provider = new TracerProvider({
      resource: resourceFromAttributes({ 'service.name': `shop of ${name}`, 'service.version': '3' }),
      spanProcessors: [new BatchSpanProcessor({ exporter })],
    });
    const tracer = provider.getTracer('tests');
    const span = tracer.startSpan('GET /größe', {
      kind: SpanKind.CLIENT,
      attributes: {
        'http.status_code': 503,
        big: 9007199254740991,
        share: 0.25,
        list: ['a', 'b'],
        yes: true,
        'net.peer.name': 'stock',
      },
    });
    span.recordException(new TypeError('no such size'));
    span.setStatus({ code: SpanStatusCode.ERROR, message: 'down' });
    span.end();
    await provider.forceFlush();
    await provider.shutdown();

    const received: SpanRecord[] = [];
    const traceId = span.spanContext().traceId;
    for await (const batch of receiver.archive.fetch([traceId], new AbortController().signal)) received.push(...batch);
    expect(received).toMatchObject([
      {
        traceId,
        spanId: span.spanContext().spanId,
        service: `shop of ${name}`,
        name: 'GET /größe',
        kind: 'client',
        status: 'error',
        statusMessage: 'down',
        scope: 'tests',
        attributes: {
          'http.response.status_code': 503,
          big: 9007199254740991,
          share: 0.25,
          list: ['a', 'b'],
          yes: true,
          'server.address': 'stock',
        },
        events: [
          { name: 'exception', attributes: { 'exception.type': 'TypeError', 'exception.message': 'no such size' } },
        ],
      },
    ]);
    expect(received[0]?.resource).toMatchObject({ 'service.version': '3' });
    expect(received[0]!.end).toBeGreaterThanOrEqual(received[0]!.start);
  });
});
