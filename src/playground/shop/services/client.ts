import { Agent, request as httpRequest, type RequestOptions } from 'node:http';
import { request as httpsRequest, Agent as TlsAgent } from 'node:https';
import type { LookupFunction } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { TLSSocket } from 'node:tls';
import { Routes } from '../control.ts';

export type Call = {
  readonly to: string;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Gives up on one attempt after so long. */
  readonly timeoutMs: number;
  readonly attempts?: number;
  /** Pause before the second attempt; doubles for each further one. */
  readonly backoffMs?: number;
  /** TLS, as the payment provider wants it: a new connection each time, which must stand within `handshakeMs`. */
  readonly tls?: { readonly handshakeMs: number };
};

/** What came back. Status 0: every attempt ended without an answer. */
export type Received = { readonly status: number; readonly body: unknown };

/** An attempt that was given up on; named so that the span's `error.type` says it. */
class TimeoutError extends Error {
  override readonly name = 'TimeoutError';
  readonly code = 'ETIMEDOUT';
}

let routes: Routes = Routes.parse({ ports: {} });
const pool = new Agent({ keepAlive: true, maxSockets: 200 });
let provider = new TlsAgent({ keepAlive: false });

export function learnRoutes(learnt: Routes): void {
  routes = learnt;
  provider = new TlsAgent({ keepAlive: false, ca: learnt.providerCertificate });
}

/** Every service of the shop is on this machine; its name stays in the request, so that spans carry names, not addresses. */
const onThisMachine: LookupFunction = (_name, options, found) => {
  if (options.all) found(null, [{ address: '127.0.0.1', family: 4 }]);
  else found(null, '127.0.0.1', 4);
};

/** Calls another service, trying again after a transport failure, a time-out and the answer 503. */
export async function call(wanted: Call): Promise<Received> {
  const attempts = wanted.attempts ?? 1;
  let pause = wanted.backoffMs ?? 0;
  for (let attempt = 1; ; attempt++) {
    const received = await once(wanted).catch((): Received => ({ status: 0, body: undefined }));
    const worthAnother = received.status === 0 || received.status === 503;
    if (!worthAnother || attempt >= attempts) return received;
    await sleep(pause * (0.8 + 0.4 * Math.random()));
    pause *= 2;
  }
}

function once({ to, method, path, body, headers, timeoutMs, tls }: Call): Promise<Received> {
  const json = body === undefined ? undefined : JSON.stringify(body);
  const options: RequestOptions = {
    hostname: to,
    port: routes.ports[to] ?? 9,
    method,
    path,
    lookup: onThisMachine,
    headers: {
      ...headers,
      ...(json === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(json) }),
    },
  };
  return new Promise((resolve, reject) => {
    const request =
      tls === undefined
        ? httpRequest({ ...options, agent: pool })
        : httpsRequest({ ...options, agent: provider, servername: to });
    const patience = setTimeout(
      () => request.destroy(new TimeoutError(`${to} did not answer within ${timeoutMs} ms`)),
      timeoutMs,
    );
    let handshake: NodeJS.Timeout | undefined;
    request.on('socket', (socket) => {
      if (tls === undefined || !(socket instanceof TLSSocket)) return;
      const given = tls.handshakeMs;
      handshake = setTimeout(
        () => request.destroy(new TimeoutError(`TLS handshake with ${to} did not finish within ${given} ms`)),
        given,
      );
      socket.once('secureConnect', () => clearTimeout(handshake));
    });
    request.on('response', async (response) => {
      try {
        const chunks: Buffer[] = [];
        for await (const chunk of response) chunks.push(chunk);
        const text = Buffer.concat(chunks).toString();
        resolve({ status: response.statusCode ?? 0, body: text === '' ? undefined : JSON.parse(text) });
      } catch (thrown) {
        reject(thrown);
      }
    });
    request.on('error', reject);
    request.on('close', () => {
      clearTimeout(patience);
      clearTimeout(handshake);
    });
    request.end(json);
  });
}
