import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Failure } from './failure.ts';
import { type Route, sendJson, statusOf, type Upgrade } from './http.ts';
import type { Log } from './ports/log.ts';

export type Listening = { readonly port: number; close(): Promise<void> };

/** Health of the parts, as `/readyz` tells it. */
export type Readiness = () => Promise<{ readonly ready: boolean; readonly parts: Readonly<Record<string, string>> }>;

/**
 * The one HTTP server: health, webhooks, OTLP on the main port, Slack in HTTP mode, and the playground's page.
 * Rejects with a `Failure` of kind `refused` when the port is taken.
 */
export async function listen(options: {
  readonly host: string;
  readonly port: number;
  readonly routes: readonly Route[];
  readonly upgrades: readonly Upgrade[];
  readonly readiness: Readiness;
  readonly log: Log;
}): Promise<Listening> {
  const router = createRouter([...healthRoutes(options.readiness), ...options.routes]);
  const server = createServer((request, response) => void answer(router, request, response, options.log));
  server.headersTimeout = 10_000;
  server.requestTimeout = 60_000;
  server.on('upgrade', (request, socket, head) => {
    const path = pathOf(request);
    const upgrade = options.upgrades.find((candidate) => candidate.path === path);
    if (upgrade === undefined) socket.end('HTTP/1.1 404 Not Found\r\nconnection: close\r\n\r\n');
    else upgrade.handle(request, socket, head);
  });
  const port = await bind(server, options.host, options.port);
  return { port, close: () => shut(server) };
}

function healthRoutes(readiness: Readiness): readonly Route[] {
  return [
    { method: 'GET', path: '/healthz', handle: ({ response }) => sendJson(response, 200, { status: 'ok' }) },
    {
      method: 'GET',
      path: '/readyz',
      handle: async ({ response }) => {
        const { ready, parts } = await readiness();
        sendJson(response, ready ? 200 : 503, { status: ready ? 'ready' : 'not ready', parts });
      },
    },
  ];
}

type Router = (
  method: string,
  path: string,
) => { readonly route: Route; readonly params: Record<string, string> } | { readonly allowed: readonly string[] };

/** Routes by path segments; `:name` takes one segment. The first that fits wins. */
function createRouter(routes: readonly Route[]): Router {
  const patterns = routes.map((route) => ({ route, segments: route.path.split('/') }));
  return (method, path) => {
    const segments = path.split('/');
    const allowed: string[] = [];
    for (const pattern of patterns) {
      const params = paramsOf(pattern.segments, segments);
      if (params === undefined) continue;
      if (pattern.route.method === method) return { route: pattern.route, params };
      allowed.push(pattern.route.method);
    }
    return { allowed };
  };
}

function paramsOf(pattern: readonly string[], segments: readonly string[]): Record<string, string> | undefined {
  if (pattern.length !== segments.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, expected] of pattern.entries()) {
    const given = segments[index] ?? '';
    if (expected.startsWith(':')) {
      const decoded = decode(given);
      if (decoded === undefined || decoded === '') return undefined;
      params[expected.slice(1)] = decoded;
    } else if (expected !== given) return undefined;
  }
  return params;
}

async function answer(router: Router, request: IncomingMessage, response: ServerResponse, log: Log): Promise<void> {
  const path = pathOf(request);
  try {
    const match = router(request.method === 'HEAD' ? 'GET' : (request.method ?? 'GET'), path);
    if ('allowed' in match) {
      if (match.allowed.length === 0)
        throw new Failure('not-found', 'There is nothing at this path.', 'The README lists what is served.');
      return sendJson(response, 405, { error: 'method_not_allowed' }, { allow: match.allowed.join(', ') });
    }
    const url = () => new URL(request.url ?? '/', 'http://localhost');
    await match.route.handle({
      request,
      response,
      params: match.params,
      get url() {
        return url();
      },
    });
  } catch (thrown) {
    const failure = Failure.from(thrown);
    if (failure.kind === 'internal')
      log.error(
        { path, reason: failure.message, stack: failure.cause instanceof Error ? failure.cause.stack : undefined },
        'A request failed',
      );
    if (response.headersSent) return void response.destroy();
    const headers: Record<string, string> = {};
    if (failure.retryAfter !== undefined) headers['retry-after'] = String(failure.retryAfter);
    sendJson(
      response,
      statusOf(failure),
      { error: failure.kind, message: failure.message, hint: failure.hint },
      headers,
    );
  }
}

function pathOf(request: IncomingMessage): string {
  return (request.url ?? '/').split('?', 1)[0] ?? '/';
}

function decode(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}

function bind(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const taken = error.code === 'EADDRINUSE';
      reject(
        new Failure(
          taken ? 'refused' : 'misconfigured',
          taken
            ? `Port ${port} on ${host} is taken by another program.`
            : `Cannot listen on ${host}:${port} (${error.code}).`,
          taken ? 'Stop that program, or start with another PORT.' : 'Check HOST and PORT.',
          { cause: error },
        ),
      );
    });
    server.listen(port, host, () => {
      const address = server.address();
      resolve(address !== null && typeof address === 'object' ? address.port : port);
    });
  });
}

/** Takes no new connection, lets requests under way finish for two seconds, then cuts what is left (event streams). */
function shut(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
    setTimeout(() => server.closeAllConnections(), 2_000).unref();
  });
}
