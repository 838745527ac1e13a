import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { context, propagation, SpanStatusCode, trace } from '@opentelemetry/api';
import { getRPCMetadata } from '@opentelemetry/core';
import { readBody } from '../../../http.ts';
import { Behaviour } from '../control.ts';
import type { Client } from './client.ts';
import { obey, report, settings } from './parent.ts';
import { portOf } from './port.ts';
import { serialise } from './serialise.ts';
import { flushSpans, USER } from './telemetry.ts';

export type Asked = {
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: unknown;
  readonly headers: IncomingMessage['headers'];
  /** The customer on whose behalf the request runs, from the baggage. */
  readonly user: string;
};
export type Answer = { readonly status: number; readonly body: unknown };

export type Endpoint = {
  readonly method: 'GET' | 'POST';
  /** The low-cardinality route, as `/orders/{id}`: becomes `http.route` and the span's name. */
  readonly route: string;
  handle(asked: Asked, behaviour: Behaviour): Promise<Answer>;
};

const BODY_LIMIT = 1_000_000;

/** How long a flush waits for requests under way; callers may have hung up on them long ago. */
const QUIET_WITHIN_MS = 4_000;

/** Serves the endpoints on a free loopback port and carries out the shop's commands; `client` learns the routes. */
export function serve(endpoints: readonly Endpoint[], client?: Client): void {
  let behaviour = Behaviour.parse({});
  let underWay = 0;
  const matchers = endpoints.map((endpoint) => ({ endpoint, pattern: patternOf(endpoint.route) }));

  const server = createServer(async (request, response) => {
    underWay++;
    try {
      const { status, body } = await answer(request);
      reply(response, status, serialise(body, behaviour.serialisationMs));
    } catch (thrown) {
      const error = thrown instanceof Error ? thrown : new Error(String(thrown));
      const span = trace.getActiveSpan();
      span?.recordException(error);
      span?.setStatus({ code: SpanStatusCode.ERROR, message: error.message });
      reply(response, 500, JSON.stringify({ error: error.message }));
    } finally {
      underWay--;
    }
  });

  async function answer(request: IncomingMessage): Promise<Answer> {
    const url = new URL(request.url ?? '/', 'http://shop');
    for (const { endpoint, pattern } of matchers) {
      const match = request.method === endpoint.method ? pattern.exec(url.pathname) : null;
      if (match === null) continue;
      const rpc = getRPCMetadata(context.active());
      if (rpc !== undefined) rpc.route = endpoint.route;
      const text = request.method === 'POST' ? (await readBody(request, BODY_LIMIT)).toString() : '';
      const asked: Asked = {
        params: match.groups ?? {},
        query: url.searchParams,
        body: text === '' ? undefined : JSON.parse(text),
        headers: request.headers,
        user: propagation.getActiveBaggage()?.getEntry(USER)?.value ?? 'nobody',
      };
      return endpoint.handle(asked, behaviour);
    }
    return { status: 404, body: { error: 'no such page' } };
  }

  obey(async (command) => {
    switch (command.kind) {
      case 'route':
        client?.learn(command.routes);
        return {};
      case 'behave':
        behaviour = command.behaviour;
        return {};
      case 'flush':
        for (let waited = 0; underWay > 0 && waited < QUIET_WITHIN_MS; waited += 20) await sleep(20);
        // A server span ends when its socket has taken the answer, a moment after the handler.
        await sleep(20);
        return { flushed: await flushSpans() };
      default:
        throw new Error(`${settings.service} does not know ${command.kind}`);
    }
  });
  server.keepAliveTimeout = 90_000;
  server.listen(0, '127.0.0.1', () => {
    report({ kind: 'ready', port: portOf(server.address()) });
  });
}

/** Headers that a service hands on to the ones behind it, so that they know where the request came from. */
export function passOn(asked: Asked): Record<string, string> {
  const from = asked.headers['x-forwarded-for'];
  return typeof from === 'string' ? { 'x-forwarded-for': from } : {};
}

function reply(response: ServerResponse, status: number, json: string): void {
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(json) });
  response.end(json);
}

/** `/orders/{id}` → /^\/orders\/(?<id>[^/]+)$/ */
function patternOf(route: string): RegExp {
  return new RegExp(`^${route.replace(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`);
}
