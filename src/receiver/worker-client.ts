import { Worker } from 'node:worker_threads';
import { Failure } from '../failure.ts';
import type { Log } from '../ports/log.ts';
import type { CallName, Calls, PlainFailure, Report, WorkerOptions } from './protocol.ts';

/**
 * The old part is a ceiling for the worst JSON of `BODY_LIMIT` bytes (millions of tiny objects), not what is used: a parse
 * that outgrows its heap would end the whole process. The young part is small because spans live for milliseconds, and a
 * larger one only lets more dead ones pile up.
 */
const HEAP = { maxOldGenerationSizeMb: 2_048, maxYoungGenerationSizeMb: 16 };

const ENTRY = new URL('./worker.ts', import.meta.url);

const RESTART_AFTER_MS = 1_000;

type Pending = { resolve(value: unknown): void; reject(thrown: unknown): void };

/** The main thread's end of the receiver: calls into the worker, and starts it again when it dies. */
export class WorkerClient {
  readonly #options: WorkerOptions;
  readonly #log: Log;
  readonly #entry: URL;
  readonly #pending = new Map<number, Pending>();
  #worker: Worker | undefined;
  #next = 1;
  #closing = false;
  #served = false;
  #restart: NodeJS.Timeout | undefined;
  port: number | undefined;
  setback: Failure | undefined;

  constructor(options: WorkerOptions, log: Log, entry: URL = ENTRY) {
    this.#options = options;
    this.#log = log;
    this.#entry = entry;
  }

  /** Resolves when the worker serves. Rejects with a `Failure` when the store cannot be opened. */
  start(): Promise<void> {
    const worker = new Worker(this.#entry, {
      workerData: this.#options,
      name: 'otlp-receiver',
      resourceLimits: HEAP,
    });
    this.#worker = worker;
    return new Promise((resolve, reject) => {
      worker.on('message', (report: Report) => {
        if (report.kind === 'ready') {
          this.#served = true;
          this.port = report.port;
          this.setback = report.setback === undefined ? undefined : revived(report.setback);
          resolve();
        } else if (report.kind === 'stillborn') {
          // At first somebody is told and decides; later it is tried again and again.
          if (!this.#served) this.#closing = true;
          reject(revived(report.failure));
        } else this.#hear(report);
      });
      // An error is always followed by the exit, which does what is to be done.
      worker.on('error', (thrown) => this.#log.error({ error: thrown.message }, 'the receiver failed'));
      worker.on('exit', () => {
        this.#ended();
        reject(gone());
      });
    });
  }

  /** An abort rejects at once with the signal's reason; the worker is told to stop. */
  call<Name extends CallName>(
    name: Name,
    ask: Calls[Name]['ask'],
    options: { readonly signal?: AbortSignal; readonly transfer?: readonly ArrayBuffer[] } = {},
  ): Promise<Calls[Name]['answer']> {
    const { signal } = options;
    return new Promise<Calls[Name]['answer']>((resolve, reject) => {
      signal?.throwIfAborted();
      const worker = this.#worker;
      if (worker === undefined) throw gone();
      const id = this.#next;
      this.#next += 1;
      const abort = (): void => {
        this.#pending.delete(id);
        worker.postMessage({ name: 'cancel', id });
        reject(signal?.reason);
      };
      const settled = (): void => signal?.removeEventListener('abort', abort);
      this.#pending.set(id, {
        resolve(value: Calls[Name]['answer']) {
          settled();
          resolve(value);
        },
        reject(thrown) {
          settled();
          reject(thrown);
        },
      });
      signal?.addEventListener('abort', abort, { once: true });
      worker.postMessage({ id, name, ask }, [...(options.transfer ?? [])]);
    });
  }

  /** Waits for what is under way, at most `drainMs`, and ends the worker. */
  async close(drainMs: number): Promise<void> {
    if (this.#closing) return;
    this.#closing = true;
    clearTimeout(this.#restart);
    const worker = this.#worker;
    if (worker === undefined) return;
    const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
    await this.call('close', { drainMs }).catch(() => {});
    const late = setTimeout(() => void worker.terminate(), 2_000);
    await ended;
    clearTimeout(late);
  }

  #hear(report: Exclude<Report, { kind: 'ready' | 'stillborn' }>): void {
    if (report.kind === 'log') {
      this.#log[report.level](report.fields, report.message);
      return;
    }
    const pending = this.#pending.get(report.id);
    this.#pending.delete(report.id);
    if (report.kind === 'answer') pending?.resolve(report.value);
    else pending?.reject(revived(report.failure));
  }

  #ended(): void {
    this.#worker = undefined;
    for (const pending of this.#pending.values()) pending.reject(gone());
    this.#pending.clear();
    if (this.#closing) return;
    this.#log.error({ again_ms: RESTART_AFTER_MS }, 'the receiver ended unexpectedly and is started again');
    this.#restart = setTimeout(() => {
      this.start().catch((thrown) => this.#log.error({ error: String(thrown) }, 'the receiver could not be started'));
    }, RESTART_AFTER_MS);
  }
}

function revived(failure: PlainFailure): Failure {
  const { kind, message, hint, retryAfter } = failure;
  return new Failure(kind, message, hint, retryAfter === undefined ? {} : { retryAfter });
}

function gone(): Failure {
  return new Failure('unreachable', 'The receiver is not running.', 'It is started again by itself: try in a moment.', {
    retryAfter: 2,
  });
}
