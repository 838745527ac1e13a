import { connect } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { Failure } from '../src/failure.ts';
import { type Route, readBody, sendJson } from '../src/http.ts';
import { type Listening, listen } from '../src/server.ts';

const quiet = { info: () => {}, warn: () => {}, error: () => {} };
let running: Listening | undefined;
afterEach(() => running?.close());

async function serve(routes: readonly Route[], ready = true): Promise<string> {
  running = await listen({
    host: '127.0.0.1',
    port: 0,
    routes,
    upgrades: [],
    readiness: async () => ({ ready, parts: { queue: 'ok' } }),
    log: quiet,
  });
  return `http://127.0.0.1:${running.port}`;
}

describe('the server', () => {
  test('tells health at once and readiness by its parts', async () => {
    const base = await serve([], false);
    expect((await fetch(`${base}/healthz`)).status).toBe(200);
    const ready = await fetch(`${base}/readyz`);
    expect(ready.status).toBe(503);
    expect(await ready.json()).toEqual({ status: 'not ready', parts: { queue: 'ok' } });
  });

  test('hands decoded params to the route, and knows 404 from 405', async () => {
    const base = await serve([
      { method: 'GET', path: '/things/:name', handle: ({ response, params }) => sendJson(response, 200, params) },
    ]);
    expect(await (await fetch(`${base}/things/a%20b?x=1`)).json()).toEqual({ name: 'a b' });
    expect((await fetch(`${base}/things/%ff`)).status).toBe(404);
    expect((await fetch(`${base}/elsewhere`)).status).toBe(404);
    const wrong = await fetch(`${base}/things/a`, { method: 'POST' });
    expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'GET']);
  });

  test('answers whatever a route throws as JSON with a hint', async () => {
    const base = await serve([
      {
        method: 'GET',
        path: '/known',
        handle: () => {
          throw new Failure('busy', 'Too much at once.', 'Come back later.', { retryAfter: 7 });
        },
      },
      {
        method: 'GET',
        path: '/unknown',
        handle: async () => {
          throw new TypeError('x is not a function');
        },
      },
    ]);
    const known = await fetch(`${base}/known`);
    expect([known.status, known.headers.get('retry-after')]).toEqual([429, '7']);
    expect(await known.json()).toEqual({ error: 'busy', message: 'Too much at once.', hint: 'Come back later.' });
    expect((await fetch(`${base}/unknown`)).status).toBe(500);
  });

  test('stops reading a body as soon as it is too large, declared or not', async () => {
    const base = await serve([
      {
        method: 'POST',
        path: '/in',
        handle: async ({ request, response }) =>
          sendJson(response, 200, { size: (await readBody(request, 1_000)).length }),
      },
    ]);
    expect((await fetch(`${base}/in`, { method: 'POST', body: 'x'.repeat(1_000) })).status).toBe(200);
    expect((await fetch(`${base}/in`, { method: 'POST', body: 'x'.repeat(1_001) })).status).toBe(413);
    const endless = new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(500)) });
    const refused = await fetch(`${base}/in`, { method: 'POST', body: endless, duplex: 'half' } as RequestInit);
    expect(refused.status).toBe(413);
    expect(await refused.json()).toMatchObject({ error: 'too-large' });
  });

  test('a sender that hangs up half way harms nobody', async () => {
    const base = await serve([
      {
        method: 'POST',
        path: '/in',
        handle: async ({ request, response }) =>
          sendJson(response, 200, { size: (await readBody(request, 1_000)).length }),
      },
    ]);
    const socket = connect(Number(new URL(base).port), '127.0.0.1');
    await new Promise<void>((resolve) =>
      socket.write('POST /in HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nhalf', () => resolve()),
    );
    socket.destroy();
    expect((await fetch(`${base}/in`, { method: 'POST', body: 'whole' })).status).toBe(200);
  });

  test('a taken port is a failure that says so', async () => {
    const base = await serve([]);
    const again = listen({
      host: '127.0.0.1',
      port: Number(new URL(base).port),
      routes: [],
      upgrades: [],
      readiness: async () => ({ ready: true, parts: {} }),
      log: quiet,
    });
    await expect(again).rejects.toMatchObject({
      kind: 'refused',
      message: expect.stringContaining('taken by another program'),
    });
  });
});
