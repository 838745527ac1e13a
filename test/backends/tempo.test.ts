import { afterAll } from 'vitest';
import { tempo } from '../../src/backends/tempo.ts';
import { CONTRACT_SPANS, traceBackendContract } from '../contracts/trace-backend.ts';
import type { Running } from './exchange.ts';
import { TEMPO_LOSSES } from './losses.ts';
import { tempoStandIn } from './tempo-stand-in.ts';

const servers: Running[] = [];
afterAll(() => Promise.all(servers.map((server) => server.close())));

for (const age of ['today', 'before most_recent', 'version 1 only'] as const) {
  traceBackendContract(
    `Tempo (${age}) below a prefix`,
    async () => {
      const server = await tempoStandIn(CONTRACT_SPANS, age, '/tempo');
      servers.push(server);
      return tempo.connect({ url: `${server.url}/tempo/` }, {});
    },
    TEMPO_LOSSES,
  );
}
