import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { EpochMicros, Micros } from '../model/units.ts';
import { integer } from './span-row.ts';

export type Bounds = {
  /** Spans that arrived longer ago are forgotten. */
  readonly maxAge: Micros;
  /** Pages in use beyond this many bytes are freed, oldest spans first. */
  readonly maxBytes: number;
};

/** Spans forgotten at once: some tens of milliseconds, so that intake and questions go on in between. */
const SLICE = 2_000;

/** Once over the limit the store shrinks to this part of it, so that it does not trim at every commit. */
const TRIM_TO = 0.95;

/** Forgets the oldest spans in slices. Freed pages are used again, so the file stays at the size it once reached. */
export class SpanEviction {
  readonly #database: DatabaseSync;
  readonly #bounds: Bounds;
  readonly #horizon: StatementSync;
  readonly #oldest: StatementSync;
  readonly #delete: StatementSync;
  readonly #deleteTrace: StatementSync;
  readonly #shrinkTrace: StatementSync;
  readonly #pageSize: number;
  #trimming = false;

  constructor(database: DatabaseSync, bounds: Bounds) {
    this.#database = database;
    this.#bounds = bounds;
    this.#horizon = database.prepare('SELECT max(last) AS last FROM commits WHERE arrived < ?');
    this.#oldest = database.prepare('SELECT min(seq) AS seq FROM spans');
    this.#delete = database.prepare('DELETE FROM spans WHERE seq < ? RETURNING trace');
    this.#deleteTrace = database.prepare(
      'DELETE FROM traces WHERE id = ? AND NOT EXISTS (SELECT 1 FROM spans WHERE trace = traces.id)',
    );
    this.#shrinkTrace = database.prepare(
      `UPDATE traces SET (start, finish, error) =
         (SELECT min(start), max(max(start, finish)), max(error) FROM spans WHERE trace = traces.id) WHERE id = ?`,
    );
    this.#pageSize = integer(database.prepare('PRAGMA page_size').get()?.page_size);
  }

  /** Bytes of pages that hold something. */
  bytes(): number {
    const pages = integer(this.#database.prepare('PRAGMA page_count').get()?.page_count);
    const free = integer(this.#database.prepare('PRAGMA freelist_count').get()?.freelist_count);
    return (pages - free) * this.#pageSize;
  }

  /** Whether the store is so far beyond its bytes that intake must wait for forgetting. */
  overflowing(): boolean {
    return this.bytes() > this.#bounds.maxBytes * 1.1;
  }

  /** Forgets one slice if anything is due. True when there may be more to do. */
  step(now: EpochMicros): boolean {
    const oldest = this.#oldest.get()?.seq;
    if (typeof oldest !== 'number') return false;
    const end = Math.min(oldest + SLICE, this.#due(now) + 1);
    if (end <= oldest) return false;
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      this.#forgetBefore(end);
      this.#database.exec('COMMIT');
    } catch (thrown) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw thrown;
    }
    return true;
  }

  /** The number of the youngest span that must go. */
  #due(now: EpochMicros): number {
    const bytes = this.bytes();
    if (bytes > this.#bounds.maxBytes) this.#trimming = true;
    else if (bytes <= this.#bounds.maxBytes * TRIM_TO) this.#trimming = false;
    if (this.#trimming) return Number.MAX_SAFE_INTEGER - 1;
    const old = this.#horizon.get(now - this.#bounds.maxAge)?.last;
    return typeof old === 'number' ? old : 0;
  }

  #forgetBefore(seq: number): void {
    const traces = new Set<number>();
    for (const row of this.#delete.iterate(seq)) traces.add(integer(row.trace));
    for (const trace of traces) {
      if (this.#deleteTrace.run(trace).changes === 0) this.#shrinkTrace.run(trace);
    }
    this.#database.prepare('DELETE FROM commits WHERE last < ?').run(seq);
    this.#database.prepare('DELETE FROM services WHERE last < ?').run(seq);
    this.#database.prepare('DELETE FROM resources WHERE last < ?').run(seq);
  }
}
