import { afterAll } from 'vitest';
import { jaeger } from '../../src/backends/jaeger.ts';
import { traceBackendContract } from '../contracts/trace-backend.ts';
import { type Running, replay } from './exchange.ts';
import { JAEGER_FACES } from './jaeger-faces.ts';

const servers: Running[] = [];
afterAll(() => Promise.all(servers.map((server) => server.close())));

for (const { name, fixture, losses } of JAEGER_FACES) {
  traceBackendContract(
    `a recorded Jaeger, ${name},`,
    async () => {
      const server = await replay(fixture);
      servers.push(server);
      return jaeger.connect({ url: `${server.url}/` }, {});
    },
    losses,
  );
}
