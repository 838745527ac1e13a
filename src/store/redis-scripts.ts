/*
 * Steps on several keys that must happen as one. Redis runs a script to its end before anything else. The scripts name
 * keys that they work out, so they are for one server, not for Redis Cluster.
 */

/** Milliseconds by the server's clock, which all processes share. */
const NOW = `
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)`;

/**
 * Writes an investigation if it is still at the revision that was read; answers 1, or 0 when somebody was faster.
 * KEYS: document, opened, touched, and the places by which it is found (thread, alert).
 * ARGV: id, revision, document, opened at, keep for ms, most investigations, prefix of documents.
 */
export const PUT = `
  local stands = redis.call('HGET', KEYS[1], 'revision') or '0'
  if stands ~= ARGV[2] then return 0 end
  ${NOW}
  local id, keep = ARGV[1], tonumber(ARGV[5])
  redis.call('HSET', KEYS[1], 'revision', string.format('%d', stands + 1), 'document', ARGV[3])
  redis.call('PEXPIRE', KEYS[1], keep)
  for place = 4, #KEYS do
    redis.call('ZADD', KEYS[place], ARGV[4], id)
    redis.call('ZREMRANGEBYRANK', KEYS[place], 0, -101)
    redis.call('PEXPIRE', KEYS[place], keep)
  end
  redis.call('ZADD', KEYS[2], ARGV[4], id)
  redis.call('ZADD', KEYS[3], now, id)
  local gone = redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', now - keep, 'LIMIT', 0, 50)
  local surplus = redis.call('ZCARD', KEYS[3]) - #gone - tonumber(ARGV[6])
  if surplus > 0 then
    for _, oldest in ipairs(redis.call('ZRANGE', KEYS[3], #gone, #gone + math.min(surplus, 50) - 1)) do
      table.insert(gone, oldest)
    end
  end
  for _, old in ipairs(gone) do
    redis.call('DEL', ARGV[7] .. old)
    redis.call('ZREM', KEYS[2], old)
    redis.call('ZREM', KEYS[3], old)
  end
  redis.call('PEXPIRE', KEYS[2], keep)
  redis.call('PEXPIRE', KEYS[3], keep)
  return 1`;

/**
 * Keeps packed spans and lets the oldest go while all together are too many bytes.
 * KEYS: packed, times, sizes. ARGV: id, bytes, their number, keep for ms, most bytes, prefix of packed.
 */
export const KEEP = `
  ${NOW}
  local id, keep, most = ARGV[1], tonumber(ARGV[4]), tonumber(ARGV[5])
  redis.call('SET', KEYS[1], ARGV[2], 'PX', keep)
  redis.call('ZADD', KEYS[2], now, id)
  redis.call('HSET', KEYS[3], id, ARGV[3])
  local total = 0
  for _, size in ipairs(redis.call('HVALS', KEYS[3])) do total = total + size end
  local function drop(old)
    total = total - (redis.call('HGET', KEYS[3], old) or 0)
    redis.call('DEL', ARGV[6] .. old)
    redis.call('HDEL', KEYS[3], old)
    redis.call('ZREM', KEYS[2], old)
  end
  for _, old in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now - keep)) do drop(old) end
  while total > most do
    local oldest = redis.call('ZRANGE', KEYS[2], 0, 0)[1]
    if not oldest or oldest == id then break end
    drop(oldest)
  end
  redis.call('PEXPIRE', KEYS[2], keep)
  redis.call('PEXPIRE', KEYS[3], keep)
  return total`;
