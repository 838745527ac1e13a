import type { Log } from '../ports/log.ts';
import { connectRedis } from '../redis.ts';
import { type Check, type Finding, ok, warning } from './check.ts';

/** Whether Redis answers, lets us in, never evicts, and keeps what it was told through its own restart. */
export function redisCheck(url: string): Check {
  const name = 'Redis';
  return {
    name,
    standing: false,
    async look() {
      // `connectRedis` refuses a server that evicts; what it would only log is found here.
      const redis = await connectRedis(url, QUIET);
      try {
        const before = performance.now();
        await redis.run((commands) => commands.ping());
        const took = Math.max(1, Math.round(performance.now() - before));
        const info = await redis.run((commands) => commands.info());
        return [judged(name, `${redis.address} answers in ${took} ms`, info)];
      } finally {
        await redis.close();
      }
    },
  };
}

function judged(name: string, answers: string, info: string): Finding {
  const said = (key: string): string | undefined => new RegExp(`^${key}:(\\S+)`, 'm').exec(info)?.[1];
  const version = said('redis_version') ?? 'unknown';
  const policy = said('maxmemory_policy');
  const seen = `${answers}, version ${version}`;
  if (policy === undefined)
    return warning(name, `${seen}, does not tell its maxmemory-policy`, 'Make sure that it never evicts keys.');
  if (said('aof_enabled') !== '1')
    return warning(
      name,
      `${seen}, keeps no append-only file`,
      'Set `appendonly yes`, or what waits is lost when Redis restarts.',
    );
  return ok(name, `${seen}, maxmemory-policy ${policy}, append-only file`);
}

const QUIET: Log = { info: () => {}, warn: () => {}, error: () => {} };
