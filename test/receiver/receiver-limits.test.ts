import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { startReceiver } from '../../src/receiver/receiver.ts';
import { CONTRACT_SPANS } from '../contracts/trace-backend.ts';
import { encodeJson } from './otlp-encode.ts';
import { JSON_TYPE, postTo } from './post.ts';
import { quiet } from './quiet.ts';

const folder = mkdtempSync(join(tmpdir(), 'causeway-receiver-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const good = encodeJson(CONTRACT_SPANS);

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
      (await postTo(gzipSync(good), { ...JSON_TYPE, 'content-encoding': 'gzip' }, { port: mainPort })).body.toString(),
    ).toBe('{}');
    expect((await postTo(Buffer.from('{'), JSON_TYPE, { port: mainPort })).status).toBe(400);
    expect((await postTo(Buffer.alloc(100_000_000, 0x20), JSON_TYPE, { port: mainPort, chunked: true })).status).toBe(
      413,
    );
    expect((await other.archive.stats(new AbortController().signal)).spans).toBe(CONTRACT_SPANS.length);
    main.close();
    squatter.close();
    await other.close();
  });

  test('a second owner of the folder is refused with what to do', async () => {
    const owner = await startReceiver({ folder: join(folder, 'main'), host: '127.0.0.1', port: undefined, log: quiet });
    await expect(
      startReceiver({ folder: join(folder, 'main'), host: '127.0.0.1', port: undefined, log: quiet }),
    ).rejects.toMatchObject({
      kind: 'misconfigured',
      message: expect.stringContaining('Another process uses'),
    });
    await owner.close();
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
    const answers = await Promise.all(Array.from({ length: 40 }, () => postTo(many, JSON_TYPE, { port: small.port! })));
    const busy = answers.filter((answer) => answer.status === 429);
    expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([200, 429]));
    expect(busy[0]?.headers['retry-after']).toBe('1');
    await small.flush();
    expect((await postTo(many, JSON_TYPE, { port: small.port! })).status).toBe(200);
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
