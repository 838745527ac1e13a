import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Database } from '../../src/database.ts';
import { systemClock } from '../../src/ports/clock.ts';
import { EmbeddedQueue } from '../../src/queue/embedded.ts';
import { jobQueueContract } from '../contracts/job-queue.ts';
import { silentLog } from './silent-log.ts';

jobQueueContract('the embedded queue', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'causeway-queue-'));
  const file = join(folder, 'causeway.db');
  const databases: Database[] = [];
  return {
    async open(options) {
      const database = Database.open(file);
      databases.push(database);
      return new EmbeddedQueue({ database, clock: systemClock, log: silentLog, ...options });
    },
    child: [join(import.meta.dirname, 'child.ts'), 'embedded', file],
    async dispose() {
      for (const database of databases) await database.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
});
