import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Failure } from '../failure.ts';

/** Raised when the tables change; a file of another version is moved aside, because it is disposable. */
const VERSION = 1;

/**
 * ```
 *   traces ──┐                 one row a trace: its bounds and whether anything in it failed
 *            ├─< spans >─ services, resources
 *   commits ─┘                 up to which span arrived when, for forgetting by age
 * ```
 * A span row has what searches look at as columns and the rest as one JSON text (`span-row.ts`). `seq` grows by arrival, so
 * that forgetting the oldest is a range. Traces are numbered, so that the index over random 128-bit ids is touched once a
 * trace and not once a span.
 */
const SCHEMA = `
  CREATE TABLE services (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, last INTEGER NOT NULL) STRICT;
  CREATE TABLE resources (id INTEGER PRIMARY KEY, body TEXT NOT NULL UNIQUE, last INTEGER NOT NULL) STRICT;
  CREATE TABLE traces (
    id INTEGER PRIMARY KEY, trace_id BLOB NOT NULL UNIQUE,
    start INTEGER NOT NULL, finish INTEGER NOT NULL, error INTEGER NOT NULL) STRICT;
  CREATE TABLE spans (
    seq INTEGER PRIMARY KEY, trace INTEGER NOT NULL, service INTEGER NOT NULL, resource INTEGER NOT NULL,
    start INTEGER NOT NULL, finish INTEGER NOT NULL, error INTEGER NOT NULL, name TEXT NOT NULL, body TEXT NOT NULL) STRICT;
  CREATE INDEX spans_of_trace ON spans (trace);
  CREATE INDEX spans_of_service ON spans (service, start);
  CREATE TABLE commits (last INTEGER PRIMARY KEY, arrived INTEGER NOT NULL) STRICT;
  PRAGMA user_version = ${VERSION};
`;

export type Opened = {
  readonly database: DatabaseSync;
  /** Where a damaged file was moved to, and why, if one was in the way. */
  readonly setAside?: { readonly path: string; readonly reason: string };
};

/**
 * Opens `traces.db`, or makes it. A file that is damaged or of another version is moved aside and a new one begun: the
 * store is a cache of what services send, and a bot that starts is worth more than old spans.
 *
 * One process owns the file (exclusive lock): a second one gets a `Failure` of kind `misconfigured`.
 */
export function openTraceDatabase(path: string, now: number): Opened {
  mkdirSync(dirname(path), { recursive: true });
  try {
    return { database: openChecked(path) };
  } catch (thrown) {
    if (isBusy(thrown)) {
      throw new Failure(
        'misconfigured',
        `Another process uses the trace store ${path}.`,
        'Give each Causeway its own CAUSEWAY_DATA, or stop the other one.',
        { cause: thrown },
      );
    }
    if (!isDamage(thrown)) throw thrown;
    return replaceTraceDatabase(path, now, thrown);
  }
}

/** Moves a file that proved damaged aside and begins a new one. Nobody may have it open. */
export function replaceTraceDatabase(path: string, now: number, damage: unknown): Opened {
  const moved = setAside(path, now);
  const reason = damage instanceof Error ? damage.message : String(damage);
  return { database: openChecked(path), setAside: { path: moved, reason } };
}

/** Whether an error of SQLite says that the file itself is not to be trusted any more. */
export function isDamage(thrown: unknown): boolean {
  const code = sqliteCode(thrown);
  return code === SQLITE_CORRUPT || code === SQLITE_NOTADB || thrown instanceof OtherVersion;
}

const SQLITE_BUSY = 5;
const SQLITE_CORRUPT = 11;
const SQLITE_NOTADB = 26;

class OtherVersion extends Error {}

function openChecked(path: string): DatabaseSync {
  const database = new DatabaseSync(path);
  try {
    database.exec(`
      PRAGMA locking_mode = EXCLUSIVE;
      PRAGMA busy_timeout = 2000;
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = NORMAL;
      PRAGMA cache_size = -16384;
      PRAGMA wal_autocheckpoint = 4000;
      PRAGMA journal_size_limit = 67108864;
      PRAGMA temp_store = MEMORY;
    `);
    const version = Number(database.prepare('PRAGMA user_version').get()?.user_version);
    const tables = Number(database.prepare('SELECT count(*) AS n FROM sqlite_schema').get()?.n);
    if (tables === 0) database.exec(`BEGIN IMMEDIATE; ${SCHEMA} COMMIT;`);
    else if (version !== VERSION) throw new OtherVersion(`it is of version ${version}, not ${VERSION}`);
    // Touches each table's ends, so that damage there shows now and not in the middle of an incident.
    for (const table of ['services', 'resources', 'traces', 'spans', 'commits']) {
      database.prepare(`SELECT * FROM ${table} ORDER BY rowid LIMIT 1`).all();
      database.prepare(`SELECT * FROM ${table} ORDER BY rowid DESC LIMIT 1`).all();
    }
    return database;
  } catch (thrown) {
    database.close();
    throw thrown;
  }
}

/** Moves the file away with its journal. Only the latest damaged one is kept: the disk is bounded too. */
function setAside(path: string, now: number): string {
  const folder = dirname(path);
  const name = basename(path);
  for (const entry of readdirSync(folder)) {
    if (entry.startsWith(`${name}.damaged-`)) rmSync(join(folder, entry), { force: true });
  }
  const moved = `${path}.damaged-${Math.floor(now / 1_000_000)}`;
  renameSync(path, moved);
  for (const suffix of ['-wal', '-shm']) rmSync(path + suffix, { force: true });
  return moved;
}

function isBusy(thrown: unknown): boolean {
  return sqliteCode(thrown) === SQLITE_BUSY;
}

/** The primary result code; extended ones carry more in their upper bits. */
function sqliteCode(thrown: unknown): number | undefined {
  if (typeof thrown !== 'object' || thrown === null || !('errcode' in thrown)) return undefined;
  return typeof thrown.errcode === 'number' ? thrown.errcode & 0xff : undefined;
}
