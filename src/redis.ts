import { Redis } from 'ioredis';
import { Failure } from './failure.ts';
import type { Log } from './ports/log.ts';

/** The Redis (or Valkey, Dragonfly) of the distributed shape, checked and shared by queue, store and ledger. */
export type RedisLink = {
  /** For commands that answer at once: fails within seconds when Redis does not. */
  readonly commands: Redis;
  /** A pattern, itself not connected, for connections that may wait for ever, as a worker's do. */
  waiting(): Redis;
  /** `host:port`, never with a password. */
  readonly address: string;
  /** Runs commands and turns what goes wrong into a `Failure` that names the address. */
  run<T>(work: (commands: Redis) => Promise<T>): Promise<T>;
  close(): Promise<void>;
};

const CONNECT_MS = 5_000;
const COMMAND_MS = 4_000;

/**
 * Connects and checks that the server is fit to keep jobs: it must never evict (`maxmemory-policy noeviction`), because an
 * evicted key is a lost incident. A server without an append-only file is told in the log: it forgets at its restart.
 *
 * Throws a `Failure`: `unreachable`, or `misconfigured` when it refuses the password or would evict.
 */
export async function connectRedis(url: string, log: Log): Promise<RedisLink> {
  const address = addressIn(url);
  const commands = new Redis(url, {
    lazyConnect: true,
    connectTimeout: CONNECT_MS,
    commandTimeout: COMMAND_MS,
    maxRetriesPerRequest: 1,
    retryStrategy: (times) => Math.min(100 * 2 ** Math.min(times, 6), 5_000),
  });
  let lastError: Error | undefined;
  commands.on('error', (error: Error) => {
    if (lastError?.message !== error.message)
      log.warn({ redis: address, error: error.message }, 'Redis: connection trouble');
    lastError = error;
  });
  commands.on('ready', () => {
    if (lastError !== undefined) log.info({ redis: address }, 'Redis: connected again');
    lastError = undefined;
  });
  try {
    await commands.connect();
    await refuseEviction(commands, address, log);
  } catch (thrown) {
    commands.disconnect();
    throw redisFailure(lastError ?? thrown, address);
  }
  return {
    commands,
    waiting: () => commands.duplicate({ maxRetriesPerRequest: null, commandTimeout: undefined }),
    address,
    async run(work) {
      try {
        return await work(commands);
      } catch (thrown) {
        throw redisFailure(thrown, address);
      }
    },
    async close() {
      commands.disconnect();
    },
  };
}

async function refuseEviction(commands: Redis, address: string, log: Log): Promise<void> {
  const info = await commands.info();
  const policy = /^maxmemory_policy:(\S+)/m.exec(info)?.[1];
  if (policy === undefined) {
    log.warn({ redis: address }, 'Redis does not tell its maxmemory-policy: make sure that it never evicts');
  } else if (policy !== 'noeviction') {
    throw new Failure(
      'misconfigured',
      `Redis at ${address} evicts keys when its memory is full (maxmemory-policy ${policy}), which would lose incidents.`,
      'Set `maxmemory-policy noeviction`, or use a Redis of its own for Causeway.',
    );
  }
  if (/^aof_enabled:0/m.test(info)) {
    log.warn({ redis: address }, 'Redis keeps no append-only file: what waits is lost at its restart (appendonly yes)');
  }
}

/** Throws a `Failure` that does not repeat the URL, which may hold a password. */
function addressIn(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !['redis:', 'rediss:'].includes(parsed.protocol) || parsed.hostname === '') {
    throw new Failure('misconfigured', 'REDIS_URL is not an address of a Redis.', 'Write it as redis://host:6379.');
  }
  return `${parsed.hostname}:${parsed.port || '6379'}`;
}

/** What went wrong with Redis, for a person. */
export function redisFailure(thrown: unknown, address: string): Failure {
  if (thrown instanceof Failure) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  if (/NOAUTH|WRONGPASS|NOPERM|invalid password|without any password/i.test(message)) {
    return new Failure(
      'misconfigured',
      `Redis at ${address} refuses the user or the password.`,
      'Write them into REDIS_URL as redis://user:password@host:port.',
      { cause: thrown },
    );
  }
  if (/^OOM|MISCONF|READONLY/.test(message)) {
    return new Failure(
      'busy',
      `Redis at ${address} takes no writes (${message.split(' ')[0]}).`,
      'Look at its memory, its disk and whether it is the primary.',
      { cause: thrown, retryAfter: 10 },
    );
  }
  if (
    /ECONN|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|EPIPE|timed out|Connection is closed|max retries|LOADING/i.test(
      message,
    )
  ) {
    return new Failure(
      'unreachable',
      `Redis at ${address} does not answer.`,
      'Check that it runs and that REDIS_URL names it.',
      { cause: thrown, retryAfter: 5 },
    );
  }
  return new Failure('internal', `Redis at ${address} failed: ${message}.`, 'Look at the log of Redis.', {
    cause: thrown,
  });
}
