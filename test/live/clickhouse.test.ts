import { afterAll, beforeAll } from 'vitest';
import { clickhouse } from '../../src/backends/clickhouse.ts';
import { CLICKHOUSE_LOSSES, SIGNOZ_LOSSES } from '../backends/losses.ts';
import { CONTRACT_SPANS, traceBackendContract } from '../contracts/trace-backend.ts';
import { describeWith } from '../needs.ts';
import { CLICKHOUSE_TABLES, insertIntoSigNoz, insertOf, SIGNOZ_TABLES } from './clickhouse-tables.ts';
import { recorded } from './recorded.ts';
import { type LiveServer, PROGRAMS, startClickHouse } from './servers.ts';

const LAYOUTS = [
  {
    name: 'ClickHouse as the exporter fills it',
    database: 'otel',
    fixture: 'test/fixtures/clickhouse/contract-26.7.json',
    sql: [...CLICKHOUSE_TABLES, insertOf(CONTRACT_SPANS)],
    losses: CLICKHOUSE_LOSSES,
  },
  {
    name: 'ClickHouse as SigNoz fills it',
    database: 'signoz_traces',
    fixture: 'test/fixtures/clickhouse/signoz-26.7.json.gz',
    sql: [...SIGNOZ_TABLES, insertIntoSigNoz(CONTRACT_SPANS)],
    losses: SIGNOZ_LOSSES,
  },
] as const;

describeWith('chdb package', PROGRAMS.chdb !== undefined, 'a real ClickHouse engine', () => {
  const endings: (() => Promise<void>)[] = [];
  let server: LiveServer | undefined;

  beforeAll(async () => {
    server = await startClickHouse(PROGRAMS.chdb ?? '');
    endings.unshift(server.stop);
    for (const sql of LAYOUTS.flatMap((layout) => layout.sql)) {
      const answer = await fetch(server.intake, { method: 'POST', body: sql });
      if (!answer.ok) throw new Error(await answer.text());
      await answer.arrayBuffer();
    }
  });
  afterAll(async () => {
    for (const end of endings) await end();
  });

  for (const { name, database, fixture, losses } of LAYOUTS) {
    traceBackendContract(
      name,
      async () => {
        const way = await recorded(server?.url ?? '', fixture, `ClickHouse 26.7 (npm chdb 3.4.0), ${name}`);
        endings.unshift(way.finish);
        return clickhouse.connect({ url: way.url, database }, {});
      },
      losses,
    );
  }
});
