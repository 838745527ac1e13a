import type { Connection, Database } from '../database.ts';
import { text } from '../database-row.ts';
import type { Clock } from '../ports/clock.ts';
import type { Ledger } from '../ports/ledger.ts';

/** After so many writes as many ended notes are let go at most: more than were added, so that the table follows what still counts. */
const SWEEP_EVERY = 16;
const SWEEP = 4 * SWEEP_EVERY;
const SWEPT = `DELETE FROM ledger
  WHERE key IN (SELECT key FROM ledger WHERE keep_until <= ? ORDER BY keep_until LIMIT ?)`;

/** The ledger of the embedded shape: a table of `causeway.db`. */
export function embeddedLedger({ database, clock }: { readonly database: Database; readonly clock: Clock }): Ledger {
  const now = () => Math.floor(clock.now() / 1_000);
  let written = 0;
  const sweep = (connection: Connection) => {
    written += 1;
    if (written < SWEEP_EVERY) return;
    written = 0;
    connection.run(SWEPT, now(), SWEEP);
  };
  return {
    claim(key, note, keepMs) {
      return database.write((connection) => {
        sweep(connection);
        const claimed = connection.get(
          `INSERT INTO ledger (key, note, keep_until) VALUES (?1, ?2, ?3)
           ON CONFLICT (key) DO UPDATE SET note = ?2, keep_until = ?3 WHERE keep_until <= ?4
           RETURNING note`,
          key,
          note,
          now() + keepMs,
          now(),
        );
        if (claimed !== undefined) return { ours: true, note };
        const stands = connection.get('SELECT note FROM ledger WHERE key = ?', key);
        return { ours: false, note: text(stands ?? {}, 'note') };
      });
    },
    async read(key) {
      const sql = 'SELECT note FROM ledger WHERE key = ? AND keep_until > ?';
      const row = database.read((connection) => connection.get(sql, key, now()));
      return row && text(row, 'note');
    },
    async count(key, keepMs) {
      return database.write((connection) => {
        const sql = `INSERT INTO ledger (key, note, keep_until) VALUES (?1, '1', ?2)
           ON CONFLICT (key) DO UPDATE SET
             note = CASE WHEN keep_until <= ?3 THEN '1' ELSE CAST(note AS INTEGER) + 1 END,
             keep_until = CASE WHEN keep_until <= ?3 THEN ?2 ELSE keep_until END
           RETURNING note`;
        return Number(text(connection.get(sql, key, now() + keepMs, now()) ?? {}, 'note'));
      });
    },
    async settle(key, note, keepMs) {
      await database.write((connection) => {
        const sql = 'INSERT OR REPLACE INTO ledger (key, note, keep_until) VALUES (?, ?, ?)';
        connection.run(sql, key, note, now() + keepMs);
        sweep(connection);
      });
    },
  };
}
