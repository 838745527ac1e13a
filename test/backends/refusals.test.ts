import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import { backends } from '../../src/backends/index.ts';
import type { TraceBackend } from '../../src/ports/trace-backend.ts';
import { type Running, serve } from './exchange.ts';

/** Every backend that is reached over HTTP, each against every way in which a server may be no help. */
const KINDS = backends.map(({ kind }) => kind).filter((kind) => kind !== 'embedded' && kind !== 'files');
const QUERY = { service: 'shop', from: 1e15, to: 1e15 + 1e9, order: 'latest', limit: 5 } as const;
const { signal } = new AbortController();

let server: Running | undefined;
afterEach(() => server?.close());

async function backendOf(
  kind: string,
  answer: (response: ServerResponse) => void,
  options: object = {},
): Promise<TraceBackend> {
  server = await serve((_, response) => answer(response));
  const definition = backends.find((candidate) => candidate.kind === kind);
  if (definition === undefined) throw new Error(`${kind} is not in the list`);
  return definition.connect({ url: server.url, timeoutSeconds: 0.5, ...options }, {});
}

async function fetched(backend: TraceBackend): Promise<number> {
  let spans = 0;
  for await (const batch of backend.fetch(['0123456789abcdef0123456789abcdef'], signal)) spans += batch.length;
  return spans;
}

/** Rows that are columns of the exporter's table and services at once. */
const CLICKHOUSE_ROWS = [
  'Timestamp',
  'TraceId',
  'SpanId',
  'ParentSpanId',
  'SpanAttributes',
  'Events.Timestamp',
  'Links.TraceId',
]
  .map((name) => JSON.stringify({ table: 'otel_traces', name, type: 'Map(String, String)' }))
  .join('\n');

const LOGIN = '<!DOCTYPE html><html><title>Sign in</title><form action=/login></form></html>';

type Way = readonly [name: string, answer: (response: ServerResponse) => void, kind: string, said: RegExp];
const WAYS: readonly Way[] = [
  ['401', (response) => response.writeHead(401).end(), 'unauthorized', /401/],
  ['403', (response) => response.writeHead(403).end(), 'unauthorized', /403/],
  ['404 on every path', (response) => response.writeHead(404).end('404 page not found\n'), 'not-found|refused', /404/],
  ['429 for an hour', (response) => response.writeHead(429, { 'retry-after': '3600' }).end(), 'busy', /429/],
  ['500', (response) => response.writeHead(500).end('{"error":"boom"}'), 'unreachable', /500\): boom/],
  [
    'a login page',
    (response) => response.writeHead(200, { 'content-type': 'text/html' }).end(LOGIN),
    'misconfigured',
    /web page/,
  ],
  ['a login page without a type', (response) => response.end(LOGIN), 'misconfigured', /web page/],
  [
    'a redirect',
    (response) => response.writeHead(302, { location: '/login' }).end(),
    'misconfigured',
    /elsewhere.*\/login/,
  ],
  ['junk', (response) => response.end('\u0000\u0001 no traces here'), 'refused', /do not understand/],
  ['JSON of something else', (response) => response.end('{"hello":"world"}'), 'refused', /do not understand/],
  [
    'half an answer',
    (response) => {
      response.writeHead(200, { 'content-length': '100000' }).write('{"data":[');
      setTimeout(() => response.destroy(), 5);
    },
    'unreachable',
    /hung up/,
  ],
  [
    'a slow drip',
    (response) => {
      response.writeHead(200).write('{');
      const drip = setInterval(() => response.write(' '), 20);
      response.on('close', () => clearInterval(drip));
    },
    'timed-out',
    /within 0.5 s/,
  ],
];

describe.each(KINDS)('%s', (kind) => {
  test.each(WAYS)('%s is told with who, what and what to do', async (_name, answer, expected, said) => {
    for (const ask of [
      (backend: TraceBackend) => backend.services(QUERY.from, QUERY.to, signal),
      (backend: TraceBackend) => backend.search(QUERY, signal),
      fetched,
    ]) {
      const backend = await backendOf(kind, answer);
      const failure = await ask(backend).catch((thrown) => thrown);
      expect(failure).toMatchObject({ name: 'Failure', kind: expect.stringMatching(new RegExp(`^(${expected})$`)) });
      expect(failure.message).toMatch(said);
      expect(failure.message).toContain(server?.url);
      expect(failure.hint).not.toBe('');
      await server?.close();
    }
    const health = await (await backendOf(kind, answer)).check(signal);
    expect(health).toMatchObject({ ok: false, detail: expect.stringMatching(said), hint: expect.stringMatching(/./) });
  });

  test('an abort in the middle of an answer hangs up and rejects with the reason', async () => {
    const hungUp = Promise.withResolvers<void>();
    const arrived = Promise.withResolvers<void>();
    const backend = await backendOf(
      kind,
      (response) => {
        response.on('close', () => hungUp.resolve());
        response.writeHead(200).write('{');
        arrived.resolve();
      },
      { timeoutSeconds: 20 },
    );
    const abort = new AbortController();
    const asking = backend.search(QUERY, abort.signal);
    await arrived.promise;
    const reason = new Error('enough');
    abort.abort(reason);
    await expect(asking).rejects.toBe(reason);
    await hungUp.promise;
  });

  test.each([
    [3_600_000, '60 min ahead of ours'],
    [-7_200_000, '120 min behind ours'],
  ])('a clock that is %i ms off is told by the check', async (off, said) => {
    const body: Readonly<Record<string, string>> = {
      jaeger: '{"data":["shop"]}',
      tempo: '{"tagValues":[{"value":"shop"}]}',
      zipkin: '["shop"]',
      'victoria-traces': '{"data":["shop"]}',
      clickhouse: CLICKHOUSE_ROWS,
    };
    const backend = await backendOf(kind, (response) => {
      response.writeHead(200, { date: new Date(Date.now() + off).toUTCString() }).end(body[kind]);
    });
    expect(await backend.check(signal)).toMatchObject({
      ok: true,
      detail: expect.stringContaining(said),
      hint: expect.stringContaining('NTP'),
    });
  });

  test('an endless answer is cut off', async () => {
    const backend = await backendOf(
      kind,
      (response) => {
        response.writeHead(200);
        const more = () => {
          while (!response.destroyed && response.write('[1,2,3,4,5,6,7,8,9],'.repeat(4_096)));
        };
        response.on('drain', more);
        response.write('{"data":[');
        more();
      },
      { maxMegabytes: 1, timeoutSeconds: 20 },
    );
    await expect(backend.services(QUERY.from, QUERY.to, signal)).rejects.toMatchObject({
      kind: expect.stringMatching(/too-large|refused/),
    });
  });
});
