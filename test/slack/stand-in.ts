import { createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type WebSocket, WebSocketServer } from 'ws';

/** What the server answers to one call: a Web API body, or a fault. */
export type Answer = {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Takes the call and never answers. */
  readonly hang?: true;
};
type Args = Readonly<Record<string, string>>;
export type Call = { readonly method: string; readonly args: Args };

/**
 * A small Web API with Socket Mode whose answers a test decides, for what a well-behaved Slack never does: faults, lost
 * answers, files that are slow to scan. What Slack does in earnest is in the playground (`test/contracts/chat.ts`).
 */
export type StandIn = {
  readonly apiUrl: string;
  readonly calls: Call[];
  /** What was posted to response URLs. */
  readonly responses: Record<string, unknown>[];
  readonly responseUrl: string;
  readonly sockets: Set<WebSocket>;
  /** Replaces what a method answers; `nth` counts its calls from 1. */
  on(method: string, answer: (args: Args, nth: number) => Answer): void;
  of(method: string): Args[];
  /** Sends an envelope over the socket; resolves with the acknowledgement. */
  deliver(type: string, payload: unknown): Promise<Record<string, unknown>>;
  close(): Promise<void>;
};

export const BOT = 'U0CAUSEWAY';
export const ok = (body: object): Answer => ({ body: { ok: true, ...body } });
export const refuse = (error: string, more: object = {}): Answer => ({ body: { ok: false, error, ...more } });
export const scopes = (list: readonly string[]) => ({ 'x-oauth-scopes': list.join(',') });

export async function standIn(): Promise<StandIn> {
  const calls: Call[] = [];
  const responses: Record<string, unknown>[] = [];
  const answers = new Map<string, (args: Args, nth: number) => Answer>();
  const sockets = new Set<WebSocket>();
  const waiting = new Map<string, (ack: Record<string, unknown>) => void>();
  let envelopes = 0;
  let posts = 0;

  const server = createServer(async (request, response) => {
    const body = await read(request);
    const { pathname } = new URL(request.url ?? '/', 'http://local');
    if (pathname.startsWith('/respond')) {
      responses.push(JSON.parse(body));
      return send(response, { body: { ok: true } });
    }
    const method = pathname === '/upload' ? 'upload' : pathname.replace('/api/', '');
    const args = pathname === '/upload' ? { body } : Object.fromEntries(new URLSearchParams(body));
    calls.push({ method, args });
    const nth = calls.filter((call) => call.method === method).length;
    const answer = answers.get(method)?.(args, nth) ?? refuse('unknown_method');
    if (!answer.hang) send(response, answer);
  });
  const socketServer = new WebSocketServer({ server, path: '/socket' });
  socketServer.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('message', (data) => {
      const message = JSON.parse(String(data));
      waiting.get(message.envelope_id)?.(message.payload);
    });
    socket.send(JSON.stringify({ type: 'hello', num_connections: 1 }));
  });
  const port = await listen(server);
  const base = `http://127.0.0.1:${port}`;

  answers.set('auth.test', () => ({ ...ok({ user_id: BOT, bot_id: 'B0CAUSEWAY', team: 'Acme', team_id: 'T1' }) }));
  answers.set('apps.connections.open', () => ok({ url: `ws://127.0.0.1:${port}/socket` }));
  answers.set('chat.postMessage', (args) => {
    posts += 1;
    const ts = `1700000000.${String(posts).padStart(6, '0')}`;
    return ok({ channel: args.channel, ts, message: { ts, ...(args.thread_ts ? { thread_ts: args.thread_ts } : {}) } });
  });
  for (const method of ['chat.update', 'chat.delete', 'chat.postEphemeral', 'conversations.join']) {
    answers.set(method, () => ok({}));
  }
  answers.set('conversations.info', ({ channel }) => ok({ channel: { id: channel, is_member: true } }));
  answers.set('conversations.list', () => ok({ channels: [{ id: 'C0INCIDENTS', name: 'incidents' }] }));
  answers.set('files.getUploadURLExternal', () => ok({ upload_url: `${base}/upload`, file_id: 'F0PICTURE' }));
  answers.set('upload', () => ({ body: 'OK' }));
  answers.set('files.completeUploadExternal', () => ok({ files: [{ id: 'F0PICTURE' }] }));
  answers.set('files.info', (_, nth) =>
    ok({ file: { id: 'F0PICTURE', ...(nth > 1 ? { mimetype: 'image/png' } : {}) } }),
  );

  return {
    apiUrl: `${base}/api/`,
    calls,
    responses,
    responseUrl: `${base}/respond/1`,
    sockets,
    on: (method, answer) => answers.set(method, answer),
    of: (method) => calls.filter((call) => call.method === method).map((call) => call.args),
    async deliver(type, payload) {
      envelopes += 1;
      const envelope_id = `envelope-${envelopes}`;
      const acked = Promise.withResolvers<Record<string, unknown>>();
      waiting.set(envelope_id, acked.resolve);
      const [socket] = sockets;
      if (socket === undefined) throw new Error('Nobody is connected.');
      socket.send(JSON.stringify({ type, envelope_id, payload, accepts_response_payload: type !== 'events_api' }));
      return acked.promise;
    },
    async close() {
      for (const socket of sockets) socket.terminate();
      socketServer.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Headers that prove a body is from Slack: v0 = HMAC-SHA256 over `v0:timestamp:body`. */
export function signed(secret: string, body: string, at = Math.floor(Date.now() / 1_000)): Record<string, string> {
  const digest = createHmac('sha256', secret).update(`v0:${at}:${body}`).digest('hex');
  return { 'x-slack-request-timestamp': String(at), 'x-slack-signature': `v0=${digest}` };
}

/** Waits until the condition holds, or fails saying what it waited for. */
export async function until(what: string, holds: () => boolean, limitMs = 5_000): Promise<void> {
  for (let waited = 0; !holds(); waited += 5) {
    if (waited > limitMs) throw new Error(`Waited in vain until ${what}`);
    await sleep(5);
  }
}

export async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

function send(response: ServerResponse, { status = 200, headers = {}, body }: Answer): void {
  const isText = typeof body === 'string';
  response.writeHead(status, { 'content-type': isText ? 'text/html' : 'application/json', ...headers });
  response.end(isText ? body : JSON.stringify(body ?? {}));
}
