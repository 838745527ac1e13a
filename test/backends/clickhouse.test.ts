import { afterAll } from 'vitest';
import { clickhouse } from '../../src/backends/clickhouse.ts';
import { traceBackendContract } from '../contracts/trace-backend.ts';
import { type Running, replay } from './exchange.ts';
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
