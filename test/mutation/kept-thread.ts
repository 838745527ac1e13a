import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { PoolOptions, PoolRunnerInitializer, PoolWorker, WorkerRequest } from 'vitest/node';

/** A thread keeps a listener for every run it has seen, so that it is a little slower each time. */
const RUNS_A_THREAD = 100;

/**
 * A pool of one thread that outlives the runs, with all of its modules: vitest's own threads end with each run and read
 * everything anew, which takes ten times as long as the tests that kill a mutant. Mutants are switched on by number while a
 * test runs, so that none needs a module to be read again but those of constants, which are left out (`ignoreStatic`).
 */
export const keptThread: PoolRunnerInitializer = { name: 'kept-thread', createPoolWorker: keep };

let kept: { readonly thread: Worker; runs: number } | undefined;

function keep({ distPath, env, execArgv }: PoolOptions): PoolWorker {
  let heard: ((message: unknown) => void)[] = [];
  const use = (): Worker => {
    if (kept === undefined) throw new Error('The thread was not started');
    return kept.thread;
  };
  return {
    name: 'kept-thread',
    async start() {
      if (kept !== undefined && ++kept.runs > RUNS_A_THREAD) {
        await kept.thread.terminate();
        kept = undefined;
      }
      kept ??= { thread: new Worker(join(distPath, 'workers/threads.js'), { env, execArgv }), runs: 1 };
      kept.thread.setMaxListeners(0);
      kept.thread.ref();
    },
    on(event, callback) {
      if (event === 'message') heard.push(callback);
      use().on(event, callback);
    },
    off(event, callback) {
      heard = heard.filter((one) => one !== callback);
      use().off(event, callback);
    },
    send(message: WorkerRequest) {
      if (message.type !== 'stop') return use().postMessage(message);
      // Only the run is over; whoever waits for the end of the thread is told that it ended.
      for (const tell of heard) tell({ type: 'stopped', __vitest_worker_response__: true });
    },
    deserialize: (data) => data,
    async stop() {
      for (const callback of heard) use().off('message', callback);
      // Whoever runs the tests once may end; between two runs there is nothing to wait for.
      use().unref();
    },
  };
}
