import { Worker } from 'node:worker_threads';
import { Failure } from '../failure.ts';
import type { CallName, Calls, Report } from '../investigation/analysis-worker.ts';
import type { SpanRecord } from '../model/span.ts';
import type { Analyst, Study } from '../ports/analyst.ts';
import type { Log } from '../ports/log.ts';

const ENTRY = new URL('../investigation/analysis-worker.ts', import.meta.url);

/** A ceiling for spans beyond all measure: who outgrows it ends the thread and not the process. */
const HEAP_MB = 2_048;
/** Copying so many spans to the thread holds this one for some two milliseconds. */
const SPANS_AT_ONCE = 1_000;
/** Ten times what a million spans take. */
const LIMIT_MS = 30_000;

type Pending = { readonly study: number; resolve(value: unknown): void; reject(thrown: unknown): void };

/**
 * Analyses on a thread of their own, one for the whole process, so that nothing a person waits for is held up:
 *
 * ```
 *   here   fetch ─ add ─ add ─ … divide ─────────── analyse ──────────────▶ plain analysis
 *                   ╲ 1,000 spans   ╲                  ╲                 ╱
 *   there            columns         table, onset       view, detectors, verdict
 * ```
 *
 * A thread that dies takes the studies along that were open: each fails with what can be tried again, and the next study
 * starts a new thread. A call that takes longer than `limitMs` ends the thread, for nothing else ends a busy one.
 */
export class AnalysisThread implements Analyst {
  readonly #log: Log;
  readonly #entry: URL;
  readonly #limitMs: number;
  readonly #heap: { readonly maxOldGenerationSizeMb: number };
  #worker: Worker | undefined;
  #pending = new Map<number, Pending>();
  #next = 1;
  #closed = false;

  constructor(
    log: Log,
    options: { readonly entry?: URL; readonly limitMs?: number; readonly heapMegabytes?: number } = {},
  ) {
    this.#log = log;
    this.#entry = options.entry ?? ENTRY;
    this.#limitMs = options.limitMs ?? LIMIT_MS;
    this.#heap = { maxOldGenerationSizeMb: options.heapMegabytes ?? HEAP_MB };
  }

  /** Starts the thread ahead of the first study, which then need not wait until its code is loaded. */
  start(): void {
    if (this.#worker !== undefined || this.#closed) return;
    const worker = new Worker(this.#entry, { name: 'analysis', resourceLimits: this.#heap });
    const pending = new Map<number, Pending>();
    this.#worker = worker;
    this.#pending = pending;
    let died: unknown;
    worker.on('message', (report: Report) => {
      const call = pending.get(report.id);
      pending.delete(report.id);
      if (report.kind === 'answer') call?.resolve(report.value);
      else call?.reject(new Failure(report.failure.kind, report.failure.message, report.failure.hint));
    });
    worker.on('error', (thrown) => {
      died = thrown;
      this.#log.error({ reason: String(thrown) }, 'The analysis thread failed; the next study starts another');
    });
    worker.on('exit', () => {
      if (this.#worker === worker) this.#worker = undefined;
      for (const call of pending.values()) call.reject(isOutOfMemory(died) ? tooLarge('memory') : lost());
      pending.clear();
    });
  }

  open(): Study {
    this.start();
    const worker = this.#worker;
    const pending = this.#pending;
    const study = this.#next++;
    const call = <Name extends CallName>(name: Name, ask: Calls[Name]['ask'], signal: AbortSignal) =>
      new Promise<Calls[Name]['answer']>((resolve, reject) => {
        signal.throwIfAborted();
        if (worker === undefined || worker !== this.#worker) throw lost();
        const id = this.#next++;
        const settled = () => {
          clearTimeout(late);
          signal.removeEventListener('abort', abort);
        };
        const abort = () => {
          settled();
          pending.delete(id);
          worker.postMessage({ name: 'close', study });
          reject(signal.reason);
        };
        const late = setTimeout(() => {
          settled();
          pending.delete(id);
          reject(tooLarge('time'));
          void worker.terminate();
        }, this.#limitMs);
        signal.addEventListener('abort', abort, { once: true });
        pending.set(id, {
          study,
          resolve(value: Calls[Name]['answer']) {
            settled();
            resolve(value);
          },
          reject(thrown) {
            settled();
            reject(thrown);
          },
        });
        worker.postMessage({ id, study, name, ask });
      });
    return {
      async add(spans, signal) {
        for (const part of inParts(spans)) await call('add', part, signal);
      },
      divide: (division, signal) => call('divide', division, signal),
      analyse: (ask, signal) => call('analyse', ask, signal),
      close: () => worker?.postMessage({ name: 'close', study }),
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#worker?.terminate();
  }
}

function* inParts(spans: readonly SpanRecord[]): Generator<readonly SpanRecord[]> {
  for (let from = 0; from < spans.length; from += SPANS_AT_ONCE) yield spans.slice(from, from + SPANS_AT_ONCE);
}

const isOutOfMemory = (thrown: unknown): boolean =>
  thrown instanceof Error && 'code' in thrown && thrown.code === 'ERR_WORKER_OUT_OF_MEMORY';

function lost(): Failure {
  return new Failure(
    'internal',
    'The thread that analyses traces ended before it was done.',
    'It is started again and the analysis repeated; if that keeps happening, please report the log line.',
  );
}

/** Not to be tried again: the same traces would take as long the next time. */
function tooLarge(what: 'time' | 'memory'): Failure {
  return new Failure(
    'too-large',
    `These traces take more ${what} to analyse than an incident has.`,
    'Name fewer services for this alert under `services` in causeway.yml, or ask for one trace.',
  );
}
