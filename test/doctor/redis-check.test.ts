import { afterEach, expect, test } from 'vitest';
import { runChecks } from '../../src/doctor/check.ts';
import { redisCheck } from '../../src/doctor/redis-check.ts';
import { describeWith, redisServer } from '../needs.ts';
import { type RedisServer, startRedis } from '../store/redis-server.ts';

const { signal } = new AbortController();
const looked = async (url: string) => (await runChecks([redisCheck(url)], signal))[0];

test('nobody there, and an address that is none', async () => {
  expect(await looked('redis://:secret-word@127.0.0.1:1')).toMatchObject({
    status: 'failed',
    detail: 'Redis at 127.0.0.1:1 does not answer.',
  });
  const wrong = await looked('redis://');
  expect(wrong).toMatchObject({ status: 'failed', hint: expect.stringContaining('redis://host:6379') });
});

describeWith('redis-server', redisServer !== undefined, 'a real Redis is looked at', () => {
  let redis: RedisServer | undefined;
  afterEach(() => redis?.stop());

  test('one that keeps everything is well', async () => {
    redis = await startRedis();
    expect(await looked(redis.url)).toMatchObject({
      status: 'ok',
      detail: expect.stringMatching(/answers in \d+ ms, version [\d.]+, maxmemory-policy noeviction, append-only file/),
    });
  });

  test('one that forgets at its restart is a warning, one that evicts is a failure', async () => {
    redis = await startRedis(['--appendonly', 'no']);
    expect(await looked(redis.url)).toMatchObject({
      status: 'warning',
      hint: expect.stringContaining('appendonly yes'),
    });
    await redis.stop();
    redis = await startRedis(['--maxmemory-policy', 'allkeys-lru']);
    expect(await looked(redis.url)).toMatchObject({ status: 'failed', hint: expect.stringContaining('noeviction') });
  });

  test('a password that is wrong is not printed', async () => {
    redis = await startRedis(['--requirepass', 'right']);
    const finding = await looked(redis.url.replace('redis://', 'redis://:wrong-secret@'));
    expect(finding).toMatchObject({ status: 'failed', detail: expect.stringContaining('password') });
    expect(JSON.stringify(finding)).not.toContain('wrong-secret');
  });
});
