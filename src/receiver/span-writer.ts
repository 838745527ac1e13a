import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { showsError } from '../formats/span-signs.ts';
import type { Attributes, SpanRecord } from '../model/span.ts';
import { encodeBody, integer } from './span-row.ts';

/** Dictionary entries that are remembered between commits; beyond that the cache starts anew. */
const CACHE_LIMIT = 20_000;

/** Writes groups of spans, each in one transaction. Not safe for anything but one caller at a time. */
export class SpanWriter {
  readonly #database: DatabaseSync;
  readonly #insertSpan: StatementSync;
  readonly #upsertTrace: StatementSync;
  readonly #insertCommit: StatementSync;
  readonly #services: Dictionary;
  readonly #resources: Dictionary;
  /** Decoders share one object among the spans of a resource, which saves spelling it out for each. */
  #resourceIds = new WeakMap<Attributes, number>();
  #seq: number;

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#insertSpan = database.prepare(
      'INSERT INTO spans (seq, trace, service, resource, start, finish, error, name, body) VALUES (?,?,?,?,?,?,?,?,?)',
    );
    this.#upsertTrace = database.prepare(
      `INSERT INTO traces (trace_id, start, finish, error) VALUES (?, ?, ?, ?)
       ON CONFLICT (trace_id) DO UPDATE SET
         start = min(start, excluded.start), finish = max(finish, excluded.finish), error = max(error, excluded.error)
       RETURNING id`,
    );
    this.#insertCommit = database.prepare('INSERT OR REPLACE INTO commits (last, arrived) VALUES (?, ?)');
    this.#services = new Dictionary(database, 'services', 'name');
    this.#resources = new Dictionary(database, 'resources', 'body');
    // The highest number ever given, not the highest that is left: it must not run backwards after everything was forgotten.
    const last = database
      .prepare(
        'SELECT max(ifnull((SELECT max(seq) FROM spans), 0), ifnull((SELECT max(last) FROM commits), 0)) AS last',
      )
      .get();
    this.#seq = integer(last?.last);
  }

  /** All spans or none. Late spans of a known trace widen it. `now` is when they arrived. */
  write(groups: readonly (readonly SpanRecord[])[], now: number): void {
    const before = this.#seq;
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      const traces = this.#touchTraces(groups);
      for (const group of groups) for (const span of group) this.#insert(span, traces.get(span.traceId) ?? 0);
      this.#services.touch(this.#seq);
      this.#resources.touch(this.#seq);
      if (this.#seq > before) this.#insertCommit.run(this.#seq, now);
      this.#database.exec('COMMIT');
    } catch (thrown) {
      // Some failures of SQLite end the transaction by themselves.
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      this.#seq = before;
      this.forget();
      throw thrown;
    }
  }

  /** Drops what is remembered of the dictionaries, after rows of them were deleted or a transaction was undone. */
  forget(): void {
    this.#services.forget();
    this.#resources.forget();
    this.#resourceIds = new WeakMap();
  }

  /** One write for each trace of the group, however many of its spans are in it. */
  #touchTraces(groups: readonly (readonly SpanRecord[])[]): ReadonlyMap<string, number> {
    const bounds = new Map<string, { start: number; end: number; error: number }>();
    for (const group of groups) {
      for (const span of group) {
        const error = showsError(span) ? 1 : 0;
        const end = Math.max(span.start, span.end);
        const known = bounds.get(span.traceId);
        if (known === undefined) {
          bounds.set(span.traceId, { start: span.start, end, error });
        } else {
          known.start = Math.min(known.start, span.start);
          known.end = Math.max(known.end, end);
          known.error = Math.max(known.error, error);
        }
      }
    }
    const ids = new Map<string, number>();
    for (const [traceId, { start, end, error }] of bounds) {
      const row = this.#upsertTrace.get(Buffer.from(traceId, 'hex'), start, end, error);
      ids.set(traceId, integer(row?.id));
    }
    return ids;
  }

  #insert(span: SpanRecord, trace: number): void {
    this.#seq += 1;
    this.#insertSpan.run(
      this.#seq,
      trace,
      this.#services.id(span.service),
      this.#resourceId(span.resource),
      span.start,
      span.end,
      showsError(span) ? 1 : 0,
      span.name,
      encodeBody(span),
    );
  }

  #resourceId(resource: Attributes): number {
    let id = this.#resourceIds.get(resource);
    if (id === undefined) {
      id = this.#resources.id(JSON.stringify(resource));
      this.#resourceIds.set(resource, id);
    } else {
      this.#resources.use(id);
    }
    return id;
  }
}

/** Texts that repeat in millions of spans, kept once; `last` is the latest span that used one. */
class Dictionary {
  readonly #insert: StatementSync;
  readonly #find: StatementSync;
  readonly #touch: StatementSync;
  readonly #ids = new Map<string, number>();
  readonly #used = new Set<number>();

  constructor(database: DatabaseSync, table: 'services' | 'resources', column: 'name' | 'body') {
    this.#insert = database.prepare(`INSERT INTO ${table} (${column}, last) VALUES (?, 0) RETURNING id`);
    this.#find = database.prepare(`SELECT id FROM ${table} WHERE ${column} = ?`);
    this.#touch = database.prepare(`UPDATE ${table} SET last = ? WHERE id = ?`);
  }

  id(text: string): number {
    let id = this.#ids.get(text);
    if (id === undefined) {
      if (this.#ids.size >= CACHE_LIMIT) this.#ids.clear();
      id = integer((this.#find.get(text) ?? this.#insert.get(text))?.id);
      this.#ids.set(text, id);
    }
    this.#used.add(id);
    return id;
  }

  use(id: number): void {
    this.#used.add(id);
  }

  /** Notes that everything used since the last call is in use up to the span `seq`. */
  touch(seq: number): void {
    for (const id of this.#used) this.#touch.run(seq, id);
    this.#used.clear();
  }

  forget(): void {
    this.#ids.clear();
    this.#used.clear();
  }
}
