import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Database } from '../../src/database.ts';
import { systemClock } from '../../src/ports/clock.ts';
import { connectRedis, type RedisLink } from '../../src/redis.ts';
import { changeRetention, readChanges } from '../../src/store/change-document.ts';
import { distributedChanges } from '../../src/store/distributed-changes.ts';
import { embeddedChanges } from '../../src/store/embedded-changes.ts';
import { changesContract } from '../contracts/changes.ts';
import { describeWith, redisServer } from '../needs.ts';
import { silentLog } from '../queue/silent-log.ts';
import { type RedisServer, startRedis } from './redis-server.ts';

changesContract('the embedded shape', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'causeway-changes-'));
  const databases: Database[] = [];
  return {
    async open(retention = {}) {
      const database = Database.open(join(folder, 'causeway.db'));
      databases.push(database);
      return embeddedChanges({ database, clock: systemClock, retention: { ...changeRetention, ...retention } });
    },
    async dispose() {
      for (const database of databases) await database.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
});

describeWith('redis-server', redisServer !== undefined, 'on a real Redis', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.stop());

  changesContract('the distributed shape', async () => {
    const links: RedisLink[] = [];
    const prefix = `test-${randomUUID()}`;
    return {
      async open(retention = {}) {
        const redis = await connectRedis(server.url, silentLog);
        links.push(redis);
        return distributedChanges({ redis, prefix, retention: { ...changeRetention, ...retention } });
      },
      async dispose() {
        for (const link of links) await link.close();
      },
    };
  });
});

test('a damaged document is left out, and what a newer version wrote beside is kept', () => {
  const good = { id: 'a', kind: 'deploy', at: 1, title: 'A', more: 'later' };
  expect(readChanges(['{', '{"id":1}', JSON.stringify({ ...good, kind: 'dance' }), JSON.stringify(good)])).toEqual([
    good,
  ]);
});
