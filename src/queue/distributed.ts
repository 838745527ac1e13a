import { randomUUID } from 'node:crypto';
import { type Job as BullJob, Queue, UnrecoverableError, WaitingError, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { Failure } from '../failure.ts';
import type { JobAttempt, JobQueue, QueueDepth, QueuedJob } from '../ports/job-queue.ts';
import type { Log } from '../ports/log.ts';
import type { RedisLink } from '../redis.ts';
import { ATTEMPTS, type Backoff, backoffMs, DEAD_LIMIT, defaultBackoff, jobFrom } from './job.ts';
import { GRACE_MS, within } from './within.ts';

export type DistributedQueueOptions = {
  readonly redis: RedisLink;
  readonly log: Log;
  readonly backoff?: Backoff;
  /** How long a worker that shows no sign of life keeps its job. */
  readonly leaseMs?: number;
  /** Begins every key, so that several bots can share one Redis. */
  readonly prefix?: string;
};

type Handle = (job: QueuedJob, attempt: JobAttempt) => Promise<void>;
const NAME = 'jobs';
const RESTART_MS = 1_000;

/**
 * The queue of the distributed shape: BullMQ, with any number of workers. Keys begin with `causeway:jobs:`.
 *
 * A job's key is BullMQ's deduplication id, which lives until the job is done or dead; its own id is random, so that a dead
 * job does not block its key. BullMQ counts failed attempts and stalls (workers that died) apart; here both are attempts.
 */
export class DistributedQueue implements JobQueue {
  readonly #redis: RedisLink;
  readonly #log: Log;
  readonly #backoff: Backoff;
  readonly #leaseMs: number;
  readonly #prefix: string;
  readonly #queue: Queue<QueuedJob>;
  readonly #running = new Map<string, { readonly abort: AbortController; readonly settled: Promise<void> }>();
  #worker: { readonly bull: Worker<QueuedJob>; readonly connection: Redis } | undefined;
  #restart: NodeJS.Timeout | undefined;
  #closing = false;

  constructor(options: DistributedQueueOptions) {
    this.#redis = options.redis;
    this.#log = options.log;
    this.#backoff = options.backoff ?? defaultBackoff;
    this.#leaseMs = options.leaseMs ?? 15_000;
    this.#prefix = options.prefix ?? 'causeway';
    this.#queue = new Queue<QueuedJob>(NAME, {
      connection: options.redis.commands,
      prefix: this.#prefix,
      defaultJobOptions: {
        attempts: ATTEMPTS,
        backoff: { type: 'custom' },
        removeOnComplete: true,
        removeOnFail: { count: DEAD_LIMIT },
      },
    });
    this.#queue.on('error', (error) => this.#tell(error));
  }

  async add(
    job: QueuedJob,
    options: { readonly key: string; readonly delayMs?: number },
  ): Promise<'added' | 'duplicate'> {
    const jobId = randomUUID();
    const stands = await this.#redis.run(() =>
      this.#queue.add(job.kind, job, {
        jobId,
        delay: Math.max(0, Math.round(options.delayMs ?? 0)),
        deduplication: { id: options.key },
      }),
    );
    return stands.id === jobId ? 'added' : 'duplicate';
  }

  work(handle: Handle, options: { readonly concurrency: number }): void {
    if (this.#worker !== undefined) throw new Failure('internal', 'The queue has a worker already.', 'This is a bug.');
    this.#startWorker(handle, options.concurrency);
  }

  /** BullMQ's worker mends its connections, except when one breaks before it is ready: then it is made anew. */
  #startWorker(handle: Handle, concurrency: number): void {
    const connection = this.#redis.waiting();
    connection.on('error', (error: Error) => this.#tell(error));
    const bull = new Worker<QueuedJob>(NAME, (job, token) => this.#process(handle, job, token), {
      connection,
      prefix: this.#prefix,
      concurrency,
      lockDuration: this.#leaseMs,
      stalledInterval: this.#leaseMs / 2,
      maxStalledCount: ATTEMPTS - 1,
      drainDelay: 5,
      settings: {
        backoffStrategy: (failures, _type, thrown, job) =>
          backoffMs(this.#backoff, failures + stalls(job), thrown, Math.random()),
      },
    });
    bull.on('error', (error) => this.#tell(error));
    bull.on('stalled', (id) => this.#log.warn({ job: id }, 'the worker of a job died: it runs again'));
    bull.on('lockRenewalFailed', (ids) => {
      const lost = new Failure('busy', 'The lease of the job was lost.', 'Another worker has taken the job over.');
      for (const id of ids) this.#running.get(id)?.abort.abort(lost);
    });
    bull.on('failed', (job, error) => {
      const fields = { job: job?.id, failure: error.message };
      if (job !== undefined && job.finishedOn === undefined)
        this.#log.warn(fields, 'a job failed and will be tried again');
      else this.#log.error(fields, 'a job failed for the last time');
    });
    this.#worker = { bull, connection };
    bull.waitUntilReady().catch((thrown: unknown) => {
      if (this.#closing) return;
      this.#log.warn(
        { redis: this.#redis.address, error: String(thrown) },
        'queue: the worker did not start, trying again',
      );
      void bull.close().catch(() => {});
      connection.disconnect();
      this.#restart = setTimeout(() => this.#startWorker(handle, concurrency), RESTART_MS);
    });
  }

  async depth(): Promise<QueueDepth> {
    return this.#redis.run(async () => {
      const counts = await this.#queue.getJobCounts('waiting', 'delayed', 'active', 'failed');
      const [oldest] = await this.#queue.getJobs(['waiting'], 0, 0, true);
      return {
        waiting: counts.waiting ?? 0,
        delayed: counts.delayed ?? 0,
        active: counts.active ?? 0,
        dead: counts.failed ?? 0,
        oldestMs: oldest === undefined ? 0 : Math.max(0, Date.now() - oldest.timestamp - oldest.delay),
      };
    });
  }

  async close(drainMs: number): Promise<void> {
    this.#closing = true;
    clearTimeout(this.#restart);
    if (this.#worker !== undefined) {
      const { bull, connection } = this.#worker;
      await bull.pause(true);
      const settled = () => Promise.all([...this.#running.values()].map((running) => running.settled));
      if (!(await within(drainMs, settled()))) {
        const reason = new Failure('timed-out', 'The bot is shutting down.', 'The work goes on after the next start.');
        for (const { abort } of this.#running.values()) abort.abort(reason);
        await within(GRACE_MS, settled());
      }
      const left = this.#running.size > 0;
      if (!(await within(GRACE_MS, bull.close(left)))) void bull.disconnect();
      connection.disconnect();
    }
    await this.#queue.close();
  }

  #process(handle: Handle, job: BullJob<QueuedJob>, token: string | undefined): Promise<void> {
    const id = job.id ?? '';
    const abort = new AbortController();
    const attempt = this.#attempt(handle, job, token, abort.signal);
    const settled = attempt.catch(() => {}).finally(() => this.#running.delete(id));
    this.#running.set(id, { abort, settled });
    return attempt;
  }

  async #attempt(
    handle: Handle,
    job: BullJob<QueuedJob>,
    token: string | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    const number = job.attemptsMade + job.stalledCounter + 1;
    if (number > ATTEMPTS) throw new UnrecoverableError('Its worker died at every attempt.');
    try {
      await handle(jobFrom(job.data), { number, last: number === ATTEMPTS, signal });
    } catch (thrown) {
      if (this.#closing && signal.aborted) {
        await job.moveToWait(token);
        throw new WaitingError();
      }
      if (number < ATTEMPTS) throw thrown;
      throw new UnrecoverableError(Failure.from(thrown).message);
    }
  }

  /** The connection's own listener tells its troubles; what else BullMQ says goes to the log. */
  #tell(error: Error): void {
    if (!this.#closing)
      this.#log.warn({ redis: this.#redis.address, error: error.message }, 'queue: trouble with Redis');
  }
}

/** How often the workers of a job died. BullMQ counts it but shows only part of the job to a backoff strategy. */
function stalls(job: object | undefined): number {
  return job !== undefined && 'stalledCounter' in job && typeof job.stalledCounter === 'number'
    ? job.stalledCounter
    : 0;
}
