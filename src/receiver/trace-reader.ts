import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite';
import { carries, wantedAttributes } from '../formats/span-signs.ts';
import type { Attributes, SpanRecord } from '../model/span.ts';
import type { EpochMicros, TraceId } from '../model/units.ts';
import type { TraceHit, TraceQuery } from '../ports/trace-backend.ts';
import { attributesOfBody, decodeSpan, integer, text } from './span-row.ts';

/** Spans looked at before a search lets intake go on: some ten milliseconds. */
const SLICE = 2_000;

/** Where the next page of `page` begins. */
export type Cursor = { readonly trace: number; readonly seq: number };

/** Answers questions about stored spans. */
export class TraceReader {
  readonly #services: StatementSync;
  readonly #walk: StatementSync;
  readonly #trace: StatementSync;
  readonly #number: StatementSync;
  readonly #page: StatementSync;
  readonly #resource: StatementSync;
  readonly #inWindow: StatementSync;
  readonly #entry: StatementSync;

  constructor(database: DatabaseSync) {
    this.#services = database.prepare('SELECT id, name FROM services ORDER BY name');
    this.#walk = database.prepare(
      `SELECT seq, trace, start, finish, error, name, resource, body FROM spans
       WHERE service = ? AND (start, seq) < (?, ?) AND start >= ? ORDER BY start DESC, seq DESC LIMIT ${SLICE}`,
    );
    this.#trace = database.prepare('SELECT lower(hex(trace_id)) AS id, start, finish, error FROM traces WHERE id = ?');
    this.#number = database.prepare('SELECT id FROM traces WHERE trace_id = ?');
    this.#page = database.prepare(
      `SELECT seq, start, finish, spans.name AS name, resource, services.name AS service, spans.body AS body
       FROM spans JOIN services ON services.id = spans.service
       WHERE trace = ? AND seq > ? ORDER BY seq LIMIT ?`,
    );
    this.#resource = database.prepare('SELECT body FROM resources WHERE id = ?');
    this.#inWindow = database.prepare('SELECT 1 FROM spans WHERE service = ? AND start >= ? AND start <= ? LIMIT 1');
    // The root, whose parent is 0 (`span-row.ts`), or whoever began first. Clocks that differ put it among the first anyway.
    this.#entry = database.prepare(
      `SELECT name FROM (SELECT seq, start, name, body FROM spans
         WHERE trace = (SELECT id FROM traces WHERE trace_id = ?) ORDER BY start, seq LIMIT 20)
       ORDER BY json_extract(body, '$[1]') = 0 DESC, start, seq LIMIT 1`,
    );
  }

  services(from: EpochMicros, to: EpochMicros): readonly string[] {
    return this.#services
      .all()
      .filter((row) => this.#inWindow.get(integer(row.id), from, to) !== undefined)
      .map((row) => text(row.name))
      .sort();
  }

  /** Up to `limit` spans of the traces, in the order they arrived; `next` is missing when there are no more. */
  page(
    traceIds: readonly TraceId[],
    from: Cursor,
    limit: number,
  ): { readonly spans: readonly SpanRecord[]; readonly next?: Cursor } {
    const spans: SpanRecord[] = [];
    const resources = new Map<number, Attributes>();
    let seq = from.seq;
    for (let trace = from.trace; trace < traceIds.length; trace += 1) {
      const traceId = traceIds[trace];
      const number = traceId === undefined ? undefined : this.#number.get(Buffer.from(traceId, 'hex'))?.id;
      if (traceId !== undefined && number !== undefined) {
        for (const row of this.#page.iterate(number, seq, limit - spans.length)) {
          spans.push(this.#decode(row, traceId, resources));
          seq = integer(row.seq);
        }
      }
      if (spans.length >= limit) return { spans, next: { trace, seq } };
      seq = 0;
    }
    return { spans };
  }

  /**
   * Every given member of the query must hold for one span that starts within the window. Walks the spans of a service
   * from the youngest to the oldest and yields between slices, so that whoever drives it can take in spans meanwhile.
   *
   * In the order `latest` a service is done early: a trace that was not met yet begins no later than the span at hand, so
   * once that lies before the worst of the best hits, nothing better can come.
   */
  *search(query: TraceQuery): Generator<undefined, readonly TraceHit[]> {
    const best = new BestHits(query.order, query.limit);
    if (query.limit <= 0) return [];
    const wanted = wantedAttributes(query.attributes);
    const seen = new Set<number>();
    const services = this.#services.all().filter((row) => query.service === undefined || row.name === query.service);
    for (const service of services) {
      let start = query.to;
      let seq = Number.MAX_SAFE_INTEGER;
      for (;;) {
        const rows = this.#walk.all(integer(service.id), start, seq, query.from);
        for (const row of rows) {
          start = integer(row.start);
          seq = integer(row.seq);
          const trace = integer(row.trace);
          if (seen.has(trace) || !this.#matches(row, query, wanted)) continue;
          seen.add(trace);
          const hit = this.#hit(trace);
          if (hit !== undefined) best.offer(hit);
        }
        if (rows.length < SLICE || best.nothingBetterBefore(start)) break;
        yield;
      }
      yield;
    }
    return best.hits.map((hit) => this.#withEntry(hit));
  }

  #withEntry(hit: TraceHit): TraceHit {
    const row = this.#entry.get(Buffer.from(hit.traceId, 'hex'));
    return row === undefined ? hit : { ...hit, entry: text(row.name) };
  }

  #matches(row: Row, query: TraceQuery, wanted: readonly (readonly [string, string])[]): boolean {
    if (query.operation !== undefined && row.name !== query.operation) return false;
    if (query.errors === true && row.error !== 1) return false;
    if (query.minDuration !== undefined && integer(row.finish) - integer(row.start) < query.minDuration) return false;
    if (wanted.length === 0) return true;
    return carries(attributesOfBody(text(row.body)), this.#resourceOf(integer(row.resource)), wanted);
  }

  #hit(trace: number): TraceHit | undefined {
    const row = this.#trace.get(trace);
    if (row === undefined) return undefined;
    const start = integer(row.start);
    return { traceId: text(row.id), start, duration: integer(row.finish) - start, error: row.error === 1 };
  }

  #decode(row: Row, traceId: TraceId, resources: Map<number, Attributes>): SpanRecord {
    const number = integer(row.resource);
    let resource = resources.get(number);
    if (resource === undefined) {
      resource = this.#resourceOf(number);
      resources.set(number, resource);
    }
    const columns = {
      traceId,
      service: text(row.service),
      name: text(row.name),
      start: integer(row.start),
      end: integer(row.finish),
      resource,
    };
    return decodeSpan(columns, text(row.body));
  }

  #resourceOf(number: number): Attributes {
    const resource: Attributes = JSON.parse(text(this.#resource.get(number)?.body));
    return resource;
  }
}

type Row = Readonly<Record<string, SQLOutputValue>>;

/** The best hits so far, best first: the latest or the slowest, ties by trace id. */
export class BestHits {
  readonly #order: TraceQuery['order'];
  readonly #limit: number;
  readonly #hits: TraceHit[] = [];

  constructor(order: TraceQuery['order'], limit: number) {
    this.#order = order;
    this.#limit = limit;
  }

  get hits(): readonly TraceHit[] {
    return this.#hits;
  }

  offer(hit: TraceHit): void {
    let low = 0;
    let high = this.#hits.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = this.#hits[middle];
      if (other !== undefined && this.#before(other, hit)) low = middle + 1;
      else high = middle;
    }
    if (low >= this.#limit) return;
    this.#hits.splice(low, 0, hit);
    if (this.#hits.length > this.#limit) this.#hits.pop();
  }

  /** Whether no trace that begins at or before `start` can be among the best any more. */
  nothingBetterBefore(start: EpochMicros): boolean {
    const worst = this.#hits.at(-1);
    return this.#order === 'latest' && this.#hits.length >= this.#limit && worst !== undefined && start < worst.start;
  }

  #before(left: TraceHit, right: TraceHit): boolean {
    const by = this.#order === 'latest' ? left.start - right.start : left.duration - right.duration;
    return by === 0 ? left.traceId < right.traceId : by > 0;
  }
}
