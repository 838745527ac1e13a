import type { DatabaseSync } from 'node:sqlite';
import { number } from './database-row.ts';
import { Failure } from './failure.ts';

/**
 * The shape of `causeway.db`, as the steps that led to it: step n takes a file from schema n to n + 1. Steps that were
 * released never change; a new need is a new step. Times are epoch milliseconds unless a name says micros.
 */
const migrations: readonly string[] = [
  `
  -- Work to do. 'ready' waits for due_at (waiting or delayed), 'active' is leased until lease_until, 'dead' was tried enough.
  CREATE TABLE jobs (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    key         TEXT    NOT NULL,
    payload     TEXT    NOT NULL,
    state       TEXT    NOT NULL CHECK (state IN ('ready', 'active', 'dead')),
    due_at      INTEGER NOT NULL,
    attempts    INTEGER NOT NULL DEFAULT 0,
    owner       TEXT,
    lease_until INTEGER,
    reason      TEXT
  ) STRICT;
  -- One job a key while it waits or is worked on; the dead do not block their key.
  CREATE UNIQUE INDEX jobs_by_key ON jobs (key) WHERE state <> 'dead';
  CREATE INDEX jobs_ready ON jobs (due_at, id) WHERE state = 'ready';
  CREATE INDEX jobs_active ON jobs (lease_until) WHERE state = 'active';
  CREATE INDEX jobs_dead ON jobs (id) WHERE state = 'dead';

  -- Investigations as versioned JSON (store/document.ts), with the columns by which they are found.
  CREATE TABLE investigations (
    id             TEXT    PRIMARY KEY,
    document       TEXT    NOT NULL,
    opened_micros  INTEGER NOT NULL,
    thread_channel TEXT,
    thread_ts      TEXT,
    alert_source   TEXT,
    alert_id       TEXT,
    saved_at       INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX investigations_by_thread ON investigations (thread_channel, thread_ts);
  CREATE INDEX investigations_by_alert  ON investigations (alert_source, alert_id, opened_micros, id);
  CREATE INDEX investigations_by_age    ON investigations (opened_micros, id);
  CREATE INDEX investigations_by_save   ON investigations (saved_at);

  -- Compressed spans of the traces that an investigation cites (store/kept-traces.ts).
  CREATE TABLE kept_traces (
    id       TEXT    PRIMARY KEY,
    packed   BLOB    NOT NULL,
    size     INTEGER NOT NULL,
    saved_at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX kept_traces_by_save ON kept_traces (saved_at, id, size);

  -- What was done to the outside world, by key, until keep_until.
  CREATE TABLE ledger (
    key        TEXT    PRIMARY KEY,
    note       TEXT    NOT NULL,
    keep_until INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX ledger_by_end ON ledger (keep_until);
  `,
  `
  -- Alerts that the investigation of another answers for. ended: the alert is over and no longer follows, but counts.
  CREATE TABLE followers (
    place     INTEGER PRIMARY KEY AUTOINCREMENT,
    leader    TEXT    NOT NULL,
    source    TEXT    NOT NULL,
    alert_id  TEXT    NOT NULL,
    delivery  TEXT    NOT NULL,
    title     TEXT    NOT NULL,
    at_micros INTEGER NOT NULL,
    repeats   INTEGER NOT NULL DEFAULT 0,
    ended     INTEGER NOT NULL DEFAULT 0,
    saved_at  INTEGER NOT NULL,
    UNIQUE (leader, source, alert_id)
  ) STRICT;
  CREATE INDEX followers_by_alert ON followers (source, alert_id) WHERE ended = 0;

  -- Each time a cause was seen, by its fingerprint.
  CREATE TABLE occurrences (
    fingerprint    TEXT    NOT NULL,
    investigation  TEXT    NOT NULL,
    at_micros      INTEGER NOT NULL,
    thread_channel TEXT,
    thread_ts      TEXT,
    fixed_by       TEXT,
    saved_at       INTEGER NOT NULL,
    PRIMARY KEY (fingerprint, investigation)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX occurrences_by_save ON occurrences (saved_at);
  `,
  `
  -- Deploys, flags and other changes that were told to us (store/change-document.ts).
  CREATE TABLE changes (
    id        TEXT    PRIMARY KEY,
    at_micros INTEGER NOT NULL,
    document  TEXT    NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX changes_by_time ON changes (at_micros, id);
  `,
  `
  -- Investigations lie in the order they came. In the order of their ids, which are digests, each new one rewrote another page.
  CREATE TABLE investigations_as_they_came (
    id             TEXT    NOT NULL PRIMARY KEY,
    document       TEXT    NOT NULL,
    opened_micros  INTEGER NOT NULL,
    thread_channel TEXT,
    thread_ts      TEXT,
    alert_source   TEXT,
    alert_id       TEXT,
    saved_at       INTEGER NOT NULL
  ) STRICT;
  INSERT INTO investigations_as_they_came
    SELECT id, document, opened_micros, thread_channel, thread_ts, alert_source, alert_id, saved_at
    FROM investigations ORDER BY saved_at, id;
  DROP TABLE investigations;
  ALTER TABLE investigations_as_they_came RENAME TO investigations;
  CREATE INDEX investigations_by_thread ON investigations (thread_channel, thread_ts) WHERE thread_ts IS NOT NULL;
  CREATE INDEX investigations_by_alert  ON investigations (alert_source, alert_id, opened_micros, id);
  CREATE INDEX investigations_by_age    ON investigations (opened_micros, id);
  CREATE INDEX investigations_by_save   ON investigations (saved_at);
  `,
];

/** Brings the file to today's schema, in one transaction so that two processes which open it at once do it once. */
export function migrate(sqlite: DatabaseSync, file: string): void {
  sqlite.exec('BEGIN IMMEDIATE');
  try {
    const version = number(sqlite.prepare('PRAGMA user_version').get() ?? {}, 'user_version');
    if (version > migrations.length) {
      throw new Failure(
        'misconfigured',
        `The database ${file} was written by a newer Causeway (schema ${version}, this one knows ${migrations.length}).`,
        'Run the newer version again, or move the file away to begin with an empty one.',
      );
    }
    for (const step of migrations.slice(version)) sqlite.exec(step);
    sqlite.exec(`PRAGMA user_version = ${migrations.length}`);
    sqlite.exec('COMMIT');
  } catch (thrown) {
    if (sqlite.isTransaction) sqlite.exec('ROLLBACK');
    throw thrown;
  }
}
