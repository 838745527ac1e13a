import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { bytesOf } from '../../src/backends/answer.ts';
import { type Client, createClient, type Pace } from '../../src/backends/client.ts';
import { CONNECTION } from '../../src/backends/connection.ts';
import { createCertificate } from '../../src/playground/shop/services/certificate.ts';
import { closed, portOf, type Running, serve } from './exchange.ts';

const { signal } = new AbortController();
const endings: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0)) await end();
});

type Handler = Parameters<typeof serve>[0];

/** A client of a server that behaves as told, with a clock that only waiting moves. */
async function clientOf(
  handler: Handler,
  options: object = {},
): Promise<{ client: Client; waits: number[]; asked: () => number; pass: (seconds: number) => void; server: Running }> {
  let requests = 0;
  const server = await serve((request, response, body) => {
    requests += 1;
    return handler(request, response, body);
  });
  endings.push(server.close);
  const waits: number[] = [];
  let now = 1_795_348_800_000_000;
  const pace: Pace = {
    clock: { now: () => now },
    random: () => 0.5,
    wait: async (milliseconds) => {
      waits.push(milliseconds);
      now += milliseconds * 1_000;
    },
  };
  const connection = z.strictObject(CONNECTION).parse({ url: server.url, ...options });
  const pass = (seconds: number) => {
    now += seconds * 1_000_000;
  };
  return { client: createClient('Store', connection, pace), waits, asked: () => requests, pass, server };
}

const text = async (client: Client, own = signal): Promise<string> =>
  client.ask({ path: '/x' }, async (answer) => (await bytesOf(answer)).toString(), own);

function status(code: number, headers: Record<string, string> = {}): (response: ServerResponse) => void {
  return (response) => response.writeHead(code, headers).end('because');
}

describe('what is tried again', () => {
  test('503 twice, then an answer: three requests, waits that grow', async () => {
    let left = 2;
    const { client, waits, asked } = await clientOf((_, response) => {
      if (left-- > 0) status(503)(response);
      else response.end('well');
    });
    expect(await text(client)).toBe('well');
    expect(asked()).toBe(3);
    expect(waits).toEqual([200, 400]);
  });

  test('three times is enough', async () => {
    const { client, asked } = await clientOf((_, response) => status(502)(response));
    await expect(text(client)).rejects.toMatchObject({ kind: 'unreachable', message: expect.stringContaining('502') });
    expect(asked()).toBe(3);
  });

  test.each([400, 401, 403, 404, 422, 500])('%i is asked once', async (code) => {
    const { client, asked } = await clientOf((_, response) => status(code)(response));
    await expect(text(client)).rejects.toThrow(String(code));
    expect(asked()).toBe(1);
  });

  test('an answer that breaks off is read again from nothing', async () => {
    let left = 1;
    const { client, asked } = await clientOf((_, response) => {
      if (left-- > 0) {
        response.writeHead(200, { 'content-length': '8' }).write('half');
        setTimeout(() => response.destroy(), 20);
      } else response.end('complete');
    });
    expect(await text(client)).toBe('complete');
    expect(asked()).toBe(2);
  });

  test('a refused connection is told in words', async () => {
    const { client, server } = await clientOf(() => {});
    await server.close();
    await expect(text(client)).rejects.toMatchObject({
      kind: 'unreachable',
      message: `Nobody listens at Store at ${server.url}.`,
    });
  });
});

describe('a store that asks for patience', () => {
  test('gets it from every request', async () => {
    let first = true;
    const { client, waits } = await clientOf((_, response) => {
      if (first) status(429, { 'retry-after': '3' })(response);
      else response.end('well');
      first = false;
    });
    expect(await text(client)).toBe('well');
    expect(waits).toEqual([3_000]);
  });

  test('for longer than a question can wait: the failure says how long', async () => {
    const { client, asked } = await clientOf((_, response) => status(429, { 'retry-after': '3600' })(response));
    await expect(text(client)).rejects.toMatchObject({ kind: 'busy', retryAfter: 3_600, retryable: true });
    expect(asked()).toBe(1);
  });

  test('with a date', async () => {
    const { client } = await clientOf((_, response) =>
      status(503, { 'retry-after': 'Sun, 22 Nov 2026 12:01:00 GMT' })(response),
    );
    await expect(text(client)).rejects.toMatchObject({ retryAfter: 60 });
  });
});

describe('a sick store is left alone', () => {
  test('after five failures nothing is sent; later one request tries', async () => {
    let well = false;
    const { client, asked, pass } = await clientOf((_, response) => {
      if (well) response.end('well');
      else status(500)(response);
    });
    for (let time = 0; time < 5; time += 1) await expect(text(client)).rejects.toThrow('500');
    await expect(text(client)).rejects.toThrow('left alone');
    expect(asked()).toBe(5);
    pass(5);
    await expect(text(client)).rejects.toThrow('500');
    pass(5);
    await expect(text(client), 'the second rest is twice as long').rejects.toThrow('left alone');
    pass(5);
    well = true;
    expect(await text(client)).toBe('well');
    expect(await text(client)).toBe('well');
  });

  test('wrong questions do not count as its sickness', async () => {
    const { client, asked } = await clientOf((_, response) => status(400)(response));
    for (let time = 0; time < 8; time += 1) await expect(text(client)).rejects.toThrow('400');
    expect(asked()).toBe(8);
  });
});

describe('bounds', () => {
  test('so many at a time, in order', async () => {
    let open = 0;
    let most = 0;
    const { client } = await clientOf(
      (_, response) => {
        open += 1;
        most = Math.max(most, open);
        setTimeout(() => {
          open -= 1;
          response.end('x');
        }, 20);
      },
      { concurrency: 3 },
    );
    await Promise.all(Array.from({ length: 12 }, () => text(client)));
    expect(most).toBe(3);
  });

  test('a connection serves many questions', async () => {
    const connections = new Set<unknown>();
    const { client } = await clientOf((request, response) => {
      connections.add(request.socket);
      response.end('x'.repeat(100_000));
    });
    for (let question = 0; question < 5; question += 1) await text(client);
    expect(connections.size).toBe(1);
  });

  test('an answer beyond the cap is cut off, also when it is small on the wire', async () => {
    const plain = await clientOf((_, response) => response.end(Buffer.alloc(2_000_000)), { maxMegabytes: 1 });
    await expect(text(plain.client)).rejects.toMatchObject({ kind: 'too-large' });
    const bomb = gzipSync(Buffer.alloc(200_000_000));
    const packed = await clientOf((_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb), {
      maxMegabytes: 1,
    });
    expect(bomb.length).toBeLessThan(1_000_000);
    await expect(text(packed.client)).rejects.toMatchObject({ kind: 'too-large' });
  });

  test('a slow drip ends at the time-out and is not repeated', async () => {
    const { client, asked } = await clientOf(
      (_, response) => {
        response.writeHead(200);
        const drip = setInterval(() => response.write('.'), 20);
        response.on('close', () => clearInterval(drip));
      },
      { timeoutSeconds: 0.3 },
    );
    await expect(text(client)).rejects.toMatchObject({ kind: 'timed-out', hint: expect.stringContaining('timeout') });
    expect(asked()).toBe(1);
  });
});

describe('an abort', () => {
  test('closes the connection and rejects with the reason', async () => {
    const hungUp = Promise.withResolvers<void>();
    const arrived = Promise.withResolvers<void>();
    const { client } = await clientOf((_, response) => {
      response.on('close', () => hungUp.resolve());
      response.writeHead(200).write('first');
      arrived.resolve();
    });
    const abort = new AbortController();
    const asking = text(client, abort.signal);
    await arrived.promise;
    const reason = new Error('enough');
    abort.abort(reason);
    await expect(asking).rejects.toBe(reason);
    await hungUp.promise;
  });

  test('while it waits for its turn leaves the others alone', async () => {
    const release = Promise.withResolvers<void>();
    const { client } = await clientOf(
      async (_, response) => {
        await release.promise;
        response.end('well');
      },
      { concurrency: 1 },
    );
    const first = text(client);
    const abort = new AbortController();
    const second = text(client, abort.signal);
    const third = text(client);
    const reason = new Error('enough');
    abort.abort(reason);
    await expect(second).rejects.toBe(reason);
    release.resolve();
    expect(await Promise.all([first, third])).toEqual(['well', 'well']);
  });
});

describe('who we are', () => {
  const folder = mkdtempSync(join(tmpdir(), 'causeway-client-'));
  const file = join(folder, 'secret');
  writeFileSync(file, 'from-file\n');
  endings.push(() => {});

  test.each([
    [{}, undefined],
    [{ auth: { kind: 'basic', username: 'u', password: 'p:q' } }, `Basic ${btoa('u:p:q')}`],
    [{ auth: { kind: 'bearer', token: 't' } }, 'Bearer t'],
    [{ auth: { kind: 'bearer-file', tokenFile: file } }, 'Bearer from-file'],
    [{ auth: { kind: 'basic-file', username: 'u', passwordFile: file } }, `Basic ${btoa('u:from-file')}`],
    [{ headers: { authorization: 'Token x' } }, 'Token x'],
  ])('%j', async (options, expected) => {
    const { client } = await clientOf((request, response) => {
      response.end(JSON.stringify(request.headers.authorization ?? null));
    }, options);
    expect(JSON.parse(await text(client)) ?? undefined).toBe(expected);
  });

  test('no secret is ever said, and none is sent to where a redirect points', async () => {
    let visitors = 0;
    const elsewhere = await serve((_, response) => {
      visitors += 1;
      response.end();
    });
    endings.push(elsewhere.close);
    const { client } = await clientOf(
      (_, response) => response.writeHead(302, { location: `${elsewhere.url}/login?token=s3cret` }).end(),
      { auth: { kind: 'bearer', token: 's3cret' } },
    );
    const failure = await text(client).catch((thrown) => thrown);
    expect(failure).toMatchObject({
      kind: 'misconfigured',
      message: expect.stringContaining(`${elsewhere.url}/login`),
    });
    expect(`${failure.message} ${failure.hint}`).not.toContain('s3cret');
    expect(visitors).toBe(0);
    rmSync(folder, { recursive: true, force: true });
  });

  test.each([
    [{ url: 'ftp://x' }, 'http'],
    [{ url: 'http://u:p@x' }, 'auth'],
    [{ url: 'http://x/?a=b' }, 'before'],
    [{ url: 'http://x', headers: { 'a b': 'c' } }, 'header name'],
    [{ url: 'http://x', headers: { a: 'c\nd' } }, 'header value'],
    [{ url: 'https://x', tls: { cert: 'c.pem' } }, 'belong together'],
  ])('%j cannot work, and why', (options, why) => {
    const result = z.strictObject(CONNECTION).safeParse(options);
    expect(result.success).toBe(false);
    expect(JSON.stringify(result.error?.issues)).toContain(why);
  });
});

describe('TLS', () => {
  async function tlsServer(mutual: boolean): Promise<{ url: string; ca: string; cert: string; key: string }> {
    const folder = mkdtempSync(join(tmpdir(), 'causeway-tls-'));
    const own = createCertificate('localhost');
    const client = createCertificate('bot');
    const server = createServer(
      { key: own.key, cert: own.certificate, ...(mutual ? { requestCert: true, ca: client.certificate } : {}) },
      (_, response) => response.end('well'),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    endings.push(
      () => closed(server),
      () => rmSync(folder, { recursive: true, force: true }),
    );
    const files = { ca: own.certificate, cert: client.certificate, key: client.key };
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, `${name}.pem`), content);
    const path = (name: string) => join(folder, `${name}.pem`);
    return { url: `https://localhost:${portOf(server)}`, ca: path('ca'), cert: path('cert'), key: path('key') };
  }

  const connect = (options: object): Client => createClient('Store', z.strictObject(CONNECTION).parse(options));

  test('a certificate of your own is refused with the way out, which works', async () => {
    const { url, ca } = await tlsServer(false);
    await expect(text(connect({ url }))).rejects.toMatchObject({
      kind: 'misconfigured',
      message: expect.stringContaining('not trusted'),
      hint: expect.stringContaining('backend.tls.ca'),
    });
    expect(await text(connect({ url, tls: { ca } }))).toBe('well');
  });

  test('mutual TLS shows our certificate', async () => {
    const { url, ca, cert, key } = await tlsServer(true);
    expect(await text(connect({ url, tls: { ca, cert, key } }))).toBe('well');
    await expect(text(connect({ url, tls: { ca } }))).rejects.toMatchObject({
      hint: expect.stringMatching(/cert|later/),
    });
  });

  test('plain HTTP where TLS was expected, and a file that is not there', async () => {
    const { server } = await clientOf((_, response) => response.end('well'));
    await expect(text(connect({ url: server.url.replace('http:', 'https:') }))).rejects.toMatchObject({
      kind: 'misconfigured',
      hint: expect.stringContaining('http://'),
    });
    expect(() => connect({ url: 'https://x', tls: { ca: '/nowhere.pem' } })).toThrow('backend.tls.ca');
  });
});
