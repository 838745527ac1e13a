import { z } from 'zod';
import type { Followers } from '../ports/followers.ts';
import type { RedisLink } from '../redis.ts';
import { FOLLOW, MOVE } from './follower-scripts.ts';
import { defaultRetention, type Retention } from './retention.ts';

const TITLES = 3;
const totals = z.object({ alerts: z.coerce.number().default(0), repeats: z.coerce.number().default(0) });

/**
 * The followers of the distributed shape. Keys, each of which Redis forgets by itself:
 *
 * | key | type | holds |
 * | --- | --- | --- |
 * | `causeway:leader:<source>:<alert id>` | string | whom the alert follows, until it ends |
 * | `causeway:followers:<id>` | hash | the last delivery counted of each alert `<source>:<alert id>` |
 * | `causeway:following:<id>` | hash | `alerts` and `repeats` |
 * | `causeway:titles:<id>` | sorted set | titles by the time of their first alert |
 */
export function distributedFollowers({
  redis,
  retention = defaultRetention,
  prefix = 'causeway',
}: {
  readonly redis: RedisLink;
  readonly retention?: Retention;
  readonly prefix?: string;
}): Followers {
  const key = (kind: string, ...parts: readonly string[]) => [prefix, kind, ...parts].join(':');
  const keysOf = (leader: string) => [key('followers', leader), key('following', leader), key('titles', leader)];
  const { keepMs } = retention;
  return {
    async follow(leader, { source, alertId, delivery, title, at }) {
      const keys = [key('leader', source, alertId), ...keysOf(leader)];
      const given = [leader, `${source}:${alertId}`, delivery, title, at, keepMs];
      await redis.run((commands) => commands.eval(FOLLOW, keys.length, ...keys, ...given));
    },
    async leaderOf(source, alertId) {
      return (await redis.run((commands) => commands.get(key('leader', source, alertId)))) ?? undefined;
    },
    async end(source, alertId) {
      await redis.run((commands) => commands.del(key('leader', source, alertId)));
    },
    async of(leader) {
      const [, following, titles] = keysOf(leader);
      const [counts, said] = await redis.run((commands) =>
        Promise.all([commands.hgetall(following ?? ''), commands.zrange(titles ?? '', 0, `${TITLES - 1}`)]),
      );
      return { ...totals.parse(counts), titles: said };
    },
    async move(from, to) {
      const keys = [...keysOf(from), ...keysOf(to)];
      await redis.run((commands) =>
        commands.eval(MOVE, keys.length, ...keys, from, to, `${keepMs}`, key('leader', '')),
      );
    },
  };
}
