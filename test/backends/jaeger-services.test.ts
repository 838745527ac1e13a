import { expect, test } from 'vitest';
import { jaeger } from '../../src/backends/jaeger.ts';
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
