import type { Investigation } from '../model/investigation.ts';
import type { EpochMicros } from '../model/units.ts';
import type { Clock } from '../ports/clock.ts';
import type { Job, JobQueue } from '../ports/job-queue.ts';
import { traceparent } from '../telemetry.ts';
import { refreshOf } from './refresh.ts';

/** The jobs that an alert leads to; each key is the same for the same reason, so that what comes twice is done once. */
export function createIntakeJobs(parts: { readonly queue: JobQueue; readonly clock: Clock; isBehind(): boolean }) {
  const { queue, clock } = parts;

  async function add(job: Job, key: string, delayMs?: number): Promise<void> {
    const parent = traceparent();
    const queued = parent === undefined ? job : { ...job, traceparent: parent };
    await queue.add(queued, { key, ...(delayMs === undefined ? {} : { delayMs }) });
  }

  return {
    /** A look of its own for every time that it began to fire: the one before may still be under way. */
    look({ id, fires }: Investigation): Promise<void> {
      return add(
        { kind: 'investigate', investigation: id },
        ['investigate', id, ...(fires?.slice(-1) ?? [])].join(':'),
      );
    },
    /** Not while the queue is far behind: the card is brought up to date at its next recheck. */
    async refresh(id: string): Promise<void> {
      if (parts.isBehind()) return;
      const { key, delayMs } = refreshOf(id, clock.now());
      await add({ kind: 'refresh', investigation: id }, key, delayMs);
    },
    close: (id: string, at: EpochMicros): Promise<void> =>
      add({ kind: 'close', investigation: id }, `close:${id}:${at}`),
  };
}
