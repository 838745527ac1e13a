import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A part of OTLP JSON (`resourceSpans[]`), kept as it came. */
export type Batch = {
  readonly resource: object;
  readonly scopeSpans: readonly { readonly scope: object; readonly spans: readonly { readonly traceId: string }[] }[];
};

/** Takes in OTLP/HTTP JSON on loopback. */
export async function startReceiver() {
  let batches: Batch[] = [];
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    batches.push(...JSON.parse(text).resourceSpans);
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/traces`,
    /** Everything since it was last asked. */
    take(): readonly Batch[] {
      const taken = batches;
      batches = [];
      return taken;
    },
    async close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
