import { ROW_COLUMNS } from '../formats/clickhouse-rows.ts';
import { spellingsOf } from '../formats/semantic-conventions.ts';
import type { EpochMicros, TraceId } from '../model/units.ts';
import type { TraceQuery } from '../ports/trace-backend.ts';
import type { Layout } from './clickhouse-layouts.ts';

/** SQL and the values of its `{name:Type}` places. No value is ever part of the text. */
export type Statement = { readonly sql: string; readonly values: Readonly<Record<string, string>> };

/** So many times the wanted traces are looked at in full before the last choice is made among them. */
const GENEROSITY = 4;
/** Traces begin before the span that matches and end after it; nobody's lasts longer than this. */
const LONGEST_TRACE = 3_600_000_000;

const START = 'intDiv(toUnixTimestamp64Nano(Timestamp), 1000)';
const FINISH = 'intDiv(toUnixTimestamp64Nano(Timestamp) + Duration, 1000)';

/** A table to ask, as it was found: what stands behind FROM, and the table that knows how long traces last, where there is one. */
export type Source = { readonly from: string; readonly index: string | undefined; readonly layout: Layout };

/** All spans of the traces. Their times come from the index by trace where there is one, else the table is scanned. */
export function spansOf({ from, index, layout }: Source, traceIds: readonly TraceId[]): Statement {
  const ids = 'TraceId IN {ids:Array(String)}';
  const { id, start, end } = layout.index;
  const bound = (which: string) => `(SELECT ${which} FROM ${index} WHERE ${id} IN {ids:Array(String)})`;
  const bucket = layout.bucketSeconds;
  const window =
    index === undefined
      ? ''
      : ` AND Timestamp >= ${bound(`min(${start})`)} AND Timestamp <= ${bound(`max(${end}) + INTERVAL 1 SECOND`)}${
          bucket === undefined
            ? ''
            : ` AND Bucket >= ${bound(`toUnixTimestamp(min(${start})) - ${bucket}`)} AND Bucket <= ${bound(`toUnixTimestamp(max(${end}))`)}`
        }`;
  return {
    sql: `SELECT ${ROW_COLUMNS.join(', ')} FROM ${from} WHERE ${ids}${window} FORMAT JSONEachRow`,
    values: { ids: listText(traceIds) },
  };
}

/**
 * Two steps: the matching spans give candidates, the candidates' whole traces give bounds and order.
 *
 * ```
 *   inner   spans that match, by trace, the latest or longest first   ≤ 4 × limit traces
 *   outer   all spans of those traces → start, finish, failed         ≤ limit traces
 * ```
 */
export function hitsOf({ from, layout }: Source, query: TraceQuery): Statement {
  const values: Record<string, string> = {
    from: String(Math.max(0, query.from)),
    to: String(Math.max(0, query.to)),
    least: String(query.minDuration ?? 0),
    limit: String(query.limit),
    candidates: String(query.limit * GENEROSITY),
    early: String(Math.max(0, query.from - LONGEST_TRACE)),
    late: String(Math.max(0, query.to + LONGEST_TRACE)),
  };
  const conditions = [between(layout, 'from', 'to'), `intDiv(Duration, 1000) >= {least:UInt64}`];
  if (query.service !== undefined) {
    conditions.push('ServiceName = {service:String}');
    values.service = query.service;
  }
  if (query.operation !== undefined) {
    conditions.push('SpanName = {operation:String}');
    values.operation = query.operation;
  }
  if (query.errors === true) conditions.push(layout.failed);
  for (const [number, [key, value]] of Object.entries(query.attributes ?? {}).entries()) {
    const either = spellingsOf(key).flatMap((name, spelling) => {
      const place = `key${number}_${spelling}`;
      values[place] = name;
      return ['SpanAttributes', 'ResourceAttributes'].map(
        (map) => `(mapContains(${map}, {${place}:String}) AND ${map}[{${place}:String}] = {value${number}:String})`,
      );
    });
    values[`value${number}`] = value;
    conditions.push(`(${either.join(' OR ')})`);
  }
  const [first, last] = query.order === 'latest' ? ['max(Timestamp)', 'start'] : ['max(Duration)', 'finish - start'];
  const sql = `SELECT TraceId AS id, min(${START}) AS start, max(${FINISH}) AS finish, max(${layout.failed}) AS failed,
  argMin(SpanName, (ParentSpanId != '', Timestamp)) AS entry
FROM ${from} WHERE ${between(layout, 'early', 'late')} AND TraceId IN (
  SELECT TraceId FROM ${from} WHERE ${conditions.join(' AND ')}
  GROUP BY TraceId ORDER BY ${first} DESC, TraceId LIMIT {candidates:UInt64})
GROUP BY TraceId ORDER BY ${last} DESC, id LIMIT {limit:UInt64}`;
  const texts = 'SELECT id, toString(start) AS start, toString(finish) AS finish, toUInt8(failed) AS failed, entry';
  return { sql: `${texts} FROM (${sql}) FORMAT JSONEachRow`, values };
}

export function servicesOf({ from: table, layout }: Source, from: EpochMicros, to: EpochMicros): Statement {
  return {
    sql: `SELECT DISTINCT ServiceName AS name FROM ${table} WHERE ${between(layout, 'from', 'to')} ORDER BY name LIMIT 10000 FORMAT JSONEachRow`,
    values: { from: String(Math.max(0, from)), to: String(Math.max(0, to)) },
  };
}

/** Services of the last day, by the server's own clock. */
export function recentServicesOf({ from, layout }: Source): Statement {
  const bucket = layout.bucketSeconds === undefined ? '' : ' AND Bucket >= toUnixTimestamp(now()) - 86400';
  return {
    sql: `SELECT DISTINCT ServiceName AS name FROM ${from} WHERE Timestamp >= now64(9) - INTERVAL 1 DAY${bucket} LIMIT 10000 FORMAT JSONEachRow`,
    values: {},
  };
}

/** What the database says of tables. */
export function columnsOf(tables: readonly string[]): Statement {
  return {
    sql: 'SELECT table, name, type FROM system.columns WHERE database = currentDatabase() AND table IN {tables:Array(String)} ORDER BY table, position LIMIT 2000 FORMAT JSONEachRow',
    values: { tables: `[${[...new Set(tables)].map((table) => `'${table.replace(/[^\w]/g, '')}'`).join(',')}]` },
  };
}

/** A name as SQL writes it; the configuration allows letters, digits and `_` only, so this is a second lock. */
export function quoted(name: string): string {
  return `\`${name.replace(/[`\\]/g, '')}\``;
}

/** A value as the HTTP interface takes it: tabs, line ends and backslashes escaped, as in its TSV. */
export function parameterText(value: string): string {
  return value
    .replace(/\\/g, '\\\\')
    .replace(/\t/g, '\\t')
    .replace(/\n/g, '\\n')
    .replace(/\r/g, '\\r')
    .replace(/\0/g, '');
}

/** Both ends included; the column keeps nanoseconds, so the last microsecond is taken whole. */
function between({ bucketSeconds }: Layout, from: string, to: string): string {
  const exact =
    `Timestamp >= fromUnixTimestamp64Micro({${from}:Int64}) ` +
    `AND Timestamp < fromUnixTimestamp64Micro({${to}:Int64} + 1)`;
  if (bucketSeconds === undefined) return exact;
  return (
    `${exact} AND Bucket >= intDiv({${from}:Int64}, 1000000) - ${bucketSeconds} ` +
    `AND Bucket <= intDiv({${to}:Int64}, 1000000)`
  );
}

function listText(values: readonly string[]): string {
  return `[${values.map((value) => `'${value.replace(/[^0-9a-f]/g, '')}'`).join(',')}]`;
}
