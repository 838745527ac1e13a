import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { QueuedJob } from '../../src/ports/job-queue.ts';
import { DistributedQueue } from '../../src/queue/distributed.ts';
import { connectRedis, type RedisLink } from '../../src/redis.ts';
import { jobQueueContract } from '../contracts/job-queue.ts';
import { describeWith, redisServer } from '../needs.ts';
import { type RedisServer, startRedis } from '../store/redis-server.ts';
import { silentLog } from './silent-log.ts';

describeWith('redis-server', redisServer !== undefined, 'on a real Redis', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.stop());

  jobQueueContract('the distributed queue', async () => {
    const prefix = `test-${randomUUID()}`;
    const links: RedisLink[] = [];
    return {
      async open(options) {
        const redis = await connectRedis(server.url, silentLog);
        links.push(redis);
        return new DistributedQueue({ redis, log: silentLog, prefix, ...options });
      },
      child: [join(import.meta.dirname, 'child.ts'), 'distributed', server.url, prefix],
      async dispose() {
        for (const link of links) await link.close();
      },
    };
  });

  test('jobs outlive a crash of Redis, and its workers find back to it', async () => {
    const redis = await connectRedis(server.url, silentLog);
    const prefix = `test-${randomUUID()}`;
    const options = { redis, log: silentLog, prefix, leaseMs: 900, backoff: { firstMs: 20, factor: 2 } };
    const [adder, worker] = [new DistributedQueue(options), new DistributedQueue(options)];
    const seen: string[] = [];
    const handle = async (job: QueuedJob) => void seen.push('investigation' in job ? job.investigation : '');
    worker.work(handle, { concurrency: 1 });
    const add = (name: string, delayMs: number) =>
      adder.add({ kind: 'investigate', investigation: name }, { key: name, delayMs });
    await add('before', 1_500);
    await server.restart();
    await vi.waitFor(async () => expect(await add('after', 0)).toMatch(/added|duplicate/), { timeout: 10_000 });
    await vi.waitFor(() => expect(seen.toSorted()).toEqual(['after', 'before']), { timeout: 15_000 });
    await worker.close(1_000);
    await adder.close(0);
    await redis.close();
  });
});
