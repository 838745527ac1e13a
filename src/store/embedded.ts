import type { Connection, Database } from '../database.ts';
import { bytes, type Row, text } from '../database-row.ts';
import type { Investigation } from '../model/investigation.ts';
import type { SpanRecord } from '../model/span.ts';
import type { Clock } from '../ports/clock.ts';
import type { Reference, Store } from '../ports/store.ts';
import { applied } from './change.ts';
import { readDocument, writeDocument } from './document.ts';
import { packSpans, unpackSpans } from './kept-traces.ts';
import { defaultRetention, type Retention } from './retention.ts';

export type EmbeddedStoreOptions = {
  readonly database: Database;
  readonly clock: Clock;
  readonly retention?: Retention;
};

/** Rows that one write lets go at most, so that no write takes long. */
const SWEEP = 50;

/**
 * The store of the embedded shape: two tables of `causeway.db`. `close` leaves the database open, which the queue and the
 * ledger share: whoever opened it closes it.
 */
export function embeddedStore({ database, clock, retention = defaultRetention }: EmbeddedStoreOptions): Store {
  const now = () => Math.floor(clock.now() / 1_000);
  // Counting rows takes as long as there are many, so a large table is looked through for every few that are added.
  const every = Math.min(Math.max(1, retention.investigations >> 9), SWEEP - 1);
  let added = 0;
  return {
    update(id, change) {
      return database.write((connection) => {
        const row = lookUp(connection, { by: 'id', id }, now() - retention.keepMs);
        const { next, write } = applied(id, row && investigationIn(row), change);
        if (write !== undefined) {
          put(connection, write, now());
          if (row === undefined) added += 1;
          if (added >= every) {
            sweepInvestigations(connection, retention, now());
            added = 0;
          }
        }
        return next;
      });
    },
    async find(reference) {
      const row = database.read((connection) => lookUp(connection, reference, now() - retention.keepMs));
      return row && investigationIn(row);
    },
    async recent(limit) {
      const sql = `SELECT id, document FROM investigations WHERE saved_at > ? ORDER BY opened_micros DESC, id DESC LIMIT ?`;
      const since = now() - retention.keepMs;
      return database.read((connection) => connection.all(sql, since, Math.max(0, limit))).map(investigationIn);
    },
    async keepTraces(id: string, spans: readonly SpanRecord[]) {
      const packed = await packSpans(spans);
      await database.write((connection) => {
        const sql = 'INSERT OR REPLACE INTO kept_traces (id, packed, size, saved_at) VALUES (?, ?, ?, ?)';
        connection.run(sql, id, packed, packed.length, now());
        sweepTraces(connection, retention, now());
      });
    },
    async keptTraces(id: string) {
      const sql = 'SELECT packed FROM kept_traces WHERE id = ? AND saved_at > ?';
      const row = database.read((connection) => connection.get(sql, id, now() - retention.keepMs));
      return row === undefined ? [] : unpackSpans(bytes(row, 'packed'));
    },
    async close() {},
  };
}

const SELECT = 'SELECT id, document FROM investigations WHERE saved_at > ?';
const LATEST = 'ORDER BY opened_micros DESC, id DESC LIMIT 1';
const BY_ID = `${SELECT} AND id = ?`;
const BY_THREAD = `${SELECT} AND thread_channel = ? AND thread_ts = ? ${LATEST}`;
const BY_ALERT = `${SELECT} AND alert_source = ? AND alert_id = ? ${LATEST}`;

function investigationIn(row: Row): Investigation {
  return readDocument(text(row, 'id'), text(row, 'document'));
}

function lookUp(connection: Connection, reference: Reference, since: number): Row | undefined {
  switch (reference.by) {
    case 'id':
      return connection.get(BY_ID, since, reference.id);
    case 'thread':
      return connection.get(BY_THREAD, since, reference.thread.channel, reference.thread.ts);
    case 'alert':
      return connection.get(BY_ALERT, since, reference.source, reference.alertId);
  }
}

function put(connection: Connection, investigation: Investigation, now: number): void {
  const alert = investigation.trigger.kind === 'alert' ? investigation.trigger.alert : undefined;
  connection.run(
    `INSERT INTO investigations
       (id, document, opened_micros, thread_channel, thread_ts, alert_source, alert_id, saved_at)
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
     ON CONFLICT (id) DO UPDATE SET document = ?2, opened_micros = ?3, thread_channel = ?4, thread_ts = ?5,
       alert_source = ?6, alert_id = ?7, saved_at = ?8`,
    investigation.id,
    writeDocument(investigation),
    investigation.openedAt,
    investigation.thread?.channel ?? null,
    investigation.thread?.ts ?? null,
    alert?.source ?? null,
    alert?.id ?? null,
    now,
  );
}

/** Lets go what is too old or too much, a few rows whenever one is added. */
function sweepInvestigations(connection: Connection, retention: Retention, now: number): void {
  const since = now - retention.keepMs;
  const old = 'SELECT rowid FROM investigations WHERE saved_at <= ? ORDER BY saved_at LIMIT ?';
  connection.run(`DELETE FROM investigations WHERE rowid IN (${old})`, since, SWEEP);
  connection.run(
    `DELETE FROM investigations WHERE rowid IN (
       SELECT rowid FROM investigations ORDER BY saved_at DESC LIMIT ? OFFSET ?)`,
    SWEEP,
    retention.investigations,
  );
}

/** The same for kept traces, which are bounded by their bytes. */
function sweepTraces(connection: Connection, retention: Retention, now: number): void {
  const since = now - retention.keepMs;
  const oldTraces = 'SELECT id FROM kept_traces WHERE saved_at <= ? ORDER BY saved_at LIMIT ?';
  connection.run(`DELETE FROM kept_traces WHERE id IN (${oldTraces})`, since, SWEEP);
  connection.run(
    `DELETE FROM kept_traces WHERE id IN (
       SELECT id FROM (SELECT id, sum(size) OVER (ORDER BY saved_at DESC, id DESC) AS total FROM kept_traces)
       WHERE total > ? LIMIT ?)`,
    retention.traceBytes,
    SWEEP,
  );
}
