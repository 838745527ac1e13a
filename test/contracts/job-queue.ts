import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Failure } from '../../src/failure.ts';
import type { JobAttempt, JobQueue, QueuedJob } from '../../src/ports/job-queue.ts';
import { ATTEMPTS, type Backoff } from '../../src/queue/job.ts';

/** A place where queues of one kind meet: each `open` is a process of its own as far as the queue can tell. */
export type QueueBed = {
  open(options: { readonly backoff: Backoff; readonly leaseMs: number }): Promise<JobQueue>;
  /** Arguments for `node` that start a real process with a queue on the same bed: see `test/queue/child.ts`. */
  readonly child: readonly string[];
  dispose(): Promise<void>;
};

type Seen = { readonly job: QueuedJob; readonly attempt: JobAttempt };
const quick = { backoff: { firstMs: 20, factor: 2 }, leaseMs: 900 } as const;
const investigate = (investigation: string): QueuedJob => ({ kind: 'investigate', investigation });
const until = (assertion: () => unknown) => vi.waitFor(assertion, { timeout: 15_000, interval: 20 });

/** What every queue promises (`ports/job-queue.ts`), over real storage and real processes. */
export function jobQueueContract(name: string, makeBed: () => Promise<QueueBed>): void {
  describe(`${name} as a job queue`, () => {
    let bed: QueueBed;
    let queues: JobQueue[];
    let children: ChildProcess[];
    const open = async (options: { readonly leaseMs?: number } = {}) => {
      const queue = await bed.open({ ...quick, ...options });
      queues.push(queue);
      return queue;
    };
    const spawnChild = (mode: string) => {
      const child = spawn(process.execPath, [...bed.child, mode], { stdio: ['ignore', 'pipe', 'inherit'] });
      children.push(child);
      const lines: string[] = [];
      createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
      return { child, lines };
    };
    const kill = async (child: ChildProcess) => {
      child.kill('SIGKILL');
      await once(child, 'exit');
    };

    beforeEach(async () => {
      bed = await makeBed();
      queues = [];
      children = [];
    });
    afterEach(async () => {
      for (const child of children) if (child.exitCode === null && child.signalCode === null) await kill(child);
      for (const queue of queues) await queue.close(0);
      await bed.dispose();
    });

    test('hands over the job as it was added, with its trace context, and forgets it when done', async () => {
      const queue = await open();
      const job: QueuedJob = {
        kind: 'answer',
        question: {
          thread: { channel: 'C1', ts: '1.5' },
          text: 'wer ist «betroffen»? 🙂 \u0000',
          by: 'U1',
          key: 'k',
          addressed: true,
        },
        traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
      };
      const seen: Seen[] = [];
      queue.work(async (given, attempt) => void seen.push({ job: given, attempt }), { concurrency: 1 });
      expect(await queue.add(job, { key: 'q1' })).toBe('added');
      await until(() => expect(seen).toHaveLength(1));
      expect(seen[0]?.job).toEqual(job);
      expect(seen[0]?.attempt).toMatchObject({ number: 1, last: false });
      await until(async () =>
        expect(await queue.depth()).toEqual({ waiting: 0, delayed: 0, active: 0, dead: 0, oldestMs: 0 }),
      );
    });

    test('a key that waits, is delayed or is worked on adds nothing; once done it may come again', async () => {
      const queue = await open();
      expect(await queue.add(investigate('a'), { key: 'same' })).toBe('added');
      expect(await queue.add(investigate('b'), { key: 'same' })).toBe('duplicate');
      expect(await queue.add(investigate('c'), { key: 'later', delayMs: 60_000 })).toBe('added');
      expect(await queue.add(investigate('d'), { key: 'later' })).toBe('duplicate');
      const release = Promise.withResolvers<void>();
      const seen: QueuedJob[] = [];
      queue.work(
        async (job) => {
          seen.push(job);
          await release.promise;
        },
        { concurrency: 4 },
      );
      await until(() => expect(seen).toHaveLength(1));
      expect(await queue.add(investigate('e'), { key: 'same' })).toBe('duplicate');
      expect(await queue.depth()).toMatchObject({ waiting: 0, delayed: 1, active: 1, dead: 0 });
      release.resolve();
      await until(async () => expect(await queue.depth()).toMatchObject({ active: 0 }));
      expect(await queue.add(investigate('f'), { key: 'same' })).toBe('added');
      await until(() => expect(seen).toEqual([investigate('a'), investigate('f')]));
    });

    test('two processes adding the same keys at once add each once', async () => {
      const [one, two] = [await open(), await open()];
      const keys = Array.from({ length: 50 }, (_, index) => `key ${index}`);
      const outcomes = await Promise.all(
        keys.flatMap((key) => [one, two].map((queue) => queue.add(investigate(key), { key }))),
      );
      expect(outcomes.filter((outcome) => outcome === 'added')).toHaveLength(50);
      expect(await one.depth()).toMatchObject({ waiting: 50 });
    });

    test('a delayed job waits for its time, and then runs before those due later', async () => {
      const queue = await open();
      const order: string[] = [];
      const started = Date.now();
      queue.work(async (job) => void order.push('investigation' in job ? job.investigation : ''), { concurrency: 1 });
      await queue.add(investigate('second'), { key: '2', delayMs: 900 });
      await queue.add(investigate('first'), { key: '1', delayMs: 300 });
      await queue.add(investigate('now'), { key: '0' });
      await until(() => expect(order).toEqual(['now', 'first', 'second']));
      expect(Date.now() - started).toBeGreaterThanOrEqual(890);
    });

    test('a job that throws is tried again with backoff, five times in all, and is then dead and no obstacle', async () => {
      const queue = await open();
      const tries: { readonly number: number; readonly last: boolean; readonly at: number }[] = [];
      queue.work(
        async (_job, { number, last }) => {
          tries.push({ number, last, at: performance.now() });
          throw new Error('boom');
        },
        { concurrency: 1 },
      );
      await queue.add(investigate('a'), { key: 'a' });
      await until(async () =>
        expect(await queue.depth()).toMatchObject({ waiting: 0, delayed: 0, active: 0, dead: 1 }),
      );
      expect(tries.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5]);
      expect(tries.map(({ last }) => last)).toEqual([false, false, false, false, true]);
      const waits = tries.slice(1).map(({ at }, index) => at - (tries[index]?.at ?? 0));
      // Timers may be late but never early: 20, 40, 80, 160 ms, each less a quarter at most.
      for (const [index, wait] of waits.entries()) expect(wait).toBeGreaterThanOrEqual(20 * 2 ** index * 0.75 - 2);
      expect(await queue.add(investigate('a'), { key: 'a' })).toBe('added');
    });

    test('a job that failed once succeeds at the second attempt, and waits as long as the failure asked', async () => {
      const queue = await open();
      const numbers: number[] = [];
      const started = performance.now();
      queue.work(
        async (_job, attempt) => {
          numbers.push(attempt.number);
          if (attempt.number === 1) throw new Failure('busy', 'Slow down.', 'Wait.', { retryAfter: 1 });
        },
        { concurrency: 1 },
      );
      await queue.add(investigate('a'), { key: 'a' });
      await until(async () => expect(numbers).toEqual([1, 2]));
      expect(performance.now() - started).toBeGreaterThanOrEqual(990);
      await until(async () => expect(await queue.depth()).toMatchObject({ delayed: 0, active: 0, dead: 0 }));
    });

    test('works on as many jobs at a time as it was told', async () => {
      const queue = await open();
      let now = 0;
      let most = 0;
      let done = 0;
      queue.work(
        async () => {
          now += 1;
          most = Math.max(most, now);
          await new Promise((resolve) => setTimeout(resolve, 30));
          now -= 1;
          done += 1;
        },
        { concurrency: 3 },
      );
      await Promise.all(Array.from({ length: 12 }, (_, index) => queue.add(investigate('x'), { key: `${index}` })));
      await until(() => expect(done).toBe(12));
      expect(most).toBe(3);
    });

    test('many workers share the jobs, and none runs twice', async () => {
      const adder = await open();
      const seen: string[] = [];
      for (let index = 0; index < 3; index += 1) {
        const worker = await open();
        worker.work(async (job) => void seen.push('investigation' in job ? job.investigation : ''), { concurrency: 2 });
      }
      const names = Array.from({ length: 60 }, (_, index) => String(index).padStart(2, '0'));
      await Promise.all(names.map((each) => adder.add(investigate(each), { key: each })));
      await until(() => expect(seen.length).toBeGreaterThanOrEqual(60));
      await until(async () => expect(await adder.depth()).toMatchObject({ waiting: 0, active: 0 }));
      expect(seen.toSorted()).toEqual(names);
    });

    test('keeps a job that takes longer than its lease', async () => {
      const [one, two] = [await open({ leaseMs: 400 }), await open({ leaseMs: 400 })];
      const numbers: number[] = [];
      const handle = async (_job: QueuedJob, attempt: JobAttempt) => {
        numbers.push(attempt.number);
        await new Promise((resolve) => setTimeout(resolve, 1_800));
      };
      one.work(handle, { concurrency: 1 });
      two.work(handle, { concurrency: 1 });
      await one.add(investigate('long'), { key: 'long' });
      await until(() => expect(numbers).toHaveLength(1));
      await until(async () => expect(await one.depth()).toMatchObject({ active: 0, waiting: 0 }));
      expect(numbers).toEqual([1]);
    });

    test('close waits for what is under way', async () => {
      const queue = await open();
      let state = 'not begun';
      queue.work(
        async () => {
          state = 'begun';
          await new Promise((resolve) => setTimeout(resolve, 300));
          state = 'done';
        },
        { concurrency: 1 },
      );
      await queue.add(investigate('a'), { key: 'a' });
      await until(() => expect(state).toBe('begun'));
      await queue.close(10_000);
      expect(state).toBe('done');
      const next = await open();
      expect(await next.depth()).toMatchObject({ waiting: 0, active: 0, delayed: 0, dead: 0 });
    });

    test('close aborts what outlasts it, and the job runs again without having lost an attempt', async () => {
      const queue = await open();
      const aborted = Promise.withResolvers<unknown>();
      const begun = Promise.withResolvers<void>();
      queue.work(
        (_job, { signal }) =>
          new Promise((_resolve, reject) => {
            begun.resolve();
            signal.addEventListener('abort', () => {
              aborted.resolve(signal.reason);
              reject(signal.reason);
            });
          }),
        { concurrency: 1 },
      );
      await queue.add(investigate('a'), { key: 'a' });
      await begun.promise;
      await queue.close(50);
      expect(await aborted.promise).toMatchObject({ name: 'Failure', kind: 'timed-out' });
      const next = await open();
      expect(await next.depth()).toMatchObject({ waiting: 1, active: 0 });
      const numbers: number[] = [];
      next.work(async (_job, { number }) => void numbers.push(number), { concurrency: 1 });
      await until(() => expect(numbers).toEqual([1]));
    });

    test('a worker killed in the middle of a job loses nothing: the job runs elsewhere as its second attempt', async () => {
      const queue = await open();
      const { child, lines } = spawnChild('hang');
      await queue.add(investigate('survivor'), { key: 'survivor' });
      await until(() => expect(lines).toEqual(['began survivor 1']));
      await kill(child);
      const seen: Seen[] = [];
      queue.work(async (job, attempt) => void seen.push({ job, attempt }), { concurrency: 1 });
      await until(() => expect(seen).toHaveLength(1));
      expect(seen[0]).toMatchObject({ job: investigate('survivor'), attempt: { number: 2 } });
      await until(async () => expect(await queue.depth()).toMatchObject({ waiting: 0, active: 0, dead: 0 }));
    });

    test('what a process was told is added is there after the process was killed', async () => {
      const { child, lines } = spawnChild('add');
      await until(() => expect(lines.length).toBeGreaterThan(50));
      await kill(child);
      const told = lines.map((line) => line.replace('added ', ''));
      const queue = await open();
      const seen = new Set<string>();
      queue.work(async (job) => void seen.add('investigation' in job ? job.investigation : ''), { concurrency: 8 });
      await until(async () => expect(await queue.depth()).toMatchObject({ waiting: 0, active: 0 }));
      expect(told.filter((each) => !seen.has(each))).toEqual([]);
    });

    test('a job that kills its worker every time is dead in the end', async () => {
      const queue = await open();
      await queue.add(investigate('poison'), { key: 'poison' });
      for (let number = 1; number <= ATTEMPTS; number += 1) {
        const { child, lines } = spawnChild('hang');
        await until(() => expect(lines).toEqual([`began poison ${number}`]));
        await kill(child);
      }
      let ran = 0;
      queue.work(
        async () => {
          ran += 1;
        },
        { concurrency: 1 },
      );
      await until(async () => expect(await queue.depth()).toMatchObject({ active: 0, waiting: 0, dead: 1 }));
      expect(ran).toBe(0);
    }, 60_000);
  });
}
