import type { Connection } from '../database.ts';
import { number, text } from '../database-row.ts';
import type { QueueDepth } from '../ports/job-queue.ts';
import { ATTEMPTS, DEAD_LIMIT } from './job.ts';

/** A job that is ours until the lease ends. `attempt` tells this lease from a later one of the same job. */
export type Lease = { readonly id: number; readonly attempt: number; readonly payload: string };

/*
 * The life of a job, as statements on the table `jobs` of `causeway.db`. Each function is one step inside a transaction.
 *
 *            add            take                 finish
 *     ─────▶ ready ───────────────────▶ active ──────────▶ (gone)
 *              ▲  ▲   postpone, give back  │ │
 *              │  └────────────────────────┘ │ bury
 *              └── recover (lease over) ─────┴──────────▶ dead
 */

export function add(connection: Connection, key: string, payload: string, dueAt: number): boolean {
  return (
    connection.run(
      `INSERT INTO jobs (key, payload, state, due_at) VALUES (?, ?, 'ready', ?)
       ON CONFLICT (key) WHERE state <> 'dead' DO NOTHING`,
      key,
      payload,
      dueAt,
    ) > 0
  );
}

/** When there is next something to take: a job that is due or a lease that ends. Undefined for an empty table. */
export function nextMoment(connection: Connection): number | undefined {
  const row = connection.get(
    `SELECT min(moment) AS moment FROM (
       SELECT min(due_at) AS moment FROM jobs WHERE state = 'ready'
       UNION ALL SELECT min(lease_until) FROM jobs WHERE state = 'active')`,
  );
  return row === undefined || row.moment === null ? undefined : number(row, 'moment');
}

/** Leases up to `count` due jobs, the longest due first. */
export function take(
  connection: Connection,
  count: number,
  owner: string,
  now: number,
  leaseUntil: number,
): readonly Lease[] {
  const rows = connection.all(
    `UPDATE jobs SET state = 'active', attempts = attempts + 1, owner = ?, lease_until = ?
     WHERE id IN (SELECT id FROM jobs WHERE state = 'ready' AND due_at <= ? ORDER BY due_at, id LIMIT ?)
     RETURNING id, attempts, payload, due_at`,
    owner,
    leaseUntil,
    now,
    count,
  );
  return rows
    .toSorted((a, b) => number(a, 'due_at') - number(b, 'due_at') || number(a, 'id') - number(b, 'id'))
    .map((row) => ({ id: number(row, 'id'), attempt: number(row, 'attempts'), payload: text(row, 'payload') }));
}

/** Leases of workers that died: their jobs are ready again at once, or dead when that was the last attempt. */
export function recover(connection: Connection, now: number, isGone: (owner: string) => boolean): void {
  const active = connection.all(`SELECT id, attempts, owner, lease_until FROM jobs WHERE state = 'active'`);
  for (const row of active) {
    if (number(row, 'lease_until') > now && !isGone(text(row, 'owner'))) continue;
    const lease = { id: number(row, 'id'), attempt: number(row, 'attempts') };
    if (lease.attempt >= ATTEMPTS) bury(connection, lease, text(row, 'owner'), 'Its worker died at every attempt.');
    else postpone(connection, lease, text(row, 'owner'), now);
  }
}

type Held = { readonly id: number; readonly attempt: number };
const HELD = `id = ? AND state = 'active' AND owner = ? AND attempts = ?`;

/** False when the lease was lost to somebody else; so with every function below. */
export function renew(connection: Connection, lease: Held, owner: string, leaseUntil: number): boolean {
  return (
    connection.run(`UPDATE jobs SET lease_until = ? WHERE ${HELD}`, leaseUntil, lease.id, owner, lease.attempt) > 0
  );
}

export function finish(connection: Connection, lease: Held, owner: string): boolean {
  return connection.run(`DELETE FROM jobs WHERE ${HELD}`, lease.id, owner, lease.attempt) > 0;
}

export function postpone(connection: Connection, lease: Held, owner: string, dueAt: number): boolean {
  const sql = `UPDATE jobs SET state = 'ready', due_at = ?, owner = NULL, lease_until = NULL WHERE ${HELD}`;
  return connection.run(sql, dueAt, lease.id, owner, lease.attempt) > 0;
}

/** As if the job had not been taken: the attempt does not count. */
export function giveBack(connection: Connection, lease: Held, owner: string): boolean {
  const sql = `UPDATE jobs SET state = 'ready', attempts = attempts - 1, owner = NULL, lease_until = NULL WHERE ${HELD}`;
  return connection.run(sql, lease.id, owner, lease.attempt) > 0;
}

export function bury(connection: Connection, lease: Held, owner: string, reason: string): boolean {
  const sql = `UPDATE jobs SET state = 'dead', reason = ?, owner = NULL, lease_until = NULL WHERE ${HELD}`;
  const done = connection.run(sql, reason, lease.id, owner, lease.attempt) > 0;
  connection.run(
    `DELETE FROM jobs WHERE state = 'dead' AND id <
       (SELECT id FROM jobs WHERE state = 'dead' ORDER BY id DESC LIMIT 1 OFFSET ?)`,
    DEAD_LIMIT - 1,
  );
  return done;
}

export function depth(connection: Connection, now: number): QueueDepth {
  const row =
    connection.get(
      `SELECT count(*) FILTER (WHERE state = 'ready' AND due_at <= ?1) AS waiting,
              count(*) FILTER (WHERE state = 'ready' AND due_at >  ?1) AS delayed,
              count(*) FILTER (WHERE state = 'active') AS active,
              count(*) FILTER (WHERE state = 'dead') AS dead,
              ?1 - coalesce(min(due_at) FILTER (WHERE state = 'ready' AND due_at <= ?1), ?1) AS oldest
       FROM jobs`,
      now,
    ) ?? {};
  return {
    waiting: number(row, 'waiting'),
    delayed: number(row, 'delayed'),
    active: number(row, 'active'),
    dead: number(row, 'dead'),
    oldestMs: number(row, 'oldest'),
  };
}
