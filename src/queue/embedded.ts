import { randomUUID } from 'node:crypto';
import type { Connection, Database } from '../database.ts';
import { Failure } from '../failure.ts';
import type { Clock } from '../ports/clock.ts';
import type { JobAttempt, JobQueue, QueueDepth, QueuedJob } from '../ports/job-queue.ts';
import type { Log } from '../ports/log.ts';
import { ATTEMPTS, type Backoff, backoffMs, defaultBackoff, parseJob } from './job.ts';
import * as table from './lease-table.ts';
import { isGone, processIdentity } from './process-identity.ts';
import { GRACE_MS, within } from './within.ts';

export type EmbeddedQueueOptions = {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
  readonly backoff?: Backoff;
  /** How long a worker that shows no sign of life keeps its job. It is renewed three times as often. */
  readonly leaseMs?: number;
};

/** How often a worker looks for jobs that another process added; its own it knows at once. */
const LOOK_MS = 1_000;

type Handle = (job: QueuedJob, attempt: JobAttempt) => Promise<void>;
type Running = { readonly lease: table.Lease; readonly abort: AbortController; readonly settled: Promise<void> };

/**
 * The queue of the embedded shape: a table in `causeway.db` whose jobs are leased to workers.
 *
 * A worker sleeps until the next moment that the table knows (a job is due, a lease ends), at most a second; `add` in the
 * same process wakes it at once. A worker that was killed is noticed at the next start on the same machine, or else when its
 * lease runs out. A worker that lost its lease (its process slept) has its signal aborted and may no longer finish the job.
 */
export class EmbeddedQueue implements JobQueue {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #backoff: Backoff;
  readonly #leaseMs: number;
  readonly #identity = processIdentity('self');
  readonly #owner = `${this.#identity ?? '- -'} ${randomUUID()}`;
  readonly #running = new Map<number, Running>();
  #handle: Handle | undefined;
  #concurrency = 0;
  #looking: Promise<void> | undefined;
  #lookAgain = false;
  #closing = false;
  #alarm: NodeJS.Timeout | undefined;
  #renewal: NodeJS.Timeout | undefined;

  constructor(options: EmbeddedQueueOptions) {
    this.#database = options.database;
    this.#clock = options.clock;
    this.#log = options.log;
    this.#backoff = options.backoff ?? defaultBackoff;
    this.#leaseMs = options.leaseMs ?? 15_000;
  }

  async add(
    job: QueuedJob,
    options: { readonly key: string; readonly delayMs?: number },
  ): Promise<'added' | 'duplicate'> {
    const dueAt = this.#now() + Math.max(0, Math.round(options.delayMs ?? 0));
    const payload = JSON.stringify(job);
    const added = await this.#database.write((connection) => table.add(connection, options.key, payload, dueAt));
    if (added) this.#wake();
    return added ? 'added' : 'duplicate';
  }

  work(handle: Handle, options: { readonly concurrency: number }): void {
    if (this.#handle !== undefined) throw new Failure('internal', 'The queue has a worker already.', 'This is a bug.');
    this.#handle = handle;
    this.#concurrency = options.concurrency;
    this.#renewal = setInterval(() => void this.#renew(), this.#leaseMs / 3);
    this.#wake();
  }

  async depth(): Promise<QueueDepth> {
    return this.#database.read((connection) => table.depth(connection, this.#now()));
  }

  async close(drainMs: number): Promise<void> {
    this.#closing = true;
    clearTimeout(this.#alarm);
    await this.#looking;
    const settled = () => Promise.all([...this.#running.values()].map((running) => running.settled));
    if (!(await within(drainMs, settled()))) {
      const reason = new Failure('timed-out', 'The bot is shutting down.', 'The work goes on after the next start.');
      for (const running of this.#running.values()) running.abort.abort(reason);
      await within(GRACE_MS, settled());
    }
    clearInterval(this.#renewal);
  }

  #now(): number {
    return Math.floor(this.#clock.now() / 1_000);
  }

  #wake(): void {
    if (this.#handle === undefined || this.#closing) return;
    this.#lookAgain = true;
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
      if (this.#lookAgain) this.#wake();
    });
  }

  /** Takes what is due while there are free hands, then sets the alarm. Never runs twice at a time. */
  async #look(): Promise<void> {
    clearTimeout(this.#alarm);
    try {
      do {
        this.#lookAgain = false;
        await this.#takeDue();
      } while (this.#lookAgain && !this.#closing);
      const next = this.#database.read(table.nextMoment) ?? Number.POSITIVE_INFINITY;
      const free = this.#running.size < this.#concurrency;
      this.#setAlarm(free ? Math.min(Math.max(next - this.#now(), 1), LOOK_MS) : LOOK_MS);
    } catch (thrown) {
      const failure = Failure.from(thrown);
      if (!this.#closing) {
        this.#log.warn({ failure: failure.message, hint: failure.hint }, 'looking for jobs failed, trying again');
        this.#setAlarm(LOOK_MS);
      }
    }
  }

  #setAlarm(ms: number): void {
    if (!this.#closing) this.#alarm = setTimeout(() => this.#wake(), ms);
  }

  async #takeDue(): Promise<void> {
    const free = this.#concurrency - this.#running.size;
    if (free <= 0 || this.#closing) return;
    const leases = await this.#database.write((connection) => {
      const now = this.#now();
      table.recover(connection, now, (owner) => !owner.startsWith(`${this.#identity} `) && isGone(identityIn(owner)));
      return this.#closing ? [] : table.take(connection, free, this.#owner, now, now + this.#leaseMs);
    });
    for (const lease of leases) this.#start(lease);
  }

  #start(lease: table.Lease): void {
    const abort = new AbortController();
    const settled = this.#attempt(lease, abort.signal).finally(() => {
      if (this.#running.get(lease.id)?.abort === abort) this.#running.delete(lease.id);
      this.#wake();
    });
    this.#running.set(lease.id, { lease, abort, settled });
  }

  /** One attempt, from the handler's start to what the table says afterwards. Never rejects. */
  async #attempt(lease: table.Lease, signal: AbortSignal): Promise<void> {
    const last = lease.attempt >= ATTEMPTS;
    let thrown: { readonly value: unknown } | undefined;
    try {
      await this.#handle?.(parseJob(lease.payload), { number: lease.attempt, last, signal });
    } catch (value) {
      thrown = { value };
    }
    try {
      const ours = await this.#database.write((connection) => this.#settle(connection, lease, thrown, signal));
      if (!ours)
        this.#log.warn({ job: lease.id, attempt: lease.attempt }, 'a job was finished after its lease was lost');
    } catch (value) {
      const failure = Failure.from(value);
      this.#log.error(
        { job: lease.id, failure: failure.message, hint: failure.hint },
        'the end of a job was not written: it will run again when its lease is over',
      );
    }
  }

  #settle(
    connection: Connection,
    lease: table.Lease,
    thrown: { readonly value: unknown } | undefined,
    signal: AbortSignal,
  ): boolean {
    if (thrown === undefined) return table.finish(connection, lease, this.#owner);
    if (this.#closing && signal.aborted) return table.giveBack(connection, lease, this.#owner);
    const failure = Failure.from(thrown.value);
    const fields = { job: lease.id, attempt: lease.attempt, failure: failure.message, hint: failure.hint };
    if (lease.attempt >= ATTEMPTS) {
      this.#log.error(fields, 'a job failed for the last time');
      return table.bury(connection, lease, this.#owner, failure.message);
    }
    this.#log.warn(fields, 'a job failed and will be tried again');
    const wait = backoffMs(this.#backoff, lease.attempt, thrown.value, Math.random());
    return table.postpone(connection, lease, this.#owner, this.#now() + wait);
  }

  async #renew(): Promise<void> {
    const running = [...this.#running.values()];
    if (running.length === 0) return;
    try {
      const lost = await this.#database.write((connection) => {
        const until = this.#now() + this.#leaseMs;
        return running.filter(({ lease }) => !table.renew(connection, lease, this.#owner, until));
      });
      for (const { lease, abort } of lost) {
        if (this.#running.get(lease.id)?.abort !== abort) continue;
        abort.abort(new Failure('busy', 'The lease of the job was lost.', 'Another worker has taken the job over.'));
      }
    } catch (thrown) {
      const failure = Failure.from(thrown);
      this.#log.warn({ failure: failure.message, hint: failure.hint }, 'leases were not renewed');
    }
  }
}

/** The process part of an owner, which is followed by the queue's own mark. */
function identityIn(owner: string): string {
  return owner.slice(0, owner.lastIndexOf(' '));
}
