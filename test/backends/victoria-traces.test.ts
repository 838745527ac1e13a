import { afterAll } from 'vitest';
import { victoriaTraces } from '../../src/backends/victoria-traces.ts';
import { CONTRACT_SPANS, traceBackendContract } from '../contracts/trace-backend.ts';
import type { Running } from './exchange.ts';
import { TEMPO_LOSSES, VICTORIA_LOSSES } from './losses.ts';
import { tempoStandIn } from './tempo-stand-in.ts';
import { victoriaStandIn } from './victoria-stand-in.ts';

const servers: Running[] = [];
afterAll(() => Promise.all(servers.map((server) => server.close())));

traceBackendContract(
  'the Jaeger face of VictoriaTraces',
  async () => {
    const server = await victoriaStandIn(CONTRACT_SPANS);
    servers.push(server);
    return victoriaTraces.connect({ url: server.url }, {});
  },
  VICTORIA_LOSSES,
);

traceBackendContract(
  'the Tempo face of VictoriaTraces',
  async () => {
    const server = await tempoStandIn(CONTRACT_SPANS, 'before most_recent', '/select/tempo');
    servers.push(server);
    return victoriaTraces.connect({ url: server.url, face: 'tempo' }, {});
  },
  { ...TEMPO_LOSSES, tells: /^VictoriaTraces at \S+ cuts traces/ },
);
