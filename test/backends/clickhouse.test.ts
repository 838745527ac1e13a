import { afterAll, describe, expect, test } from 'vitest';
import { clickhouse } from '../../src/backends/clickhouse.ts';
import { traceBackendContract } from '../contracts/trace-backend.ts';
import { type Running, replay, serve } from './exchange.ts';
import { CLICKHOUSE_LOSSES, SIGNOZ_LOSSES } from './losses.ts';

const servers: Running[] = [];
afterAll(() => Promise.all(servers.map((server) => server.close())));

for (const [name, fixture, database, losses] of [
  ['a recorded ClickHouse 26.7', 'contract-26.7.json', 'otel', CLICKHOUSE_LOSSES],
  ['a recorded ClickHouse 26.7 in the layout of SigNoz', 'signoz-26.7.json.gz', 'signoz_traces', SIGNOZ_LOSSES],
] as const) {
  traceBackendContract(
    name,
    async () => {
      const server = await replay(`test/fixtures/clickhouse/${fixture}`);
      servers.push(server);
      return clickhouse.connect({ url: server.url, database }, {});
    },
    losses,
  );
}

describe('another table', () => {
  const { signal } = new AbortController();
  const column = (name: string, type = 'String') => JSON.stringify({ table: 'otel_traces', name, type });
  const needed = ['Timestamp', 'TraceId', 'SpanId', 'ParentSpanId', 'Events.Timestamp', 'Links.TraceId'];

  test.each([
    ['none', [], 'is not there'],
    ['of another layout', ['traceID', 'spanID'].map((name) => column(name)), 'lacks Timestamp, TraceId'],
    ['with JSON columns', [...needed.map((name) => column(name)), column('SpanAttributes', 'JSON')], 'as JSON'],
  ])('%s is told before anything fails in the middle', async (_name, lines, said) => {
    const server = await serve((_, response) => response.end(lines.join('\n')));
    servers.push(server);
    const failure = await clickhouse
      .connect({ url: server.url }, {})
      .services(0, 1, signal)
      .catch((thrown) => thrown);
    expect(failure).toMatchObject({ kind: 'misconfigured', message: expect.stringContaining(said) });
    expect(failure.hint).toContain('backend.table');
  });

  test.each([
    [
      'the exporter’s, though SigNoz’ is there as well',
      undefined,
      ['otel_traces', 'signoz_index_v3'],
      'otel_traces in the layout of the OpenTelemetry exporter',
    ],
    [
      'SigNoz’, of a cluster rather than of one node',
      undefined,
      ['signoz_index_v3', 'distributed_signoz_index_v3'],
      'distributed_signoz_index_v3 in the layout of SigNoz',
    ],
    ['the one that is named, by its columns', 'my_spans', ['my_spans'], 'my_spans in the layout of SigNoz'],
  ] as const)('which table and layout: %s', async (_, table, tables, said) => {
    const columns = {
      otel_traces: [...needed, 'SpanAttributes'],
      other: [
        'timestamp',
        'trace_id',
        'span_id',
        'parent_span_id',
        'attributes_string',
        'resources_string',
        'events',
        'links',
      ],
    };
    const lines = tables.flatMap((name) =>
      (name === 'otel_traces' ? columns.otel_traces : columns.other).map((column) =>
        JSON.stringify({ table: name, name: column, type: 'Map(String, String)' }),
      ),
    );
    const server = await serve((_request, response) => response.end(lines.join('\n')));
    servers.push(server);
    const backend = clickhouse.connect({ url: server.url, ...(table === undefined ? {} : { table }) }, {});
    expect(await backend.check(signal)).toMatchObject({ ok: true, detail: expect.stringContaining(said) });
  });

  test('an error behind good rows is no end of the rows', async () => {
    const rows = `${[...needed, 'SpanAttributes'].map((name) => column(name, 'Map(String, String)')).join('\n')}\n`;
    const server = await serve((_, response) =>
      response.end(`${rows}Code: 241. DB::Exception: Memory limit exceeded\n`),
    );
    servers.push(server);
    await expect(clickhouse.connect({ url: server.url }, {}).services(0, 1, signal)).rejects.toMatchObject({
      kind: 'unreachable',
      message: expect.stringContaining('Memory limit exceeded'),
    });
  });
});
