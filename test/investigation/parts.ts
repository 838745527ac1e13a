import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Database } from '../../src/database.ts';
import type { JobQueue, QueuedJob } from '../../src/ports/job-queue.ts';
import { embeddedStore } from '../../src/store/embedded.ts';
import { embeddedFollowers } from '../../src/store/embedded-followers.ts';
import { embeddedLedger } from '../../src/store/embedded-ledger.ts';
import { embeddedRecurrences } from '../../src/store/embedded-recurrences.ts';
import { oneCommit } from '../../src/store/together.ts';

export const quiet = { info: () => {}, warn: () => {}, error: () => {} };

/** The real store and ledger of the embedded shape in a folder of their own, and a queue that only notes what it is given. */
export function embeddedParts(clock = { now: () => Date.now() * 1_000 }) {
  const database = Database.open(join(mkdtempSync(join(tmpdir(), 'causeway-parts-')), 'causeway.db'));
  const jobs: { job: QueuedJob; key: string; delayMs: number; addedAt: number }[] = [];
  const queue: JobQueue = {
    add: async (job, { key, delayMs = 0 }) => {
      if (jobs.some((other) => other.key === key)) return 'duplicate';
      jobs.push({ job, key, delayMs, addedAt: clock.now() });
      return 'added';
    },
    work: () => {},
    depth: async () => ({ waiting: jobs.length, delayed: 0, active: 0, dead: 0, oldestMs: 0 }),
    close: async () => {},
  };
  return {
    database,
    store: embeddedStore({ database, clock }),
    ledger: embeddedLedger({ database, clock }),
    followers: embeddedFollowers({ database, clock }),
    recurrences: embeddedRecurrences({ database, clock }),
    together: oneCommit(database),
    queue,
    clock,
    jobs,
    close: () => database.close(),
  };
}
