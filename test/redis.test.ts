import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Log } from '../src/ports/log.ts';
import { connectRedis, type RedisLink } from '../src/redis.ts';
import { describeWith, redisServer } from './needs.ts';
import { silentLog } from './queue/silent-log.ts';
import { freePort, type RedisServer, startRedis } from './store/redis-server.ts';

const links: RedisLink[] = [];
const connect = async (url: string, log: Log = silentLog) => {
  const link = await connectRedis(url, log);
  links.push(link);
  return link;
};
const failureOf = async (url: string) =>
  connect(url).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
afterEach(async () => {
  for (const link of links.splice(0)) await link.close();
});

describe('an address of Redis', () => {
  test.each([
    '',
    'localhost:6379',
    'http://u:tops3cret@h',
    'redis://',
    'nonsense tops3cret',
  ])('%j is none', async (url) => {
    const failure = await failureOf(url);
    expect(failure).toMatchObject({
      name: 'Failure',
      kind: 'misconfigured',
      hint: expect.stringContaining('redis://'),
    });
    expect(JSON.stringify([failure, String(failure)])).not.toContain('tops3cret');
  });

  test('where nothing listens is told without the password', async () => {
    const port = await freePort();
    const failure = await failureOf(`redis://bot:tops3cret@127.0.0.1:${port}`);
    expect(failure).toMatchObject({ kind: 'unreachable', message: `Redis at 127.0.0.1:${port} does not answer.` });
    expect(String(failure)).not.toContain('tops3cret');
  });
});

describeWith('redis-server', redisServer !== undefined, 'a real Redis', () => {
  const servers: RedisServer[] = [];
  const start = async (...settings: string[]) => {
    const server = await startRedis(settings);
    servers.push(server);
    return server;
  };
  let plain: RedisServer;
  beforeAll(async () => {
    plain = await start();
  });
  afterAll(async () => {
    for (const server of servers) await server.stop();
  });

  test('that never evicts is taken without a word', async () => {
    const said: string[] = [];
    const log = { ...silentLog, warn: (_fields: unknown, message: string) => void said.push(message) };
    const link = await connect(plain.url, log);
    expect(await link.run((commands) => commands.ping())).toBe('PONG');
    expect(said).toEqual([]);
  });

  test('that evicts is refused', async () => {
    const server = await start('--maxmemory-policy', 'allkeys-lru', '--maxmemory', '100mb');
    expect(await failureOf(server.url)).toMatchObject({
      kind: 'misconfigured',
      message: expect.stringContaining('allkeys-lru'),
      hint: expect.stringContaining('noeviction'),
    });
  });

  test('without an append-only file is warned about', async () => {
    const server = await start('--appendonly', 'no');
    const said: string[] = [];
    const log = { ...silentLog, warn: (_fields: unknown, message: string) => void said.push(message) };
    await connect(server.url, log);
    expect(said).toEqual([expect.stringContaining('append-only')]);
  });

  test('with a password refuses the wrong one and none, and takes the right one', async () => {
    const server = await start('--requirepass', 'right');
    const at = `127.0.0.1:${server.port}`;
    for (const url of [`redis://:tops3cret@${at}`, `redis://${at}`]) {
      const failure = await failureOf(url);
      expect(failure).toMatchObject({ kind: 'misconfigured', message: expect.stringContaining(at) });
      expect(String(failure)).not.toContain('tops3cret');
    }
    await connect(`redis://:right@${at}`);
  });

  test('that is full says busy', async () => {
    const server = await start('--maxmemory', '2mb');
    const link = await connect(server.url);
    const write = () =>
      link.run((commands) => commands.set('k', 'x'.repeat(4_000_000)).then(() => commands.set('l', 'y')));
    await expect(write()).rejects.toMatchObject({ name: 'Failure', kind: 'busy' });
  });

  test('that goes away is told within seconds, and used again when it is back', async () => {
    const server = await start();
    const link = await connect(server.url);
    const seen: string[] = [];
    process.kill(server.pid(), 'SIGSTOP');
    const stopped = link.run((commands) => commands.ping()).catch((thrown: unknown) => seen.push(String(thrown)));
    await vi.waitFor(() => expect(seen).toHaveLength(1), { timeout: 8_000 });
    await stopped;
    process.kill(server.pid(), 'SIGCONT');
    expect(seen[0]).toContain('does not answer');
    await vi.waitFor(async () => expect(await link.run((commands) => commands.ping())).toBe('PONG'), {
      timeout: 8_000,
    });
  });
});
