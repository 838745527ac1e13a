import { z } from 'zod';
import { Failure } from '../failure.ts';
import { readClickHouseRow } from '../formats/clickhouse-rows.ts';
import { Collected } from '../formats/reading.ts';
import type { SpanRecord } from '../model/span.ts';
import type { TraceBackend, TraceHit } from '../ports/trace-backend.ts';
import { type Answer, strange } from './answer.ts';
import { type BackendContext, defineBackend, linkFrom } from './backend.ts';
import { checked } from './checked.ts';
import {
  columnsOf,
  hitsOf,
  parameterText,
  quoted,
  recentServicesOf,
  type Statement,
  servicesOf,
  spansOf,
} from './clickhouse-sql.ts';
import { createClient } from './client.ts';
import { CONNECTION } from './connection.ts';
import { isPage, pageInstead } from './refusal.ts';

const NAME = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be letters, digits and _');

const Options = z.strictObject({
  ...CONNECTION,
  kind: z.literal('clickhouse').default('clickhouse'),
  database: NAME.default('default'),
  /** As the OpenTelemetry exporter calls it; ClickStack (HyperDX) does as well. */
  table: NAME.default('otel_traces'),
});

/** Ids in one question: some three kilobytes of address. */
const IDS_AT_ONCE = 100;

/**
 * ClickHouse with the table of the OpenTelemetry Collector's exporter (also ClickStack, formerly HyperDX), over HTTP:
 *
 * ```yaml
 * backend:
 *   kind: clickhouse
 *   url: http://clickhouse:8123
 *   database: otel
 *   auth: { kind: basic, username: reader, password: … }
 * ```
 *
 * Only questions are sent, as GET, which ClickHouse refuses to write with; a user who may only read is better still. The
 * exporter keeps every attribute as a text: a list is the text of its JSON.
 */
export const clickhouse = defineBackend('clickhouse', 'ClickHouse', Options, connect);

const Column = z.object({ table: z.string(), name: z.string(), type: z.string() });
const Service = z.object({ name: z.string() });
const Hit = z.object({
  id: z.string(),
  start: z.string().transform(Number),
  finish: z.string().transform(Number),
  failed: z.number(),
});

const NEEDED = [
  'Timestamp',
  'TraceId',
  'SpanId',
  'ParentSpanId',
  'SpanAttributes',
  'Events.Timestamp',
  'Links.TraceId',
];

function connect(options: z.output<typeof Options>, context: BackendContext): TraceBackend {
  const client = createClient('ClickHouse', options);
  const table = quoted(options.table);
  const template = options.linkTemplate ?? context.linkTemplate;
  let layout: { readonly index: string | undefined } | undefined;

  function ask<T>(statement: Statement, read: (answer: Answer) => Promise<T>, signal: AbortSignal): Promise<T> {
    const params: (readonly [string, string])[] = [
      ['database', options.database],
      ['query', statement.sql],
      ...Object.entries(statement.values).map(([name, value]) => [`param_${name}`, parameterText(value)] as const),
    ];
    return client.ask({ path: '/', params }, read, signal);
  }

  function rows<Shape extends z.ZodType>(
    shape: Shape,
    statement: Statement,
    signal: AbortSignal,
  ): Promise<readonly z.output<Shape>[]> {
    const read = async (answer: Answer) => {
      const found: z.output<Shape>[] = [];
      await eachRow(answer, (value) => found.push(parsedRow(shape, value, client.title)));
      return found;
    };
    return ask(statement, read, signal);
  }

  /** Looks at the table once: another layout under the same name is told before it fails in the middle. */
  async function known(signal: AbortSignal): Promise<{ readonly index: string | undefined }> {
    if (layout !== undefined) return layout;
    signal.throwIfAborted();
    const columns = await rows(Column, columnsOf(options.table), signal);
    const own = new Set(columns.filter((column) => column.table === options.table).map((column) => column.name));
    const missing = NEEDED.filter((name) => !own.has(name));
    const what =
      own.size === 0
        ? 'is not there, or this user may not see it'
        : missing.length > 0
          ? `has another layout: it lacks ${missing.join(', ')}`
          : columns.some(({ name, type }) => name === 'SpanAttributes' && !type.startsWith('Map('))
            ? 'keeps attributes as JSON, which is not read yet'
            : undefined;
    if (what !== undefined) throw wrongTable(client.title, options, what);
    const index = `${options.table}_trace_id_ts`;
    layout = { index: columns.some((column) => column.table === index) ? quoted(index) : undefined };
    return layout;
  }

  return {
    title: client.title,
    async *fetch(traceIds, signal) {
      signal.throwIfAborted();
      const unique = [...new Set(traceIds)];
      if (unique.length === 0) return;
      const { index } = await known(signal);
      for (let from = 0; from < unique.length; from += IDS_AT_ONCE) {
        const statement = spansOf(table, index, unique.slice(from, from + IDS_AT_ONCE));
        yield* await ask(statement, spansIn, signal);
      }
    },
    async search(query, signal) {
      signal.throwIfAborted();
      if (query.limit <= 0) return [];
      await known(signal);
      const found = await rows(Hit, hitsOf(table, query), signal);
      return found.map(
        ({ id, start, finish, failed }): TraceHit => ({
          traceId: id.toLowerCase().padStart(32, '0'),
          start,
          duration: finish - start,
          error: failed === 1,
        }),
      );
    },
    async services(from, to, signal) {
      await known(signal);
      return (await rows(Service, servicesOf(table, from, to), signal)).map(({ name }) => name).toSorted();
    },
    linkTo: (traceId, spanId) => linkFrom(template, traceId, spanId),
    check: (signal) =>
      checked(client, signal, async () => {
        const { index } = await known(signal);
        const services = await rows(Service, recentServicesOf(table), signal);
        const how = index === undefined ? 'without its index by trace id' : 'with its index by trace id';
        return { count: services.length, detail: `table ${options.database}.${options.table} ${how}` };
      }),
  };
}

async function spansIn(answer: Answer): Promise<readonly (readonly SpanRecord[])[]> {
  const collected = new Collected();
  await eachRow(answer, (row) => readClickHouseRow(row, collected));
  return collected.take();
}

/**
 * One JSON document a line. ClickHouse sends its status before it knows whether the query will succeed, so an error may
 * stand as plain text behind good rows.
 */
async function eachRow(answer: Answer, take: (row: unknown) => void): Promise<void> {
  let rest: Buffer = Buffer.alloc(0);
  let first = true;
  for await (const chunk of answer.body) {
    if (first && isPage(answer.contentType, chunk)) throw pageInstead(answer.title);
    first = false;
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let from = 0;
    for (let end = bytes.indexOf(0x0a); end >= 0; end = bytes.indexOf(0x0a, from)) {
      takeLine(bytes.toString('utf8', from, end), answer.title, take);
      from = end + 1;
    }
    rest = bytes.subarray(from);
  }
  takeLine(rest.toString('utf8'), answer.title, take);
}

function takeLine(line: string, title: string, take: (row: unknown) => void): void {
  if (line.trim() === '') return;
  let row: unknown;
  try {
    row = JSON.parse(line);
  } catch (thrown) {
    const said = /DB::Exception: ([^\n]{1,200})/.exec(line)?.[1];
    if (said === undefined) throw strange(title, 'a line is not JSON, or was cut off', thrown);
    throw new Failure('unreachable', `${title} failed in the middle: ${said}`, 'Look at its own log.', {
      cause: thrown,
    });
  }
  take(row);
}

function parsedRow<Shape extends z.ZodType>(shape: Shape, value: unknown, title: string): z.output<Shape> {
  const result = shape.safeParse(value);
  if (result.success) return result.data;
  throw strange(title, result.error.issues[0]?.message ?? 'a row has another shape');
}

function wrongTable(
  title: string,
  { database, table }: { readonly database: string; readonly table: string },
  what: string,
): Failure {
  return new Failure(
    'misconfigured',
    `The table ${database}.${table} of ${title} ${what}.`,
    'Name the table of the OpenTelemetry exporter under `backend.database` and `backend.table`.',
  );
}
