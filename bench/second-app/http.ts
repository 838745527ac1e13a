import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo, LookupFunction } from 'node:net';
import { context, SpanStatusCode, trace } from '@opentelemetry/api';
import { getRPCMetadata } from '@opentelemetry/core';
import { dawdle, portOf, takes, tell } from './process.ts';

export type Body = Readonly<Record<string, unknown>>;
export type Reply = { readonly status: number; readonly body: Body };
export type Asked = {
  readonly id: string;
  readonly body: Body;
  readonly headers: IncomingMessage['headers'];
};

/** Answers requests on a free loopback port. `routes`: `GET /shows/{id}` → what is done; at most one `{id}`, at the end. */
export function serve(routes: Readonly<Record<string, (asked: Asked) => Promise<Reply>>>): void {
  const server = createServer(async (asked, response) => {
    try {
      const [, first = '', id = ''] = (asked.url ?? '/').split('/');
      const route = `/${first}${id === '' ? '' : '/{id}'}`;
      const handle = routes[`${asked.method} ${route}`];
      const rpc = getRPCMetadata(context.active());
      if (rpc !== undefined && handle !== undefined) rpc.route = route;
      const body = await bodyOf(asked);
      await dawdle();
      answer(response, (await handle?.({ id, body, headers: asked.headers })) ?? { status: 404, body: {} });
    } catch (thrown) {
      recordFailure(thrown);
      answer(response, { status: 500, body: { error: String(thrown) } });
    }
  });
  server.keepAliveTimeout = 120_000;
  server.listen(0, '127.0.0.1', () => tell({ kind: 'ready', port: (server.address() as AddressInfo).port }));
}

/** Puts an exception on the span under way, as frameworks do with what nobody caught. */
export function recordFailure(thrown: unknown): void {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  trace.getActiveSpan()?.recordException(error);
  trace.getActiveSpan()?.setStatus({ code: SpanStatusCode.ERROR, message: error.message });
}

export type Call = {
  readonly body?: Body;
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
  /** Tries again after no answer and after 503. */
  readonly attempts?: number;
  /** A new connection for every call, as clients had by default for long. */
  readonly fresh?: boolean;
};

const kept = new Agent({ keepAlive: true });
const fresh = new Agent({ keepAlive: false });

/** Asks another service, as `call('seats', 'POST /holds')`. Never rejects: status 0 is no answer. */
export async function call(to: string, what: string, { attempts = 1, ...how }: Call = {}): Promise<Reply> {
  for (let made = 1; ; made++) {
    const reply = await attempt(to, what, how).catch((): Reply => ({ status: 0, body: {} }));
    if ((reply.status !== 0 && reply.status !== 503) || made >= attempts) return reply;
    await takes(30 * made);
  }
}

function attempt(to: string, what: string, how: Call): Promise<Reply> {
  const [method = 'GET', path = '/'] = what.split(' ');
  const { promise, resolve, reject } = Promise.withResolvers<Reply>();
  const agent = how.fresh ? fresh : kept;
  const headers = { ...how.headers, 'content-type': 'application/json' };
  const asking = request({ hostname: to, port: portOf(to), method, path, agent, headers, lookup: onThisMachine });
  const ms = how.timeoutMs ?? 5_000;
  const impatience = setTimeout(() => asking.destroy(new TimeoutError(`no answer within ${ms} ms`)), ms);
  asking.on('close', () => clearTimeout(impatience));
  asking.on('error', reject);
  asking.on('response', (response) => {
    const body = bodyOf(response);
    body.then((body) => resolve({ status: response.statusCode ?? 0, body }), reject);
  });
  asking.end(method === 'GET' ? undefined : JSON.stringify(how.body ?? {}));
  return promise;
}

class TimeoutError extends Error {
  override readonly name = 'TimeoutError';
}

/** All services are here; their names stay in the request, so that spans have names and not addresses. */
const onThisMachine: LookupFunction = (_name, options, found) => {
  if (options.all) found(null, [{ address: '127.0.0.1', family: 4 }]);
  else found(null, '127.0.0.1', 4);
};

async function bodyOf(message: IncomingMessage): Promise<Body> {
  let text = '';
  for await (const chunk of message) text += chunk;
  return text === '' ? {} : JSON.parse(text);
}

function answer(response: ServerResponse, { status, body }: Reply): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
