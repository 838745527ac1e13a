import { Agent, request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest, Agent as TlsAgent } from 'node:https';
import type { LookupFunction } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Routes } from '../control.ts';
import { work } from './chance.ts';

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

/** A service's way to the others. */
export interface Client {
  /**
   * Calls another service, trying again after a transport failure, a time-out and the answer 503. Never rejects: what went
   * wrong with an attempt is on its span, and the caller gets status 0.
   */
  call(wanted: Call): Promise<Received>;
  /** Takes in where the others are from now on. */
  learn(routes: Routes): void;
}

/** Every service of the shop is on this machine; its name stays in the request, so that spans carry names, not addresses. */
const onThisMachine: LookupFunction = (_name, options, found) => {
  if (options.all) found(null, [{ address: '127.0.0.1', family: 4 }]);
  else found(null, '127.0.0.1', 4);
};

export function createClient(): Client {
  let routes: Routes = { ports: {} };
  const pool = new Agent({ keepAlive: true });
  let provider = new TlsAgent({ keepAlive: false });

  /** One attempt; rejects when it ends without an answer. */
  function attempt({ to, method, path, body, headers, timeoutMs, tls }: Call): Promise<Received> {
    const json = body === undefined ? undefined : JSON.stringify(body);
    const options: RequestOptions = {
      hostname: to,
      port: routes.ports[to] ?? NOBODY,
      method,
      path,
      lookup: onThisMachine,
      headers: { ...headers, ...(json === undefined ? {} : headersOf(json)) },
    };
    return new Promise((resolve, reject) => {
      const request =
        tls === undefined
          ? httpRequest({ ...options, agent: pool })
          : httpsRequest({ ...options, agent: provider, servername: to });
      const giveUpAfter = (ms: number, what: string) =>
        setTimeout(() => request.destroy(new TimeoutError(`${what} within ${ms} ms`)), ms);
      const patience = giveUpAfter(timeoutMs, `${to} did not answer`);
      request.on('close', () => clearTimeout(patience));
      request.on('error', reject);
      request.on('response', (response) => read(response).then(resolve, reject));
      request.on('socket', (socket) => {
        if (tls === undefined || !(socket instanceof TLSSocket)) return;
        const handshake = giveUpAfter(tls.handshakeMs, `TLS handshake with ${to} did not finish`);
        socket.once('secureConnect', () => clearTimeout(handshake));
        request.on('close', () => clearTimeout(handshake));
      });
      request.end(json);
    });
  }

  return {
    async call(wanted) {
      const attempts = wanted.attempts ?? 1;
      let pause = wanted.backoffMs ?? 0;
      for (let made = 1; ; made++) {
        const received = await attempt(wanted).catch((): Received => ({ status: 0, body: undefined }));
        const worthAnother = received.status === 0 || received.status === 503;
        if (!worthAnother || made >= attempts) return received;
        await work(pause, 0.1);
        pause *= 2;
      }
    },
    learn(learnt) {
      routes = learnt;
      provider = new TlsAgent({ keepAlive: false, ca: learnt.providerCertificate });
    },
  };
}

/** A port where nobody listens, for a service that nobody has told of. */
const NOBODY = 9;

function headersOf(json: string): Record<string, string> {
  return { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(json)) };
}

async function read(response: IncomingMessage): Promise<Received> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString();
  return { status: response.statusCode ?? 0, body: text === '' ? undefined : JSON.parse(text) };
}
