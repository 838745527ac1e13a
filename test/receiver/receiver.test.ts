import { mkdtempSync, rmSync } from 'node:fs';
import { request as send } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import protobuf from 'protobufjs/minimal.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Receiver, startReceiver } from '../../src/receiver/receiver.ts';
import { CONTRACT_SPANS } from '../contracts/trace-backend.ts';
import { encodeJson, encodeProtobuf } from './otlp-encode.ts';
import { JSON_TYPE, PROTO_TYPE, postTo, type Said } from './post.ts';
import { listening } from './quiet.ts';

const folder = mkdtempSync(join(tmpdir(), 'causeway-receiver-'));
const { log, said } = listening();
let receiver: Receiver;

beforeAll(async () => {
  receiver = await startReceiver({ folder, host: '127.0.0.1', port: 0, log });
});
afterAll(async () => {
  await receiver.close();
  rmSync(folder, { recursive: true, force: true });
});

const good = encodeJson(CONTRACT_SPANS);

function post(
  body: Buffer,
  headers: Record<string, string>,
  options: { path?: string; method?: string; chunked?: boolean } = {},
): Promise<Said> {
  return postTo(body, headers, { port: receiver.port, ...options });
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
  test('is told in the log once, however often it comes', async () => {
    const told = () => said.filter((line) => line === 'warn spans that were sent were refused').length;
    const before = told();
    for (let times = 0; times < 5; times += 1) await post(Buffer.from('{'), JSON_TYPE);
    expect(told()).toBeGreaterThan(0);
    expect(told() - before).toBeLessThanOrEqual(1);
  });

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
    expect(said.filter((line) => line.startsWith('error'))).toEqual([]);
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
    expect(said.filter((line) => line.startsWith('error'))).toEqual([]);
  });
});
