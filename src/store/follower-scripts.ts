/*
 * Steps of the distributed followers on several keys, each run by Redis as one (see `redis-scripts.ts`).
 */

/**
 * KEYS: the alert's leader; the leader's followers, totals and titles.
 * ARGV: leader, alert, delivery, title, time, keep for ms.
 */
export const FOLLOW = `
  local counted = redis.call('HGET', KEYS[2], ARGV[2])
  if not counted then redis.call('HINCRBY', KEYS[3], 'alerts', 1)
  elseif counted ~= ARGV[3] then redis.call('HINCRBY', KEYS[3], 'repeats', 1) end
  redis.call('HSET', KEYS[2], ARGV[2], ARGV[3])
  redis.call('ZADD', KEYS[4], 'LT', ARGV[5], ARGV[4])
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[6])
  for place = 2, 4 do redis.call('PEXPIRE', KEYS[place], ARGV[6]) end
  return 1`;

/**
 * KEYS: followers, totals and titles of the one, then of the other.
 * ARGV: the one, the other, keep for ms, prefix of leaders.
 */
export const MOVE = `
  local rows = redis.call('HGETALL', KEYS[1])
  local repeats = tonumber(redis.call('HGET', KEYS[2], 'repeats') or '0')
  local alerts = 0
  for place = 1, #rows, 2 do
    if redis.call('HSETNX', KEYS[4], rows[place], rows[place + 1]) == 1 then alerts = alerts + 1
    else
      repeats = repeats + 1
      redis.call('HSET', KEYS[4], rows[place], rows[place + 1])
    end
    local leader = ARGV[4] .. rows[place]
    if redis.call('GET', leader) == ARGV[1] then redis.call('SET', leader, ARGV[2], 'PX', ARGV[3]) end
  end
  if #rows > 0 then
    redis.call('HINCRBY', KEYS[5], 'alerts', alerts)
    redis.call('HINCRBY', KEYS[5], 'repeats', repeats)
    local titles = redis.call('ZRANGE', KEYS[3], 0, -1, 'WITHSCORES')
    for place = 1, #titles, 2 do redis.call('ZADD', KEYS[6], 'LT', titles[place + 1], titles[place]) end
    for place = 4, 6 do redis.call('PEXPIRE', KEYS[place], ARGV[3]) end
  end
  redis.call('DEL', KEYS[1], KEYS[2], KEYS[3])
  return alerts`;
