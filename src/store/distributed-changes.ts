import type { Changes } from '../ports/changes.ts';
import type { RedisLink } from '../redis.ts';
import { type ChangeRetention, changeRetention, readChanges, writeChange } from './change-document.ts';

/**
 * Keeps one change and lets go what is too old or too much, at most 50 of each.
 * KEYS: ids by time, documents by id. ARGV: id, time, document, oldest time, most changes, keep for ms.
 */
const KEEP = `
  redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
  redis.call('HSET', KEYS[2], ARGV[1], ARGV[3])
  local gone = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[4], 'LIMIT', 0, 50)
  local surplus = redis.call('ZCARD', KEYS[1]) - #gone - tonumber(ARGV[5])
  if surplus > 0 then
    for _, id in ipairs(redis.call('ZRANGE', KEYS[1], #gone, #gone + math.min(surplus, 50) - 1)) do
      table.insert(gone, id)
    end
  end
  for _, id in ipairs(gone) do
    redis.call('ZREM', KEYS[1], id)
    redis.call('HDEL', KEYS[2], id)
  end
  redis.call('PEXPIRE', KEYS[1], ARGV[6])
  redis.call('PEXPIRE', KEYS[2], ARGV[6])`;

/** The changes of the distributed shape: `causeway:changes`, ids by time, and `causeway:change-documents`, a hash. */
export function distributedChanges({
  redis,
  prefix = 'causeway',
  now = () => Date.now() * 1_000,
  retention = changeRetention,
}: {
  readonly redis: RedisLink;
  readonly prefix?: string;
  readonly now?: () => number;
  readonly retention?: ChangeRetention;
}): Changes {
  const byTime = `${prefix}:changes`;
  const documents = `${prefix}:change-documents`;
  const since = () => now() - retention.keepMs * 1_000;
  return {
    async keep(change) {
      const { keepMs, changes } = retention;
      const rest = [since(), changes, keepMs];
      await redis.run((commands) =>
        commands.eval(KEEP, 2, byTime, documents, change.id, change.at, writeChange(change), ...rest),
      );
    },
    async between(from, to, limit) {
      if (limit <= 0) return [];
      const first = Math.max(from, since() + 1);
      const ids = await redis.run((commands) => commands.zrevrangebyscore(byTime, to, first, 'LIMIT', 0, limit));
      if (ids.length === 0) return [];
      const found = await redis.run((commands) => commands.hmget(documents, ...ids));
      return readChanges(found.flatMap((document) => document ?? []));
    },
  };
}
