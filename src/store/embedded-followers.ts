import type { Database } from '../database.ts';
import { number, text } from '../database-row.ts';
import type { Clock } from '../ports/clock.ts';
import type { Followers } from '../ports/followers.ts';
import { defaultRetention, type Retention } from './retention.ts';

/** Looking for rows to let go costs as much as adding one, so a large table is looked through for every few that are added. */
const SWEEP_EVERY = 16;
/** Rows that are let go at once at most: more than were added since. */
const SWEEP = 4 * SWEEP_EVERY;
const TITLES = 3;

/** The followers of the embedded shape: a table of `causeway.db`. */
export function embeddedFollowers({
  database,
  clock,
  retention = defaultRetention,
}: {
  readonly database: Database;
  readonly clock: Clock;
  readonly retention?: Retention;
}): Followers {
  const now = () => Math.floor(clock.now() / 1_000);
  const every = Math.min(Math.max(1, retention.followers >> 9), SWEEP_EVERY);
  let written = 0;
  return {
    async follow(leader, { source, alertId, delivery, title, at }) {
      await database.write((connection) => {
        connection.run(
          `UPDATE followers SET ended = 1 WHERE source = ? AND alert_id = ? AND ended = 0 AND leader <> ?`,
          source,
          alertId,
          leader,
        );
        connection.run(
          `INSERT INTO followers (leader, source, alert_id, delivery, title, at_micros, saved_at)
           VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
           ON CONFLICT (leader, source, alert_id) DO UPDATE SET
             repeats = repeats + (delivery <> ?4), delivery = ?4, ended = 0,
             at_micros = min(at_micros, ?6), saved_at = ?7`,
          leader,
          source,
          alertId,
          delivery,
          title,
          at,
          now(),
        );
        written += 1;
        if (written < every) return;
        written = 0;
        connection.run(
          `DELETE FROM followers WHERE place IN (
             SELECT place FROM followers ORDER BY place LIMIT ?3
           ) AND (saved_at <= ?1 OR place <= (SELECT max(place) FROM followers) - ?2)`,
          now() - retention.keepMs,
          retention.followers,
          SWEEP,
        );
      });
    },
    async leaderOf(source, alertId) {
      const sql = `SELECT leader FROM followers WHERE source = ? AND alert_id = ? AND ended = 0 AND saved_at > ?`;
      const row = database.read((connection) => connection.get(sql, source, alertId, now() - retention.keepMs));
      return row && text(row, 'leader');
    },
    async end(source, alertId) {
      const sql = 'UPDATE followers SET ended = 1 WHERE source = ? AND alert_id = ? AND ended = 0';
      await database.write((connection) => connection.run(sql, source, alertId));
    },
    async of(leader) {
      const counts = 'SELECT count(*) AS alerts, total(repeats) AS repeats FROM followers WHERE leader = ?';
      const titles = `SELECT title FROM followers WHERE leader = ? GROUP BY title ORDER BY min(at_micros), title LIMIT ?`;
      return database.read((connection) => {
        const row = connection.get(counts, leader) ?? {};
        const alerts = number(row, 'alerts');
        const said = connection.all(titles, leader, TITLES).map((each) => text(each, 'title'));
        return { alerts, repeats: number(row, 'repeats'), titles: said };
      });
    },
    async move(from, to) {
      await database.write((connection) => {
        connection.run(
          `INSERT INTO followers (leader, source, alert_id, delivery, title, at_micros, repeats, ended, saved_at)
           SELECT ?2, source, alert_id, delivery, title, at_micros, repeats, ended, ?3 FROM followers WHERE leader = ?1
           ON CONFLICT (leader, source, alert_id) DO UPDATE SET
             repeats = repeats + excluded.repeats + 1, ended = excluded.ended, saved_at = ?3`,
          from,
          to,
          now(),
        );
        connection.run('DELETE FROM followers WHERE leader = ?', from);
      });
    },
  };
}
