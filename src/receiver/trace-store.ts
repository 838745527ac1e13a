import type { DatabaseSync } from 'node:sqlite';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Failure } from '../failure.ts';
import type { SpanRecord } from '../model/span.ts';
import type { EpochMicros, TraceId } from '../model/units.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { TraceHit, TraceQuery } from '../ports/trace-backend.ts';
import { type Bounds, SpanEviction } from './span-eviction.ts';
import { integer } from './span-row.ts';
import { SpanWriter } from './span-writer.ts';
import { isDamage, type Opened, openTraceDatabase, replaceTraceDatabase } from './trace-database.ts';
import { type Cursor, TraceReader } from './trace-reader.ts';

type Waiting = {
  readonly spans: readonly (readonly SpanRecord[])[];
  resolve(): void;
  reject(failure: Failure): void;
};

type Parts = {
  readonly database: DatabaseSync;
  readonly writer: SpanWriter;
  readonly reader: TraceReader;
  readonly eviction: SpanEviction;
};

/**
 * The embedded trace store: group commits, questions and forgetting over one SQLite file. Everything here blocks its
 * thread for milliseconds at a time, which is why it lives in the receiver's worker.
 */
export class TraceStore {
  readonly #path: string;
  readonly #bounds: Bounds;
  readonly #clock: Clock;
  readonly #log: Log;
  #parts: Parts;
  #waiting: Waiting[] = [];
  #scheduled = false;
  #forgetting = false;

  constructor(options: { path: string; bounds: Bounds; clock: Clock; log: Log }) {
    this.#path = options.path;
    this.#bounds = options.bounds;
    this.#clock = options.clock;
    this.#log = options.log;
    this.#parts = this.#partsOn(openTraceDatabase(this.#path, this.#clock.now()));
  }

  /**
   * Resolves once the spans are committed. Whatever was added in the same turn of the event loop shares one transaction.
   * After a kill at most what was not resolved yet is lost.
   */
  add(spans: readonly (readonly SpanRecord[])[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ spans, resolve, reject });
      if (this.#scheduled) return;
      this.#scheduled = true;
      setImmediate(() => this.commit());
    });
  }

  /** Writes what waits, now. */
  commit(): void {
    this.#scheduled = false;
    const group = this.#waiting;
    this.#waiting = [];
    if (group.length === 0) return;
    try {
      this.#guarded((parts) =>
        parts.writer.write(
          group.flatMap((waiting) => waiting.spans),
          this.#clock.now(),
        ),
      );
      for (const waiting of group) waiting.resolve();
    } catch (thrown) {
      const failure = this.#explained(thrown);
      for (const waiting of group) waiting.reject(failure);
    }
  }

  /** Whether intake must wait until old spans are forgotten. */
  get behind(): boolean {
    return this.#forgetting && this.#parts.eviction.overflowing();
  }

  /** Forgets everything that is due, a slice at a time with room for others in between. */
  async forget(): Promise<void> {
    if (this.#forgetting) return;
    this.#forgetting = true;
    try {
      while (this.#guarded((parts) => parts.eviction.step(this.#clock.now()))) {
        this.#parts.writer.forget();
        await nextTurn();
      }
    } catch (thrown) {
      this.#log.warn({ error: this.#explained(thrown).message }, 'old spans could not be forgotten');
    } finally {
      this.#forgetting = false;
    }
  }

  async search(query: TraceQuery, cancelled: () => boolean): Promise<readonly TraceHit[]> {
    return this.#asking(async () => {
      const steps = this.#parts.reader.search(query);
      for (;;) {
        const step = steps.next();
        if (step.done === true) return step.value;
        await nextTurn();
        if (cancelled()) return [];
      }
    });
  }

  page(traceIds: readonly TraceId[], from: Cursor, limit: number): ReturnType<TraceReader['page']> {
    return this.#guarded((parts) => parts.reader.page(traceIds, from, limit));
  }

  services(from: EpochMicros, to: EpochMicros): readonly string[] {
    return this.#guarded((parts) => parts.reader.services(from, to));
  }

  figures(): { spans: number; traces: number; bytes: number; limit: number; oldest?: EpochMicros } {
    return this.#guarded(({ database, eviction }) => {
      const row = database
        .prepare(
          `SELECT (SELECT count(*) FROM spans) AS spans, (SELECT count(*) FROM traces) AS traces,
                  (SELECT min(arrived) FROM commits) AS oldest`,
        )
        .get();
      return {
        spans: integer(row?.spans),
        traces: integer(row?.traces),
        bytes: eviction.bytes(),
        limit: this.#bounds.maxBytes,
        ...(typeof row?.oldest === 'number' ? { oldest: row.oldest } : undefined),
      };
    });
  }

  /** Commits what waits and lets go of the file. */
  close(): void {
    this.commit();
    this.#parts.database.close();
  }

  #partsOn({ database, setAside }: Opened): Parts {
    if (setAside !== undefined) {
      this.#log.warn(
        { file: setAside.path, reason: setAside.reason },
        'the trace store could not be read and was moved aside; a new one was begun, earlier spans are gone',
      );
    }
    return {
      database,
      writer: new SpanWriter(database),
      reader: new TraceReader(database),
      eviction: new SpanEviction(database, this.#bounds),
    };
  }

  /** Runs some work on the file; when the file proves damaged, begins a new one so that the next spans have a place. */
  #guarded<T>(work: (parts: Parts) => T): T {
    try {
      return work(this.#parts);
    } catch (thrown) {
      this.#recover(thrown);
      throw this.#explained(thrown);
    }
  }

  async #asking<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (thrown) {
      this.#recover(thrown);
      throw this.#explained(thrown);
    }
  }

  #recover(thrown: unknown): void {
    if (!isDamage(thrown)) return;
    this.#parts.database.close();
    this.#parts = this.#partsOn(replaceTraceDatabase(this.#path, this.#clock.now(), thrown));
  }

  #explained(thrown: unknown): Failure {
    if (thrown instanceof Failure) return thrown;
    return new Failure(
      'unreachable',
      `The trace store failed: ${thrown instanceof Error ? thrown.message : String(thrown)}.`,
      'Check the disk under CAUSEWAY_DATA; spans that were refused are sent again by their exporters.',
      { cause: thrown, retryAfter: 5 },
    );
  }
}
