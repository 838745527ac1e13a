import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { failureOf, isBusy, reasonOf } from './database-failure.ts';
import type { Row } from './database-row.ts';
import { migrate } from './database-schema.ts';
import { Failure } from './failure.ts';

/** SQL inside one transaction, or reads outside any. Statements are prepared once for each text. */
export interface Connection {
  run(sql: string, ...values: SQLInputValue[]): number;
  get(sql: string, ...values: SQLInputValue[]): Row | undefined;
  all(sql: string, ...values: SQLInputValue[]): readonly Row[];
}

/** Writes that wait for one commit; beyond it the disk is hopelessly behind. */
const WAITING_LIMIT = 10_000;
/** How long SQLite itself waits for another process's commit, which holds the event loop, and how long we wait in all. */
const BUSY_MS = 20;
const BUSY_LIMIT_MS = 10_000;
/** In a storm every webhook touches pages all over the indexes: those stay in memory, and go to the main file (16 MB of log at a time) once for many. */
const CACHE_KIB = 4_096;
const CHECKPOINT_PAGES = 4_000;

/** How writes share commits. The bench compares the default with a commit for each write. */
export type Grouping = {
  /** Right after a commit, how long the next one waits for company. After a pause a write is committed at once. */
  readonly gatherMs: number;
  /** Writes in one commit at most, so that a flood does not hold the event loop for longer than a moment. */
  readonly limit: number;
};
const defaultGrouping: Grouping = { gatherMs: 1, limit: 500 };

type Write = {
  readonly work: (connection: Connection) => void;
  readonly fail: (thrown: unknown) => void;
  done(): void;
};

/**
 * `causeway.db`: the queue, the investigations and the ledger of the embedded shape in one file that survives kill -9 and
 * power failure (WAL, synchronous FULL), and that several processes may have open.
 *
 * A commit waits for the disk, so writes that come close together share one:
 *
 * ```
 *   request A   claim ┐                 save ┐
 *   request B   claim ┤                 save ┤
 *   request C   claim ┴─ one commit ──▶ save ┴─ one commit ──▶ …
 * ```
 *
 * A write that throws undoes nothing but itself: all are run at once, and only where one threw all of them again, each in a
 * savepoint of its own, since a savepoint costs as much as a small write. A promise resolves only after the commit that holds
 * its write, so what is acknowledged is on disk. Writes issued inside `together` stand or fall together.
 */
export class Database {
  readonly #sqlite: DatabaseSync;
  readonly #grouping: Grouping;
  readonly #statements = new Map<string, StatementSync>();
  readonly #connection: Connection;
  #waiting: Write[] = [];
  #group: Write[] | undefined;
  #scheduled = false;
  #busySince: number | undefined;
  #lastCommit = Number.NEGATIVE_INFINITY;
  #closed = false;

  private constructor(sqlite: DatabaseSync, grouping: Grouping) {
    this.#sqlite = sqlite;
    this.#grouping = grouping;
    this.#connection = {
      run: (sql, ...values) => Number(this.#prepare(sql).run(...values).changes),
      get: (sql, ...values) => this.#prepare(sql).get(...values),
      all: (sql, ...values) => this.#prepare(sql).all(...values),
    };
  }

  /** Opens or makes the file and brings it to today's schema. Throws a `Failure` of kind `misconfigured` that names the file. */
  static open(file: string, grouping: Grouping = defaultGrouping): Database {
    let sqlite: DatabaseSync | undefined;
    try {
      mkdirSync(dirname(file), { recursive: true });
      sqlite = new DatabaseSync(file, { timeout: BUSY_LIMIT_MS });
      sqlite.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 67108864');
      sqlite.exec(`PRAGMA cache_size = -${CACHE_KIB}; PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
      migrate(sqlite, file);
      sqlite.exec(`PRAGMA busy_timeout = ${BUSY_MS}`);
      return new Database(sqlite, grouping);
    } catch (thrown) {
      sqlite?.close();
      if (thrown instanceof Failure) throw thrown;
      throw new Failure(
        'misconfigured',
        `The database ${file} cannot be opened: ${reasonOf(thrown)}.`,
        'Check that the folder may be written and that the file is the one Causeway made; CAUSEWAY_DATA names the folder.',
        { cause: thrown },
      );
    }
  }

  /** Runs `work` at once on what is committed. */
  read<T>(work: (connection: Connection) => T): T {
    this.#refuseIfClosed();
    try {
      return work(this.#connection);
    } catch (thrown) {
      throw failureOf(thrown);
    }
  }

  /** Runs `work` inside the next commit; resolves when it is safe on disk. `work` may run again, on the same state, before it counts. */
  write<T>(work: (connection: Connection) => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#refuseIfClosed();
      if (this.#waiting.length >= WAITING_LIMIT) {
        throw new Failure('busy', 'The disk is behind: too many writes wait.', 'Try again in a moment.', {
          retryAfter: 1,
        });
      }
      let result: { readonly value: T } | undefined;
      const write: Write = {
        work: (connection) => {
          result = { value: work(connection) };
        },
        fail: reject,
        done: () => result !== undefined && resolve(result.value),
      };
      if (this.#group !== undefined) this.#group.push(write);
      else this.#enqueue(write);
    });
  }

  /** The writes that `issue` starts before it returns are one: in one commit, in their order, all of them or none. */
  together<T>(issue: () => T): T {
    if (this.#group !== undefined) return issue();
    const group: Write[] = [];
    this.#group = group;
    try {
      const issued = issue();
      this.#enqueue({
        work: (connection) => {
          for (const write of group) write.work(connection);
        },
        fail: (thrown) => {
          for (const write of group) write.fail(thrown);
        },
        done: () => {
          for (const write of group) write.done();
        },
      });
      return issued;
    } catch (thrown) {
      for (const write of group) write.fail(thrown);
      throw thrown;
    } finally {
      this.#group = undefined;
    }
  }

  /** Commits what waits and closes the file. */
  async close(): Promise<void> {
    if (this.#closed) return;
    while (this.#waiting.length > 0) await this.write(() => undefined).catch(() => undefined);
    this.#closed = true;
    this.#sqlite.close();
  }

  #refuseIfClosed(): void {
    if (this.#closed)
      throw new Failure('internal', 'The database is closed.', 'The bot is shutting down: ask again later.');
  }

  #prepare(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#sqlite.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }

  #enqueue(write: Write): void {
    this.#waiting.push(write);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled || this.#waiting.length === 0) return;
    this.#scheduled = true;
    const { gatherMs } = this.#grouping;
    const commit = () => {
      this.#scheduled = false;
      this.#commit();
      this.#lastCommit = performance.now();
      this.#schedule();
    };
    if (this.#busySince !== undefined) setTimeout(commit, 5 + Math.random() * 20);
    else if (performance.now() - this.#lastCommit < gatherMs) setTimeout(commit, gatherMs);
    else setImmediate(commit);
  }

  #commit(): void {
    const batch = this.#waiting.splice(0, this.#grouping.limit);
    if (!this.#begin(batch)) return;
    let refused: ReadonlyMap<Write, unknown> = new Map();
    try {
      if (!this.#ranAll(batch)) {
        if (this.#sqlite.isTransaction) this.#sqlite.exec('ROLLBACK');
        if (!this.#begin(batch)) return;
        refused = this.#runApart(batch);
      }
      this.#sqlite.exec('COMMIT');
    } catch (thrown) {
      if (this.#sqlite.isTransaction) this.#sqlite.exec('ROLLBACK');
      for (const write of batch) write.fail(failureOf(thrown));
      return;
    }
    for (const write of batch) {
      if (refused.has(write)) write.fail(failureOf(refused.get(write)));
      else write.done();
    }
  }

  /** False when another process commits just now; then the batch waits again, or was refused. */
  #begin(batch: readonly Write[]): boolean {
    try {
      this.#sqlite.exec('BEGIN IMMEDIATE');
      this.#busySince = undefined;
      return true;
    } catch (thrown) {
      this.#giveBack(batch, thrown);
      return false;
    }
  }

  /** False as soon as one throws: then nothing of the transaction may stay. */
  #ranAll(batch: readonly Write[]): boolean {
    try {
      for (const write of batch) write.work(this.#connection);
      return true;
    } catch {
      return false;
    }
  }

  /** Each in a savepoint of its own; what is answered are those that threw, with what they threw. */
  #runApart(batch: readonly Write[]): ReadonlyMap<Write, unknown> {
    const refused = new Map<Write, unknown>();
    for (const write of batch) {
      this.#sqlite.exec('SAVEPOINT one');
      try {
        write.work(this.#connection);
      } catch (thrown) {
        this.#sqlite.exec('ROLLBACK TO one');
        refused.set(write, thrown);
      }
      this.#sqlite.exec('RELEASE one');
    }
    return refused;
  }

  /** Another process commits just now: the same writes try again, until that has lasted too long. */
  #giveBack(batch: readonly Write[], thrown: unknown): void {
    const now = performance.now();
    this.#busySince ??= now;
    if (isBusy(thrown) && now - this.#busySince < BUSY_LIMIT_MS) {
      this.#waiting = [...batch, ...this.#waiting];
      return;
    }
    this.#busySince = undefined;
    for (const write of batch) write.fail(failureOf(thrown));
  }
}
