import { describe, expect, test } from 'vitest';
import { RecentTraces } from '../../src/backends/recent-traces.ts';
import { zipkin } from '../../src/backends/zipkin.ts';
import { BATCH_LIMIT, type SpanRecord } from '../../src/model/span.ts';
import { CONTRACT_SPANS } from '../contracts/trace-backend.ts';
import { serve } from './exchange.ts';
import { zipkinSpans } from './zipkin-encode.ts';

const { signal } = new AbortController();
const spansOf = (traceId: string, count: number): readonly SpanRecord[] =>
  CONTRACT_SPANS.slice(0, 1).flatMap((span) => new Array(count).fill({ ...span, traceId }));

describe('traces that a search has just brought', () => {
  test('are recalled for a while, then forgotten, since spans come late', () => {
    let now = 0;
    const recent = new RecentTraces({ now: () => now });
    const staged = recent.stage();
    staged.add(spansOf('a', 2));
    staged.add(spansOf('a', 1));
    expect(recent.recall('a'), 'half an answer is none').toBeUndefined();
    staged.commit();
    expect(recent.recall('a')).toHaveLength(3);
    now = 21_000_000;
    expect(recent.recall('a')).toBeUndefined();
  });

  test('are bounded: the oldest make room, and what is too much is not kept at all', () => {
    const recent = new RecentTraces({ now: () => 0 });
    for (const [traceId, count] of [
      ['a', 12_000],
      ['b', 12_000],
      ['c', 30_000],
    ] as const) {
      const staged = recent.stage();
      staged.add(spansOf(traceId, count));
      staged.commit();
    }
    expect(recent.recall('a')).toBeUndefined();
    expect(recent.recall('b')).toHaveLength(12_000);
    expect(recent.recall('c')).toBeUndefined();
  });

  test('come in batches of the usual size', async () => {
    const recent = new RecentTraces({ now: () => 0 });
    const staged = recent.stage();
    staged.add(spansOf('a', BATCH_LIMIT + 1));
    staged.commit();
    const batches = await recent.before(async () => [])('a', signal);
    expect(batches.map((batch) => batch.length)).toEqual([BATCH_LIMIT, 1]);
  });

  test('cost the store nothing when they are fetched', async () => {
    const asked: string[] = [];
    const server = await serve((request, response) => {
      asked.push((request.url ?? '').split('?', 1)[0] ?? '');
      if (request.url === '/api/v2/services') return response.end('["shop"]');
      return response.end(JSON.stringify([zipkinSpans(CONTRACT_SPANS.slice(1, 3))]));
    });
    const backend = zipkin.connect({ url: server.url }, {});
    const hits = await backend.search({ from: 0, to: 2e15, order: 'latest', limit: 5 }, signal);
    let spans = 0;
    for await (const batch of backend.fetch(
      hits.map(({ traceId }) => traceId),
      signal,
    ))
      spans += batch.length;
    expect(spans).toBe(2);
    expect(asked).toEqual(['/api/v2/traces', '/api/v2/services']);
    await server.close();
  });
});

test('a trace whose answer broke off half way comes once', async () => {
  let left = 1;
  const body = JSON.stringify(zipkinSpans(CONTRACT_SPANS.slice(1, 3)));
  const server = await serve((request, response) => {
    if (request.url === '/api/v2/services') return response.end('["shop"]');
    if (left-- <= 0) return response.end(body);
    response.writeHead(200, { 'content-length': String(body.length) }).write(body.slice(0, -20));
    setTimeout(() => response.destroy(), 20);
  });
  const backend = zipkin.connect({ url: server.url }, {});
  let spans = 0;
  for await (const batch of backend.fetch(['00000000000000000000000000000001'], signal)) spans += batch.length;
  expect(spans).toBe(2);
  await server.close();
});
