import { expect, test } from 'vitest';
import { jaeger } from '../../src/backends/jaeger.ts';
import type { SpanRecord } from '../../src/model/span.ts';
import { CONTRACT_SPANS } from '../contracts/trace-backend.ts';
import { encodeJson } from '../receiver/otlp-encode.ts';
import { serve } from './exchange.ts';

const WINDOW = { from: 1e15, to: 2e15, order: 'latest', limit: 5 } as const;
const { signal } = new AbortController();

test('a store that wants a service, as Cassandra does, is asked for each, and not without one again', async () => {
  const asked: string[] = [];
  const server = await serve((request, response) => {
    const url = new URL(request.url ?? '/', 'http://jaeger-service');
    if (url.pathname === '/api/v3/services') return response.end('{"services":["a","b"]}');
    if (url.pathname !== '/api/v3/traces') return response.writeHead(404).end('404 page not found\n');
    asked.push(url.searchParams.get('query.service_name') ?? '-');
    if (asked.at(-1) === '-') {
      return response.writeHead(500).end('{"error":{"httpCode":500,"message":"service name must be set"}}');
    }
    return response.writeHead(404).end('{"error":{"httpCode":404,"message":"No traces found"}}');
  });
  const backend = jaeger.connect({ url: server.url }, {});
  expect(await backend.search(WINDOW, signal)).toEqual([]);
  expect(await backend.search(WINDOW, signal)).toEqual([]);
  expect(asked).toEqual(['-', 'a', 'b', 'a', 'b']);
  await server.close();
});

test('a large trace whose answer broke off half way comes once', async () => {
  const spans: readonly SpanRecord[] = Array.from({ length: 2_500 }, (_, index) => ({
    ...(CONTRACT_SPANS[1] ?? fail()),
    spanId: (index + 1).toString(16).padStart(16, '0'),
    resource: { 'service.name': 'shop', part: Math.floor(index / 100) },
  }));
  const byPart = Map.groupBy(spans, (span) => span.resource.part);
  const parts = [...byPart.values()].flatMap((part) => JSON.parse(encodeJson(part).toString()).resourceSpans);
  const body = JSON.stringify({ result: { resourceSpans: parts } });
  let left = 1;
  const server = await serve((request, response) => {
    if (request.url === '/api/v3/services') return response.end('{"services":["shop"]}');
    if (!request.url?.startsWith('/api/v3/traces/')) return response.writeHead(404).end('404 page not found\n');
    if (left-- <= 0) return response.end(body);
    response.writeHead(200, { 'content-length': String(body.length) }).write(body.slice(0, -2_000));
    setTimeout(() => response.destroy(), 100);
  });
  const backend = jaeger.connect({ url: server.url }, {});
  const ids: string[] = [];
  for await (const batch of backend.fetch(['00000000000000000000000000000001'], signal)) {
    for (const span of batch) ids.push(span.spanId);
  }
  expect(ids).toHaveLength(2_500);
  expect(new Set(ids).size).toBe(2_500);
  await server.close();
});

function fail(): never {
  throw new Error('The contract has no such span.');
}
