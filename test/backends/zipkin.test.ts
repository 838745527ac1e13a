import { afterAll } from 'vitest';
import { zipkin } from '../../src/backends/zipkin.ts';
import { traceBackendContract } from '../contracts/trace-backend.ts';
import { type Running, replay } from './exchange.ts';
import { ZIPKIN_LOSSES } from './losses.ts';

const servers: Running[] = [];
afterAll(() => Promise.all(servers.map((server) => server.close())));

traceBackendContract(
  'a recorded Zipkin 3.6',
  async () => {
    const server = await replay('test/fixtures/zipkin/contract-3.6.json');
    servers.push(server);
    return zipkin.connect({ url: server.url }, {});
  },
  ZIPKIN_LOSSES,
);
