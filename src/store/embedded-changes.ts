import type { Database } from '../database.ts';
import { text } from '../database-row.ts';
import type { Changes } from '../ports/changes.ts';
import type { Clock } from '../ports/clock.ts';
import { type ChangeRetention, changeRetention, readChanges, writeChange } from './change-document.ts';

/** Rows that one write lets go at most. */
const SWEEP = 50;

/** The changes of the embedded shape: a table of `causeway.db`. */
export function embeddedChanges({
  database,
  clock,
  retention = changeRetention,
}: {
  readonly database: Database;
  readonly clock: Clock;
  readonly retention?: ChangeRetention;
}): Changes {
  const since = () => clock.now() - retention.keepMs * 1_000;
  return {
    async keep(change) {
      await database.write((connection) => {
        const put = 'INSERT OR REPLACE INTO changes (id, at_micros, document) VALUES (?, ?, ?)';
        connection.run(put, change.id, change.at, writeChange(change));
        const old = 'SELECT id FROM changes WHERE at_micros <= ? ORDER BY at_micros LIMIT ?';
        connection.run(`DELETE FROM changes WHERE id IN (${old})`, since(), SWEEP);
        const surplus = 'SELECT id FROM changes ORDER BY at_micros DESC, id DESC LIMIT ? OFFSET ?';
        connection.run(`DELETE FROM changes WHERE id IN (${surplus})`, SWEEP, retention.changes);
      });
    },
    async between(from, to, limit) {
      const sql = `SELECT document FROM changes WHERE at_micros BETWEEN ? AND ? AND at_micros > ?
         ORDER BY at_micros DESC, id DESC LIMIT ?`;
      const rows = database.read((connection) => connection.all(sql, from, to, since(), Math.max(0, limit)));
      return readChanges(rows.map((row) => text(row, 'document')));
    },
  };
}
