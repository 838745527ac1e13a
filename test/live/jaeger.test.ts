import { afterAll } from 'vitest';
import { jaeger } from '../../src/backends/jaeger.ts';
import { JAEGER_LOSSES } from '../backends/losses.ts';
import { CONTRACT_SPANS, traceBackendContract } from '../contracts/trace-backend.ts';
import { describeWith } from '../needs.ts';
import { sendOtlp } from './load.ts';
import { recorded } from './recorded.ts';
import { PROGRAMS, startJaeger } from './servers.ts';

const endings: (() => Promise<void>)[] = [];

describeWith('jaeger', PROGRAMS.jaeger !== undefined, 'a real Jaeger', () => {
  afterAll(async () => {
    for (const end of endings) await end();
  });

  traceBackendContract(
    'Jaeger',
    async () => {
      const server = await startJaeger(PROGRAMS.jaeger ?? '');
      endings.unshift(server.stop);
      for (const spans of Map.groupBy(CONTRACT_SPANS, (span) => span.traceId).values())
        await sendOtlp(`${server.intake}/v1/traces`, spans);
      const way = await recorded(server.url, 'test/fixtures/jaeger/contract-2.13.json', 'Jaeger 2.13.0, memory');
      endings.unshift(way.finish);
      return jaeger.connect({ url: `${way.url}/` }, {});
    },
    JAEGER_LOSSES,
  );
});
