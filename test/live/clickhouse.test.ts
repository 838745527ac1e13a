import { afterAll } from 'vitest';
import { clickhouse } from '../../src/backends/clickhouse.ts';
import { CLICKHOUSE_LOSSES } from '../backends/losses.ts';
import { CONTRACT_SPANS, traceBackendContract } from '../contracts/trace-backend.ts';
import { describeWith } from '../needs.ts';
import { CLICKHOUSE_TABLES, insertOf } from './clickhouse-tables.ts';
import { recorded } from './recorded.ts';
import { PROGRAMS, startClickHouse } from './servers.ts';

const endings: (() => Promise<void>)[] = [];

describeWith('chdb package', PROGRAMS.chdb !== undefined, 'a real ClickHouse engine', () => {
  afterAll(async () => {
    for (const end of endings) await end();
  });

  traceBackendContract(
    'ClickHouse',
    async () => {
      const server = await startClickHouse(PROGRAMS.chdb ?? '');
      endings.unshift(server.stop);
      for (const sql of [...CLICKHOUSE_TABLES, insertOf(CONTRACT_SPANS)]) {
        const answer = await fetch(server.intake, { method: 'POST', body: sql });
        if (!answer.ok) throw new Error(await answer.text());
        await answer.arrayBuffer();
      }
      const fixture = 'test/fixtures/clickhouse/contract-26.7.json';
      const way = await recorded(server.url, fixture, 'ClickHouse 26.7 (npm chdb 3.4.0), exporter tables');
      endings.unshift(way.finish);
      return clickhouse.connect({ url: way.url, database: 'otel' }, {});
    },
    CLICKHOUSE_LOSSES,
  );
});
