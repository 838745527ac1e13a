import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
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
});
