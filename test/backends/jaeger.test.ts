import { afterAll } from 'vitest';
import { jaeger } from '../../src/backends/jaeger.ts';
import { traceBackendContract } from '../contracts/trace-backend.ts';
import { type Running, replay } from './exchange.ts';
import { JAEGER_LOSSES } from './losses.ts';

const servers: Running[] = [];
afterAll(() => Promise.all(servers.map((server) => server.close())));

traceBackendContract(
  'a recorded Jaeger 2.13',
  async () => {
    const server = await replay('test/fixtures/jaeger/contract-2.13.json');
    servers.push(server);
    return jaeger.connect({ url: `${server.url}/` }, {});
  },
  JAEGER_LOSSES,
);
