import { afterAll } from 'vitest';
import { zipkin } from '../../src/backends/zipkin.ts';
import { ZIPKIN_LOSSES } from '../backends/losses.ts';
import { zipkinSpans } from '../backends/zipkin-encode.ts';
import { CONTRACT_SPANS, traceBackendContract } from '../contracts/trace-backend.ts';
import { describeWith } from '../needs.ts';
import { recorded } from './recorded.ts';
import { PROGRAMS, startZipkin } from './servers.ts';

const endings: (() => Promise<void>)[] = [];

describeWith('Zipkin jar', PROGRAMS.zipkin !== undefined, 'a real Zipkin', () => {
  afterAll(async () => {
    for (const end of endings) await end();
  });

  traceBackendContract(
    'Zipkin',
    async () => {
      const server = await startZipkin(PROGRAMS.zipkin ?? '');
      endings.unshift(server.stop);
      const answer = await fetch(`${server.intake}/api/v2/spans`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(zipkinSpans(CONTRACT_SPANS)),
      });
      if (answer.status !== 202) throw new Error(`Zipkin answered ${answer.status}`);
      const way = await recorded(server.url, 'test/fixtures/zipkin/contract-3.6.json', 'Zipkin 3.6.1, memory');
      endings.unshift(way.finish);
      return zipkin.connect({ url: way.url }, {});
    },
    ZIPKIN_LOSSES,
  );
});
