import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { connectRedis, type RedisLink } from '../../src/redis.ts';
import { distributedStore } from '../../src/store/distributed.ts';
import { distributedFollowers } from '../../src/store/distributed-followers.ts';
import { distributedLedger } from '../../src/store/distributed-ledger.ts';
import { distributedRecurrences } from '../../src/store/distributed-recurrences.ts';
import { defaultRetention } from '../../src/store/retention.ts';
import { followersContract } from '../contracts/followers.ts';
import { ledgerContract } from '../contracts/ledger.ts';
import { recurrencesContract } from '../contracts/recurrences.ts';
import { storeContract } from '../contracts/store.ts';
import { describeWith, redisServer } from '../needs.ts';
import { silentLog } from '../queue/silent-log.ts';
import { type RedisServer, startRedis } from './redis-server.ts';

describeWith('redis-server', redisServer !== undefined, 'on a real Redis', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.stop());

  function makeBed() {
    const links: RedisLink[] = [];
    return {
      prefix: `test-${randomUUID()}`,
      async link() {
        const link = await connectRedis(server.url, silentLog);
        links.push(link);
        return link;
      },
      async dispose() {
        for (const link of links) await link.close();
      },
    };
  }

  storeContract('the distributed store', async () => {
    const bed = makeBed();
    const { prefix } = bed;
    const side = await bed.link();
    return {
      async open(retention = {}) {
        return distributedStore({ redis: await bed.link(), prefix, retention: { ...defaultRetention, ...retention } });
      },
      async spoil(id, document) {
        await side.commands.hset(`${prefix}:investigation:${id}`, 'document', document);
      },
      async spoilTraces(id, packed) {
        await side.commands.set(`${prefix}:traces:${id}`, Buffer.from(packed));
      },
      child: [join(import.meta.dirname, 'child.ts'), 'distributed', server.url, prefix],
      dispose: bed.dispose,
    };
  });

  ledgerContract('the distributed ledger', async () => {
    const bed = makeBed();
    return {
      open: async () => distributedLedger({ redis: await bed.link(), prefix: bed.prefix }),
      dispose: bed.dispose,
    };
  });

  followersContract('the distributed followers', async () => {
    const bed = makeBed();
    const { prefix } = bed;
    return {
      async open(retention = {}) {
        const all = { ...defaultRetention, ...retention };
        return distributedFollowers({ redis: await bed.link(), prefix, retention: all });
      },
      dispose: bed.dispose,
    };
  });

  recurrencesContract('the distributed recurrences', async () => {
    const bed = makeBed();
    const { prefix } = bed;
    return {
      async open(retention = {}) {
        const all = { ...defaultRetention, ...retention };
        return distributedRecurrences({ redis: await bed.link(), prefix, retention: all });
      },
      dispose: bed.dispose,
    };
  });
});
