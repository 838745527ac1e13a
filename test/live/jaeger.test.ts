import { afterAll, beforeAll } from 'vitest';
import { jaeger } from '../../src/backends/jaeger.ts';
import { JAEGER_FACES } from '../backends/jaeger-faces.ts';
import { CONTRACT_SPANS, traceBackendContract } from '../contracts/trace-backend.ts';
import { describeWith } from '../needs.ts';
import { sendOtlp } from './load.ts';
import { recorded } from './recorded.ts';
import { type LiveServer, PROGRAMS, startJaeger } from './servers.ts';

describeWith('jaeger', PROGRAMS.jaeger !== undefined, 'a real Jaeger', () => {
  const endings: (() => Promise<void>)[] = [];
  let server: LiveServer | undefined;

  beforeAll(async () => {
    server = await startJaeger(PROGRAMS.jaeger ?? '');
    endings.unshift(server.stop);
    for (const spans of Map.groupBy(CONTRACT_SPANS, (span) => span.traceId).values())
      await sendOtlp(`${server.intake}/v1/traces`, spans);
  });
  afterAll(async () => {
    for (const end of endings) await end();
  });

  for (const { name, fixture, losses, hidden } of JAEGER_FACES) {
    traceBackendContract(
      name,
      async () => {
        const way = await recorded(server?.url ?? '', fixture, `Jaeger 2.13.0, memory, ${name}`, hidden);
        endings.unshift(way.finish);
        return jaeger.connect({ url: `${way.url}/` }, {});
      },
      losses,
    );
  }
});
