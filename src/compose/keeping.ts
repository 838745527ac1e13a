import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../config.ts';
import { Database } from '../database.ts';
import type { Changes } from '../ports/changes.ts';
import type { Clock } from '../ports/clock.ts';
import type { Followers } from '../ports/followers.ts';
import type { JobQueue } from '../ports/job-queue.ts';
import type { Ledger } from '../ports/ledger.ts';
import type { Log } from '../ports/log.ts';
import type { Recurrences } from '../ports/recurrences.ts';
import type { Store } from '../ports/store.ts';
import type { Together } from '../ports/together.ts';
import { DistributedQueue } from '../queue/distributed.ts';
import { EmbeddedQueue } from '../queue/embedded.ts';
import { connectRedis } from '../redis.ts';
import { distributedStore } from '../store/distributed.ts';
import { distributedChanges } from '../store/distributed-changes.ts';
import { distributedFollowers } from '../store/distributed-followers.ts';
import { distributedLedger } from '../store/distributed-ledger.ts';
import { distributedRecurrences } from '../store/distributed-recurrences.ts';
import { embeddedStore } from '../store/embedded.ts';
import { embeddedChanges } from '../store/embedded-changes.ts';
import { embeddedFollowers } from '../store/embedded-followers.ts';
import { embeddedLedger } from '../store/embedded-ledger.ts';
import { embeddedRecurrences } from '../store/embedded-recurrences.ts';
import { inOrder, oneCommit } from '../store/together.ts';

/** What outlives a restart, in the shape that the configuration asks for. */
export type Keeping = {
  readonly queue: JobQueue;
  readonly store: Store;
  readonly ledger: Ledger;
  readonly followers: Followers;
  readonly recurrences: Recurrences;
  readonly changes: Changes;
  readonly together: Together;
  readonly shape: string;
  close(): Promise<void>;
};

export async function openKeeping(config: Config, clock: Clock, log: Log): Promise<Keeping> {
  if (config.redisUrl === undefined) {
    const database = Database.open(join(config.data, 'causeway.db'));
    return {
      queue: new EmbeddedQueue({ database, clock, log }),
      store: embeddedStore({ database, clock }),
      ledger: embeddedLedger({ database, clock }),
      followers: embeddedFollowers({ database, clock }),
      recurrences: embeddedRecurrences({ database, clock }),
      changes: embeddedChanges({ database, clock }),
      together: oneCommit(database),
      shape: 'embedded',
      close: () => database.close(),
    };
  }
  const redis = await connectRedis(config.redisUrl, log);
  return {
    queue: new DistributedQueue({ redis, log }),
    store: distributedStore({ redis }),
    ledger: distributedLedger({ redis }),
    followers: distributedFollowers({ redis }),
    recurrences: distributedRecurrences({ redis }),
    changes: distributedChanges({ redis, now: clock.now }),
    together: inOrder,
    shape: `Redis at ${redis.address}`,
    close: () => redis.close(),
  };
}

/** The key of the hashes that stand for personal attributes: the configured one, else one made once and kept readable by us alone. */
export function hashKey(config: Config): string {
  if (config.hashKey !== undefined) return config.hashKey;
  const path = join(config.data, 'hash.key');
  if (existsSync(path)) return readFileSync(path, 'utf8').trim();
  mkdirSync(config.data, { recursive: true });
  const made = randomBytes(32).toString('hex');
  writeFileSync(path, `${made}\n`, { mode: 0o600 });
  chmodSync(path, 0o600);
  return made;
}
