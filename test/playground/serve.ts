import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Failure } from '../../src/failure.ts';
import { type Route, sendJson } from '../../src/http.ts';
import { createPlayground, type Playground, type PlaygroundOptions } from '../../src/playground/playground.ts';
import type { ScenarioPhase, Scenarios } from '../../src/playground/scenarios.ts';

export type Served = {
  readonly playground: Playground;
  readonly origin: string;
  readonly scenarios: HeldScenarios;
  /** Answers the parsed body with its status. */
  get(path: string): Promise<Answer>;
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Answer>;
  /** Calls a Web API method as the client does: a form with JSON in it, the token in a header. */
  api(method: string, args?: Record<string, unknown>, token?: string | null): Promise<Answer>;
  /** Uploads in the three steps, without a channel; resolves once the file may be used. */
  upload(content: Uint8Array, name: string): Promise<string>;
  close(): Promise<void>;
};
// biome-ignore lint/suspicious/noExplicitAny: answers of another program, looked at field by field
export type Answer = { readonly status: number; readonly headers: Headers; readonly body: any };

/** Incidents that only say they run: what the page and the routes need, without the shop. */
export class HeldScenarios implements Scenarios {
  phase: ScenarioPhase = 'idle';
  #running: string | undefined;

  list() {
    return [
      { name: 'auth-cascade', title: 'Logins time out', story: 'Auth gets slow and everyone retries.' },
      {
        name: 'tls-retry',
        title: 'Payments stall',
        story: 'Handshakes with the payment provider fail and come again.',
      },
    ];
  }

  async start(name: string) {
    if (this.#running !== undefined) throw new Failure('refused', `${this.#running} is running.`, 'Wait for its end.');
    this.#running = name;
    this.phase = 'fault';
    return { incident: `P-${name}` };
  }

  state(name: string) {
    return name === this.#running ? { phase: this.phase, incident: `P-${name}` } : { phase: 'idle' as const };
  }

  async close() {}
}

/** A playground on a port of its own, behind the least server that can carry it. */
export async function serve(options: Partial<PlaygroundOptions> = {}): Promise<Served> {
  const scenarios = new HeldScenarios();
  const playground = createPlayground({ scenarios, fileDelayMs: 5, ...options });
  const server = carry(playground);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const read = async (response: Response): Promise<Answer> => {
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.startsWith('application/json');
    return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
  };
  const served: Served = {
    playground,
    origin,
    scenarios,
    get: async (path) => read(await fetch(origin + path)),
    post: async (path, body, headers = {}) =>
      read(
        await fetch(origin + path, {
          method: 'POST',
          headers: { 'content-type': 'application/json', ...headers },
          body: typeof body === 'string' ? body : JSON.stringify(body),
        }),
      ),
    async api(method, args = {}, token = playground.botToken) {
      const form = new URLSearchParams();
      for (const [name, value] of Object.entries(args)) {
        form.set(name, typeof value === 'string' ? value : JSON.stringify(value));
      }
      const headers: Record<string, string> = { 'content-type': 'application/x-www-form-urlencoded' };
      if (token !== null) headers.authorization = `Bearer ${token}`;
      const address = origin + playground.slackApiPath + method;
      return read(await fetch(address, { method: 'POST', headers, body: form.toString() }));
    },
    async upload(content, name) {
      const { body } = await served.api('files.getUploadURLExternal', { filename: name, length: content.length });
      await fetch(body.upload_url, { method: 'POST', body: new Uint8Array(content) });
      await served.api('files.completeUploadExternal', { files: [{ id: body.file_id }] });
      await until(async () => (await served.api('files.info', { file: body.file_id })).body.file.mimetype !== '');
      return body.file_id;
    },
    async close() {
      playground.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return served;
}

/** Asks again until it is so; the test's own time limit ends it otherwise. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 10));
}

function carry(playground: Playground): Server {
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    for (const route of playground.routes) {
      const params = route.method === request.method ? match(route, url.pathname) : undefined;
      if (params !== undefined) return void route.handle({ request, response, url, params });
    }
    sendJson(response, 404, { error: 'no route' });
  });
  server.on('upgrade', (request, socket, head) => {
    const path = new URL(request.url ?? '/', 'http://127.0.0.1').pathname;
    const upgrade = playground.upgrades.find((one) => one.path === path);
    if (upgrade === undefined) socket.destroy();
    else upgrade.handle(request, socket, head);
  });
  return server;
}

function match(route: Route, path: string): Record<string, string> | undefined {
  const wanted = route.path.split('/');
  const found = path.split('/');
  if (wanted.length !== found.length) return undefined;
  const params: Record<string, string> = {};
  for (const [at, step] of wanted.entries()) {
    if (step.startsWith(':')) params[step.slice(1)] = decodeURIComponent(found[at]!);
    else if (step !== found[at]) return undefined;
  }
  return params;
}

/** The smallest picture there is: one grey point. */
export const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==',
  'base64',
);
