/** A process of its own for the queue's contract: `node child.ts embedded FILE MODE` or `node child.ts distributed URL PREFIX MODE`. */
import { Database } from '../../src/database.ts';
import { systemClock } from '../../src/ports/clock.ts';
import type { JobQueue } from '../../src/ports/job-queue.ts';
import { DistributedQueue } from '../../src/queue/distributed.ts';
import { EmbeddedQueue } from '../../src/queue/embedded.ts';
import { connectRedis } from '../../src/redis.ts';
import { silentLog } from './silent-log.ts';

const [shape, place = '', ...rest] = process.argv.slice(2);
const mode = rest.at(-1);
const queue = await open();

if (mode === 'hang') {
  queue.work(
    (job, { number }) => {
      process.stdout.write(`began ${'investigation' in job ? job.investigation : ''} ${number}\n`);
      return new Promise(() => {});
    },
    { concurrency: 1 },
  );
} else {
  for (let index = 0; ; index += 1) {
    await queue.add({ kind: 'investigate', investigation: `${index}` }, { key: `${index}` });
    process.stdout.write(`added ${index}\n`);
  }
}

async function open(): Promise<JobQueue> {
  const log = silentLog;
  if (shape === 'embedded') {
    return new EmbeddedQueue({ database: Database.open(place), clock: systemClock, log, leaseMs: 900 });
  }
  const redis = await connectRedis(place, log);
  return new DistributedQueue({ redis, log, prefix: rest[0] ?? '', leaseMs: 900 });
}
