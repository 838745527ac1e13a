import { z } from 'zod';
import { Failure } from '../failure.ts';
import { readClickHouseRow } from '../formats/clickhouse-rows.ts';
import { Collected } from '../formats/reading.ts';
import type { SpanRecord } from '../model/span.ts';
import type { TraceBackend, TraceHit } from '../ports/trace-backend.ts';
import { type Answer, strange } from './answer.ts';
import { type BackendContext, defineBackend, linkFrom } from './backend.ts';
import { checked } from './checked.ts';
import { indexNames, layoutOf, TABLES } from './clickhouse-layouts.ts';
import {
  columnsOf,
  hitsOf,
  parameterText,
  quoted,
  recentServicesOf,
  type Source,
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
  /** By default `otel_traces`, as the OpenTelemetry exporter and ClickStack (HyperDX) call it, else SigNoz's index. */
  table: NAME.optional(),
});

/** Ids in one question: some three kilobytes of address. */
const IDS_AT_ONCE = 100;

/**
 * ClickHouse with the table of the OpenTelemetry Collector's exporter (also ClickStack, formerly HyperDX) or with that of
 * SigNoz (`database: signoz_traces`), over HTTP; which of the two it is, its columns tell:
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

/** The table that is asked. */
type Found = Source & { readonly table: string };

const Column = z.object({ table: z.string(), name: z.string(), type: z.string() });
const Service = z.object({ name: z.string() });
const Hit = z.object({
  id: z.string(),
  start: z.string().transform(Number),
  finish: z.string().transform(Number),
  failed: z.number(),
  entry: z.string(),
});

function connect(options: z.output<typeof Options>, context: BackendContext): TraceBackend {
  const client = createClient('ClickHouse', options);
  const template = options.linkTemplate ?? context.linkTemplate;
  let source: Found | undefined;

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

  /** Looks at the tables once: another layout under the same name is told before it fails in the middle. */
  async function known(signal: AbortSignal): Promise<Found> {
    if (source !== undefined) return source;
    signal.throwIfAborted();
    const wanted = options.table === undefined ? TABLES : [options.table];
    const columns = await rows(Column, columnsOf([...wanted, ...wanted.flatMap(indexNames)]), signal);
    const table = wanted.find((name) => columns.some((column) => column.table === name));
    const where = (name: string) => `${options.database}.${name} of ${client.title}`;
    if (table === undefined)
      throw wrongTable(wanted.map(where).join(' or '), 'is not there, or this user may not see it');
    const types = new Map(columns.filter((column) => column.table === table).map(({ name, type }) => [name, type]));
    const layout = layoutOf(types);
    if (typeof layout === 'string') throw wrongTable(where(table), layout);
    const index = layout.index.named(table);
    source = {
      table,
      layout,
      from: layout.from(quoted(table), new Set(types.keys())),
      index: columns.some((column) => column.table === index) ? quoted(index) : undefined,
    };
    return source;
  }

  return {
    title: client.title,
    async *fetch(traceIds, signal) {
      signal.throwIfAborted();
      const unique = [...new Set(traceIds)];
      if (unique.length === 0) return;
      const found = await known(signal);
      for (let from = 0; from < unique.length; from += IDS_AT_ONCE) {
        const statement = spansOf(found, unique.slice(from, from + IDS_AT_ONCE));
        yield* await ask(statement, spansIn, signal);
      }
    },
    async search(query, signal) {
      signal.throwIfAborted();
      if (query.limit <= 0) return [];
      const found = await rows(Hit, hitsOf(await known(signal), query), signal);
      return found.map(
        ({ id, start, finish, failed, entry }): TraceHit => ({
          traceId: id.toLowerCase().padStart(32, '0'),
          start,
          duration: finish - start,
          error: failed === 1,
          entry,
        }),
      );
    },
    async services(from, to, signal) {
      return (await rows(Service, servicesOf(await known(signal), from, to), signal))
        .map(({ name }) => name)
        .toSorted();
    },
    linkTo: (traceId, spanId) => linkFrom(template, traceId, spanId),
    check: (signal) =>
      checked(client, signal, async () => {
        const found = await known(signal);
        const services = await rows(Service, recentServicesOf(found), signal);
        const how = `${found.layout.name}, ${found.index === undefined ? 'without' : 'with'} an index by trace id`;
        return { count: services.length, detail: `table ${options.database}.${found.table} in ${how}` };
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

function wrongTable(tables: string, what: string): Failure {
  return new Failure(
    'misconfigured',
    `The table ${tables} ${what}.`,
    'Name the table of the OpenTelemetry exporter, or of SigNoz, under `backend.database` and `backend.table`.',
  );
}
