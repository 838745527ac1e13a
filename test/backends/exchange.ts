import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';

/** One question to a backend over HTTP and what it answered. */
export type Exchange = {
  /** Method, path with query, and body if there was one. */
  readonly asked: string;
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
};

/** Exchanges with a real server, and which one it was. */
export type Recording = { readonly server: string; readonly exchanges: readonly Exchange[] };

export type Running = { readonly url: string; close(): Promise<void> };

/** An HTTP server on a loopback port that the system chooses; `close` also cuts connections that are still open. */
export async function serve(
  answer: (request: IncomingMessage, response: ServerResponse, body: string) => unknown,
): Promise<Running> {
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => answer(request, response, Buffer.concat(parts).toString('utf8')));
    // A client that hangs up is what several tests are about.
    request.on('error', () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${portOf(server)}`, close: () => closed(server) };
}

/** Plays a recording: a question that was not recorded is answered with 501 and its text. */
export async function replay(path: string): Promise<Running> {
  const { exchanges } = recordingAt(path);
  const answers = new Map(exchanges.map((exchange) => [exchange.asked, exchange]));
  return serve((request, response, body) => {
    const asked = questionOf(request, body);
    const found = answers.get(asked);
    response.writeHead(found?.status ?? 501, { 'content-type': found?.contentType ?? 'text/plain' });
    response.end(found?.body ?? `Not recorded: ${asked}. Record anew with npm run test:live.`);
  });
}

export function recordingAt(path: string): Recording {
  const bytes = readFileSync(path);
  return JSON.parse((path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8'));
}

/**
 * Stands before a real server and writes down what passes. What `hidden` matches is answered with the page for people that
 * Jaeger gives for every address it does not know, so that one server can stand for an older or a newer one.
 */
export async function record(
  target: string,
  hidden?: RegExp,
): Promise<Running & { readonly exchanges: () => readonly Exchange[] }> {
  const exchanges = new Map<string, Exchange>();
  const running = await serve(async (request, response, body) => {
    const asked = questionOf(request, body);
    if (hidden?.test(request.url ?? '') === true) {
      const page = {
        asked,
        status: 200,
        contentType: 'text/html; charset=utf-8',
        body: '<!doctype html><html></html>',
      };
      exchanges.set(asked, page);
      response.writeHead(page.status, { 'content-type': page.contentType });
      response.end(page.body);
      return;
    }
    const answer = await fetch(`${target}${request.url}`, {
      method: request.method ?? 'GET',
      headers: { accept: request.headers.accept ?? '*/*' },
      ...(body === '' ? {} : { body }),
    });
    const contentType = answer.headers.get('content-type') ?? '';
    const text = await answer.text();
    exchanges.set(asked, { asked, status: answer.status, contentType, body: text });
    response.writeHead(answer.status, { 'content-type': contentType });
    response.end(text);
  });
  const inOrder = () => [...exchanges.values()].toSorted((left, right) => (left.asked < right.asked ? -1 : 1));
  return { ...running, exchanges: inOrder };
}

function questionOf(request: IncomingMessage, body: string): string {
  return `${request.method} ${request.url}${body === '' ? '' : `\n${body}`}`;
}

export function portOf(server: { address(): AddressInfo | string | null }): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server has no port.');
  return address.port;
}

export async function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise<void>((resolve) => server.close(() => resolve()));
}
