import { z } from 'zod';
import { Failure } from '../failure.ts';
import type { Occurrence, Recurrences } from '../ports/recurrences.ts';
import type { RedisLink } from '../redis.ts';
import { defaultRetention, type Retention } from './retention.ts';

/** Times that one cause is remembered at most; the oldest go first. */
const EACH = 200;

/**
 * Replaces the note of an investigation, keeps what fixed it, and lets the oldest go.
 * KEYS: the cause's notes and their times. ARGV: investigation, time, note, what fixed it or nothing, keep for ms, most.
 */
const NOTE = `
  local stands = redis.call('HGET', KEYS[1], ARGV[1])
  local note = cjson.decode(ARGV[3])
  if ARGV[4] == '' and stands then note['fixedBy'] = cjson.decode(stands)['fixedBy'] end
  redis.call('HSET', KEYS[1], ARGV[1], cjson.encode(note))
  redis.call('ZADD', KEYS[2], ARGV[2], ARGV[1])
  local surplus = redis.call('ZCARD', KEYS[2]) - tonumber(ARGV[6])
  for _, old in ipairs(surplus > 0 and redis.call('ZRANGE', KEYS[2], 0, surplus - 1) or {}) do
    redis.call('HDEL', KEYS[1], old)
    redis.call('ZREM', KEYS[2], old)
  end
  redis.call('PEXPIRE', KEYS[1], ARGV[5])
  redis.call('PEXPIRE', KEYS[2], ARGV[5])
  return 1`;

// The time stands in the sorted set as well, but as text it survives Lua, whose numbers print with 14 digits.
const stored = z.object({
  at: z.string().transform(Number),
  thread: z.object({ channel: z.string(), ts: z.string() }).optional(),
  fixedBy: z.string().optional(),
});

/**
 * The recurrences of the distributed shape: `causeway:occurrences:<fingerprint>`, a hash of notes by investigation, and
 * `causeway:occurred:<fingerprint>`, a sorted set of the investigations by time. Redis forgets both by itself.
 */
export function distributedRecurrences({
  redis,
  retention = defaultRetention,
  prefix = 'causeway',
}: {
  readonly redis: RedisLink;
  readonly retention?: Retention;
  readonly prefix?: string;
}): Recurrences {
  const keysOf = (fingerprint: string) =>
    [`${prefix}:occurrences:${fingerprint}`, `${prefix}:occurred:${fingerprint}`] as const;
  return {
    async note({ fingerprint, investigation, at, thread, fixedBy }) {
      const note = JSON.stringify({ at: String(at), thread, fixedBy });
      const bounds = [retention.occurrenceMs, Math.min(EACH, retention.occurrences)];
      await redis.run((commands) =>
        commands.eval(NOTE, 2, ...keysOf(fingerprint), investigation, at, note, fixedBy ?? '', ...bounds),
      );
    },
    async of(fingerprint, limit) {
      if (limit <= 0) return [];
      const [notes, times] = keysOf(fingerprint);
      const ids = await redis.run((commands) => commands.zrevrange(times, 0, limit - 1));
      if (ids.length === 0) return [];
      const found = await redis.run((commands) => commands.hmget(notes, ...ids));
      return ids.flatMap((investigation, index): readonly Occurrence[] => {
        const note = found[index];
        return typeof note === 'string' ? [{ fingerprint, investigation, ...read(note) }] : [];
      });
    },
  };
}

function read(note: string): Omit<Occurrence, 'fingerprint' | 'investigation'> {
  const result = stored.safeParse(JSON.parse(note));
  if (result.success) {
    const { at, thread, fixedBy } = result.data;
    return { at, ...(thread === undefined ? {} : { thread }), ...(fixedBy === undefined ? {} : { fixedBy }) };
  }
  throw new Failure('internal', 'What is known of an earlier incident cannot be read.', 'This is a bug: report it.', {
    cause: result.error,
  });
}
