import { afterAll, describe, expect, test } from 'vitest';
import { clickhouse } from '../../src/backends/clickhouse.ts';
import { traceBackendContract } from '../contracts/trace-backend.ts';
import { type Running, replay, serve } from './exchange.ts';
import { CLICKHOUSE_LOSSES } from './losses.ts';

const servers: Running[] = [];
afterAll(() => Promise.all(servers.map((server) => server.close())));

traceBackendContract(
  'a recorded ClickHouse 26.7',
  async () => {
    const server = await replay('test/fixtures/clickhouse/contract-26.7.json');
    servers.push(server);
    return clickhouse.connect({ url: server.url, database: 'otel' }, {});
  },
  CLICKHOUSE_LOSSES,
);

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
