import type { Ledger } from '../ports/ledger.ts';
import type { RedisLink } from '../redis.ts';

/** Answers the note that stands, or sets ours and answers nothing. One step, so one claimer wins. */
const CLAIM = `
  local stands = redis.call('GET', KEYS[1])
  if stands then return stands end
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
  return false`;

/** One more; the first one says when the number is forgotten. */
const COUNT = `
  local number = redis.call('INCR', KEYS[1])
  if number == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
  return number`;

/** The ledger of the distributed shape: a string `causeway:ledger:<key>` a note, which Redis forgets at its end. */
export function distributedLedger({ redis, prefix = 'causeway' }: { redis: RedisLink; prefix?: string }): Ledger {
  const name = (key: string) => `${prefix}:ledger:${key}`;
  return {
    async claim(key, note, keepMs) {
      const stands = await redis.run((commands) => commands.eval(CLAIM, 1, name(key), note, Math.max(1, keepMs)));
      return typeof stands === 'string' ? { ours: false, note: stands } : { ours: true, note };
    },
    async read(key) {
      return (await redis.run((commands) => commands.get(name(key)))) ?? undefined;
    },
    async count(key, keepMs) {
      return Number(await redis.run((commands) => commands.eval(COUNT, 1, name(key), Math.max(1, keepMs))));
    },
    async settle(key, note, keepMs) {
      await redis.run((commands) => commands.set(name(key), note, 'PX', Math.max(1, keepMs)));
    },
  };
}
