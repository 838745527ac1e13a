import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { backends } from '../../src/backends/index.ts';
import { BATCH_LIMIT, type SpanRecord } from '../../src/model/span.ts';
import { createCertificate } from '../../src/playground/shop/services/certificate.ts';
import type { TraceBackend } from '../../src/ports/trace-backend.ts';
import { closed, portOf, serve } from './exchange.ts';
import { askedIn, FACES, type Face, type Told } from './faces.ts';

const { signal } = new AbortController();
const endings: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0)) await end();
});

/** An id that begins with zeros, which Jaeger drops, and whose letters Zipkin is given in upper case. */
const TRACE = '00000000abcdef0123456789abcdef01';
const NOON = 1_795_348_800_123_456;
const LARGE = '9007199254740993';
const SMALL: Told = {
  traceId: TRACE,
  spans: [
    { spanId: '00f067aa0ba902b7', start: NOON, end: NOON + 999 },
    { spanId: '00f067aa0ba902b8', parentSpanId: '00f067aa0ba902b7', start: NOON + 1, end: NOON + 7, large: LARGE },
  ],
};

function connect(face: Face, url: string, options: object = {}): TraceBackend {
  const definition = backends.find(({ kind }) => kind === face.kind);
  if (definition === undefined) throw new Error(`${face.kind} is not in the list`);
  return definition.connect({ url, ...face.options, ...options }, {});
}

function answering(face: Face, told: Told, base = '', asked: string[] = []) {
  return (request: IncomingMessage, response: ServerResponse) => {
    const path = askedIn(request);
    asked.push(request.url ?? '');
    const body = path.startsWith(`${base}/`) ? face.answer(path.slice(base.length), told) : undefined;
    response.writeHead(body === undefined ? 404 : 200, {
      'content-type': body === undefined ? 'text/plain' : 'application/json',
    });
    response.end(body ?? '404 page not found\n');
  };
}

async function fetched(backend: TraceBackend): Promise<readonly SpanRecord[]> {
  const spans: SpanRecord[] = [];
  for await (const batch of backend.fetch([TRACE], signal)) {
    expect(batch.length).toBeLessThanOrEqual(BATCH_LIMIT);
    for (const span of batch) spans.push(span);
  }
  return spans;
}

describe.each(FACES)('$name', (face) => {
  test('ids in any spelling, either dialect of enums, times to the microsecond and integers of 64 bits', async () => {
    const server = await serve(answering(face, SMALL));
    endings.push(server.close);
    const spans = (await fetched(connect(face, server.url))).toSorted((a, b) => a.start - b.start);
    expect(spans).toMatchObject(
      SMALL.spans.map(({ large: _, ...span }) => ({
        traceId: TRACE,
        ...span,
        service: 'shop',
        kind: 'client',
        status: 'error',
      })),
    );
    // A double would make it …992.
    expect(String(spans[1]?.attributes.large)).toBe(LARGE);
  });

  test('below a base path, with or without a slash at its end', async () => {
    for (const slash of ['', '/', '//']) {
      const asked: string[] = [];
      const server = await serve(answering(face, SMALL, '/deep/base', asked));
      endings.push(server.close);
      const backend = connect(face, `${server.url}/deep/base${slash}`);
      expect(await backend.services(NOON, NOON + 1, signal)).toEqual(['shop']);
      expect(await fetched(backend)).toHaveLength(2);
      expect(asked.filter((path) => !path.startsWith('/deep/base/') || path.includes('base//'))).toEqual([]);
    }
  });

  test('below another base path than the one it was told, it says so', async () => {
    const server = await serve(answering(face, SMALL, '/right'));
    endings.push(server.close);
    for (const wrong of ['', '/wrong', '/right/too-much']) {
      const backend = connect(face, `${server.url}${wrong}`);
      const failure = await fetched(backend).catch((thrown) => thrown);
      expect(failure).toMatchObject({
        kind: expect.stringMatching(/not-found|refused/),
        hint: expect.stringContaining('backend.url'),
      });
    }
  });

  test('a trace of 50,000 spans comes whole', { timeout: 60_000 }, async () => {
    const spans = Array.from({ length: 50_000 }, (_, index) => ({
      spanId: (index + 1).toString(16).padStart(16, '0'),
      ...(index === 0 ? {} : { parentSpanId: (((index - 1) >> 3) + 1).toString(16).padStart(16, '0') }),
      start: NOON + index,
      end: NOON + index + 100_000,
    }));
    const server = await serve(answering(face, { traceId: TRACE, spans }));
    endings.push(server.close);
    const came = await fetched(connect(face, server.url));
    expect(came).toHaveLength(50_000);
    expect(new Set(came.map(({ spanId }) => spanId)).size).toBe(50_000);
    expect(came.filter(({ parentSpanId }) => parentSpanId === undefined)).toHaveLength(1);
  });

  test('behind TLS of its own and wanting a certificate, with words for either that is missing', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'causeway-tls-'));
    const own = createCertificate('localhost');
    const client = createCertificate('bot');
    const files = { 'ca.pem': own.certificate, 'cert.pem': client.certificate, 'key.pem': client.key };
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
    const [ca, cert, key] = Object.keys(files).map((name) => join(folder, name));
    const server = createServer(
      { key: own.key, cert: own.certificate, requestCert: true, ca: client.certificate },
      answering(face, SMALL),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    endings.push(
      () => closed(server),
      () => rmSync(folder, { recursive: true, force: true }),
    );
    const url = `https://localhost:${portOf(server)}`;
    expect(await connect(face, url, { tls: { ca, cert, key } }).check(signal)).toMatchObject({ ok: true });
    expect(await connect(face, url).check(signal)).toMatchObject({
      ok: false,
      detail: expect.stringContaining('not trusted'),
      hint: expect.stringContaining('backend.tls.ca'),
    });
    expect(await connect(face, url, { tls: { ca } }).check(signal)).toMatchObject({
      ok: false,
      hint: expect.stringMatching(/cert|later/),
    });
  });
});
