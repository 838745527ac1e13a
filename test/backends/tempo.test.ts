import { afterAll, expect, test } from 'vitest';
import { tempo } from '../../src/backends/tempo.ts';
import { CONTRACT_SPANS, traceBackendContract } from '../contracts/trace-backend.ts';
import { encodeJson } from '../receiver/otlp-encode.ts';
import { type Running, serve } from './exchange.ts';
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
    age === 'version 1 only' ? TEMPO_LOSSES : { ...TEMPO_LOSSES, tells: /^Tempo at \S+ cuts traces/ },
  );
}

test.each([
  ['COMPLETE', []],
  ['PARTIAL', [expect.stringMatching(/cuts traces/)]],
])('a server that answers JSON says %s behind the spans', async (status, expected) => {
  const spans = CONTRACT_SPANS.slice(1, 3);
  const document = `${encodeJson(spans).toString().slice(0, -1)},"metrics":{},"status":"${status}","message":"x"}`;
  const { told, read } = await fetchFrom(1, (path) =>
    path.startsWith('/api/v2/traces/') ? [200, document] : [200, '{"tagValues":[]}'],
  );
  expect(read).toBe(2);
  expect(told).toEqual(expected);
});

test('a trace that Tempo does not give out for its size is missing, and the others are there', async () => {
  const { told, read } = await fetchFrom(2, (path) =>
    path.endsWith('1')
      ? [422, 'trace exceeds max size']
      : [200, path.includes('/traces/') ? encodeJson(CONTRACT_SPANS.slice(1, 3)).toString() : '{"tagValues":[]}'],
  );
  expect(read).toBe(2);
  expect(told).toEqual([expect.stringMatching(/^A trace is missing: Tempo at .* larger than its limit$/)]);
});

/** Spans and notes of a server that answers as it is told. */
async function fetchFrom(traces: number, answer: (path: string) => readonly [number, string]) {
  const server = await serve((request, response) => {
    const [status, body] = answer(request.url ?? '');
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(body);
  });
  servers.push(server);
  const told: string[] = [];
  let read = 0;
  const wanted = Array.from({ length: traces }, (_, index) => index + 1).map((n) => n.toString(16).padStart(32, '0'));
  const backend = tempo.connect({ url: server.url }, {});
  for await (const batch of backend.fetch(wanted, new AbortController().signal, (note) => told.push(note)))
    read += batch.length;
  return { told, read };
}
