import type { Database } from '../database.ts';
import { number, type Row, text } from '../database-row.ts';
import type { Clock } from '../ports/clock.ts';
import type { Occurrence, Recurrences } from '../ports/recurrences.ts';
import { defaultRetention, type Retention } from './retention.ts';

/** Rows that one write lets go at most. */
const SWEEP = 50;

/** The recurrences of the embedded shape: a table of `causeway.db`. */
export function embeddedRecurrences({
  database,
  clock,
  retention = defaultRetention,
}: {
  readonly database: Database;
  readonly clock: Clock;
  readonly retention?: Retention;
}): Recurrences {
  const now = () => Math.floor(clock.now() / 1_000);
  return {
    async note({ fingerprint, investigation, at, thread, fixedBy }) {
      await database.write((connection) => {
        connection.run(
          `INSERT INTO occurrences (fingerprint, investigation, at_micros, thread_channel, thread_ts, fixed_by, saved_at)
           VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
           ON CONFLICT (fingerprint, investigation) DO UPDATE SET at_micros = ?3, thread_channel = ?4, thread_ts = ?5,
             fixed_by = coalesce(?6, fixed_by), saved_at = ?7`,
          fingerprint,
          investigation,
          at,
          thread?.channel ?? null,
          thread?.ts ?? null,
          fixedBy ?? null,
          now(),
        );
        const old = 'SELECT fingerprint, investigation FROM occurrences WHERE saved_at <= ? ORDER BY saved_at LIMIT ?';
        const surplus =
          'SELECT fingerprint, investigation FROM occurrences ORDER BY saved_at DESC, investigation DESC LIMIT ? OFFSET ?';
        const drop = (rows: string) => `DELETE FROM occurrences WHERE (fingerprint, investigation) IN (${rows})`;
        connection.run(drop(old), now() - retention.occurrenceMs, SWEEP);
        connection.run(drop(surplus), SWEEP, retention.occurrences);
      });
    },
    async of(fingerprint, limit) {
      const sql = `SELECT * FROM occurrences WHERE fingerprint = ? AND saved_at > ?
                   ORDER BY at_micros DESC, investigation DESC LIMIT ?`;
      const since = now() - retention.occurrenceMs;
      return database.read((connection) => connection.all(sql, fingerprint, since, limit)).map(occurrenceIn);
    },
  };
}

function occurrenceIn(row: Row): Occurrence {
  return {
    fingerprint: text(row, 'fingerprint'),
    investigation: text(row, 'investigation'),
    at: number(row, 'at_micros'),
    ...(row.thread_ts === null ? {} : { thread: { channel: text(row, 'thread_channel'), ts: text(row, 'thread_ts') } }),
    ...(row.fixed_by === null ? {} : { fixedBy: text(row, 'fixed_by') }),
  };
}
