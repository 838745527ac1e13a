import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, request as send } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import protobuf from 'protobufjs/minimal.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Receiver, startReceiver } from '../../src/receiver/receiver.ts';
import { CONTRACT_SPANS } from '../contracts/trace-backend.ts';
import { encodeJson, encodeProtobuf } from './otlp-encode.ts';
import { listening, quiet } from './quiet.ts';

const folder = mkdtempSync(join(tmpdir(), 'causeway-receiver-'));
const { log, said } = listening();
let receiver: Receiver;

beforeAll(async () => {
  receiver = await startReceiver({ folder: join(folder, 'main'), host: '127.0.0.1', port: 0, log });
});
afterAll(async () => {
  await receiver.close();
  rmSync(folder, { recursive: true, force: true });
});

const JSON_TYPE = { 'content-type': 'application/json' };
const PROTO_TYPE = { 'content-type': 'application/x-protobuf' };
const good = encodeJson(CONTRACT_SPANS);

type Said = {
  readonly status: number;
  readonly type: string | undefined;
  readonly headers: Record<string, unknown>;
  readonly body: Buffer;
};

/** One request with its raw answer; `chunked` leaves out the length. */
function post(
  body: Buffer,
  headers: Record<string, string>,
  options: { port?: number; path?: string; method?: string; chunked?: boolean } = {},
): Promise<Said> {
  const { port = receiver.port, path = '/v1/traces', method = 'POST', chunked = false } = options;
  return new Promise((resolve, reject) => {
    const length: Record<string, string> = chunked
      ? { 'transfer-encoding': 'chunked' }
      : { 'content-length': String(body.length) };
    const outgoing = send({ host: '127.0.0.1', port, path, method, headers: { ...headers, ...length } }, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('end', () =>
        resolve({
          status: incoming.statusCode ?? 0,
          type: incoming.headers['content-type'],
          headers: incoming.headers,
          body: Buffer.concat(chunks),
        }),
      );
    });
    outgoing.on('error', reject);
    if (chunked) for (let at = 0; at < body.length; at += 1 << 20) outgoing.write(body.subarray(at, at + (1 << 20)));
    else outgoing.write(body);
    outgoing.end();
  });
}

/** google.rpc.Status out of protobuf. */
function statusIn(body: Buffer): { code: number; message: string } {
  const reader = protobuf.Reader.create(body);
  const status = { code: 0, message: '' };
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (tag === 8) status.code = reader.int32();
    else if (tag === 18) status.message = reader.string();
    else reader.skipType(tag & 7);
  }
  return status;
}

describe('what is right', () => {
  test('is answered in its own encoding, with parameters tolerated and nothing said of a partial success', async () => {
    const json = await post(good, { 'content-type': 'application/JSON; charset=utf-8' });
    expect([json.status, json.type, json.body.toString()]).toEqual([200, 'application/json', '{}']);
    const proto = await post(encodeProtobuf(CONTRACT_SPANS), PROTO_TYPE);
    expect([proto.status, proto.type, proto.body.length]).toEqual([200, 'application/x-protobuf', 0]);
  });

  test('may be compressed, chunked or empty', async () => {
    expect((await post(gzipSync(good), { ...JSON_TYPE, 'content-encoding': 'gzip' })).status).toBe(200);
    expect((await post(deflateSync(good), { ...JSON_TYPE, 'content-encoding': 'deflate' })).status).toBe(200);
    expect((await post(good, { ...JSON_TYPE, 'content-encoding': 'identity' })).status).toBe(200);
    expect((await post(good, JSON_TYPE, { chunked: true })).status).toBe(200);
    expect((await post(Buffer.from('{}'), JSON_TYPE)).body.toString()).toBe('{}');
    expect((await post(Buffer.alloc(0), PROTO_TYPE)).status).toBe(200);
  });

  test('is kept when other spans of the request are bad, and the sender is told which', async () => {
    const [first] = CONTRACT_SPANS;
    const mixed = [
      { ...first!, traceId: 'f'.repeat(32) },
      { ...first!, traceId: '0'.repeat(32) },
    ];
    const json = await post(encodeJson(mixed), JSON_TYPE);
    expect(json.status).toBe(200);
    expect(JSON.parse(json.body.toString())).toEqual({
      partialSuccess: {
        rejectedSpans: '1',
        errorMessage: '1 span was refused: resourceSpans[0].scopeSpans[0].spans[1] has no valid traceId',
      },
    });
    const proto = protobuf.Reader.create((await post(encodeProtobuf(mixed), PROTO_TYPE)).body);
    expect(proto.uint32()).toBe(10);
    proto.uint32();
    expect([proto.uint32(), Number(proto.int64().low)]).toEqual([8, 1]);
    expect([proto.uint32(), proto.string()]).toEqual([
      18,
      '1 span was refused: resource_spans[0].scope_spans[0].spans[1] has no valid trace_id',
    ]);
    expect(
      await receiver.archive.search(
        { from: 0, to: Number.MAX_SAFE_INTEGER, order: 'latest', limit: 100 },
        new AbortController().signal,
      ),
    ).toContainEqual(expect.objectContaining({ traceId: 'f'.repeat(32) }));
  });
});

describe('what is wrong', () => {
  test('has a status that makes the sender drop it, in its own encoding', async () => {
    const json = await post(good.subarray(0, good.length - 40), JSON_TYPE);
    expect([json.status, json.type]).toEqual([400, 'application/json']);
    expect(JSON.parse(json.body.toString())).toMatchObject({ code: 3, message: expect.stringContaining('not JSON') });
    expect(json.body.toString()).not.toContain('cart');
    const proto = await post(encodeProtobuf(CONTRACT_SPANS).subarray(0, 100), PROTO_TYPE);
    expect([proto.status, proto.type]).toEqual([400, 'application/x-protobuf']);
    expect(statusIn(proto.body)).toEqual({ code: 3, message: expect.stringContaining('broken at byte') });
  });

  test.each([
    ['another type', 415, { 'content-type': 'text/plain' }, {}],
    ['no type', 415, {}, {}],
    ['a compression nobody knows', 415, { ...JSON_TYPE, 'content-encoding': 'zstd' }, {}],
    ['gzip that is none', 400, { ...JSON_TYPE, 'content-encoding': 'gzip' }, {}],
    ['another path', 404, JSON_TYPE, { path: '/v1/metrics' }],
    ['another method', 405, JSON_TYPE, { method: 'PUT' }],
  ] as const)('%s is answered %i', async (_name, status, headers, options) => {
    const answer = await post(good, { ...headers }, options);
    expect([answer.status, answer.type]).toEqual([status, 'application/json']);
    if (status === 405) expect(answer.headers.allow).toBe('POST');
  });

  test('a body of 100 MB is answered 413, with and without a length', async () => {
    const huge = Buffer.alloc(100_000_000, 0x20);
    expect((await post(huge, JSON_TYPE)).status).toBe(413);
    expect((await post(huge, JSON_TYPE, { chunked: true })).status).toBe(413);
  });

  test('a small body that unpacks to 200 MB is answered 413', async () => {
    const bomb = gzipSync(Buffer.alloc(200_000_000, 0x20));
    expect(bomb.length).toBeLessThan(1_000_000);
    expect((await post(bomb, { ...JSON_TYPE, 'content-encoding': 'gzip' })).status).toBe(413);
  });

  test('a million lists in each other are answered 400', async () => {
    expect((await post(Buffer.alloc(1_000_000, '['), JSON_TYPE)).status).toBe(400);
  });

  test('a sender that hangs up half way leaves nothing behind', async () => {
    const before = await receiver.archive.stats(new AbortController().signal);
    const outgoing = send({
      host: '127.0.0.1',
      port: receiver.port,
      path: '/v1/traces',
      method: 'POST',
      headers: { ...JSON_TYPE, 'content-length': '1000000' },
    });
    outgoing.on('error', () => {});
    outgoing.write(good);
    await new Promise((resolve) => setTimeout(resolve, 50));
    outgoing.destroy();
    await receiver.flush();
    expect((await receiver.archive.stats(new AbortController().signal)).spans).toBe(before.spans);
    expect((await post(good, JSON_TYPE)).status).toBe(200);
  });

  test('random bytes never end the worker', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 2_000 }),
        fc.constantFrom('json', 'protobuf', 'gzip'),
        async (bytes, kind) => {
          const type = kind === 'json' ? 'application/json' : 'application/x-protobuf';
          const answer = await receiver.take(Buffer.from(bytes), type, kind === 'gzip' ? 'gzip' : undefined);
          expect([200, 400]).toContain(answer.status);
        },
      ),
      { numRuns: 300 },
    );
    expect(said).toEqual([]);
  });

  test('a real request with changed bytes never ends the worker, and what was kept can be read', async () => {
    const bytes = encodeProtobuf(CONTRACT_SPANS);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        async (changes) => {
          const changed = Buffer.from(bytes);
          for (const [at, value] of changes) changed[at] = value;
          expect([200, 400]).toContain((await receiver.take(changed, 'application/x-protobuf', undefined)).status);
        },
      ),
      { numRuns: 200 },
    );
    const { signal } = new AbortController();
    const hits = await receiver.archive.search(
      { from: 0, to: Number.MAX_SAFE_INTEGER, order: 'slowest', limit: 1_000 },
      signal,
    );
    let spans = 0;
    for await (const batch of receiver.archive.fetch(
      hits.map((hit) => hit.traceId),
      signal,
    ))
      spans += batch.length;
    expect(spans).toBe((await receiver.archive.stats(signal)).spans);
    expect(said).toEqual([]);
  });
});

describe('when it cannot', () => {
  test('a port that is taken is told, and the main port still receives', async () => {
    const squatter = createServer();
    await new Promise<void>((resolve) => squatter.listen(0, '127.0.0.1', resolve));
    const address = squatter.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const other = await startReceiver({ folder: join(folder, 'taken'), host: '127.0.0.1', port, log: quiet });
    const main = createServer(
      (request, response) =>
        void other.route.handle({ request, response, url: new URL('http://x/v1/traces'), params: {} }),
    );
    await new Promise<void>((resolve) => main.listen(0, '127.0.0.1', resolve));
    const mainAddress = main.address();
    const mainPort = typeof mainAddress === 'object' && mainAddress !== null ? mainAddress.port : 0;
    expect(other.port).toBeUndefined();
    expect(other.setback).toMatchObject({
      kind: 'misconfigured',
      message: `Port ${port} on 127.0.0.1 is taken.`,
      hint: expect.stringContaining('OTLP_PORT'),
    });
    expect(
      (await post(gzipSync(good), { ...JSON_TYPE, 'content-encoding': 'gzip' }, { port: mainPort })).body.toString(),
    ).toBe('{}');
    expect((await post(Buffer.from('{'), JSON_TYPE, { port: mainPort })).status).toBe(400);
    expect((await post(Buffer.alloc(100_000_000, 0x20), JSON_TYPE, { port: mainPort, chunked: true })).status).toBe(
      413,
    );
    expect((await other.archive.stats(new AbortController().signal)).spans).toBe(CONTRACT_SPANS.length);
    main.close();
    squatter.close();
    await other.close();
  });

  test('a second owner of the folder is refused with what to do', async () => {
    await expect(
      startReceiver({ folder: join(folder, 'main'), host: '127.0.0.1', port: undefined, log: quiet }),
    ).rejects.toMatchObject({
      kind: 'misconfigured',
      message: expect.stringContaining('Another process uses'),
    });
  });

  test('behind, it asks to wait with Retry-After, and takes more afterwards', async () => {
    const small = await startReceiver({
      folder: join(folder, 'small'),
      host: '127.0.0.1',
      port: 0,
      log: quiet,
      queueBytes: 50_000,
    });
    const one = encodeJson([
      { ...CONTRACT_SPANS[0]!, attributes: { noise: randomBytes(20_000).toString('hex').slice(0, 16_000) } },
    ]);
    const many = Buffer.from(
      JSON.stringify({ resourceSpans: Array.from({ length: 20 }, () => JSON.parse(one.toString()).resourceSpans[0]) }),
    );
    const answers = await Promise.all(Array.from({ length: 40 }, () => post(many, JSON_TYPE, { port: small.port! })));
    const busy = answers.filter((answer) => answer.status === 429);
    expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([200, 429]));
    expect(busy[0]?.headers['retry-after']).toBe('1');
    await small.flush();
    expect((await post(many, JSON_TYPE, { port: small.port! })).status).toBe(200);
    const kept = answers.length - busy.length + 1;
    expect((await small.archive.stats(new AbortController().signal)).spans).toBe(kept * 20);
    await small.close();
  });

  test('closed, it answers that it may be tried again', async () => {
    const brief = await startReceiver({
      folder: join(folder, 'brief'),
      host: '127.0.0.1',
      port: undefined,
      log: quiet,
    });
    const closing = brief.close();
    const answer = await brief.take(good, 'application/json', undefined);
    expect(answer.status).toBe(503);
    expect(answer.headers['retry-after']).toBeDefined();
    await closing;
    await brief.close();
    expect((await brief.take(good, 'application/json', undefined)).status).toBe(503);
  });
});
