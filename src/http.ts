import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { Failure } from './failure.ts';

/** One request with its answer; `params` are the `:names` of the route's path. */
export type Exchange = {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
  readonly params: Readonly<Record<string, string>>;
};

/** What a part of the bot serves on the main port. Whatever `handle` throws is answered as JSON by `server.ts`. */
export type Route = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'OPTIONS';
  readonly path: string;
  handle(exchange: Exchange): Promise<void> | void;
};

/** A path that speaks WebSocket. */
export type Upgrade = { readonly path: string; handle(request: IncomingMessage, socket: Duplex, head: Buffer): void };

/**
 * The raw body, refused with a `Failure` of kind `too-large` as soon as it passes `limit` bytes, so that no request can
 * fill the memory; `bad-input` when the sender hangs up half way.
 */
export async function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  const declared = Number(request.headers['content-length'] ?? 0);
  const tooLarge = () => new Failure('too-large', `The body is larger than ${limit} bytes.`, 'Send a smaller one.');
  const hungUp = (cause?: unknown) =>
    new Failure('bad-input', 'The sender hung up before the body was complete.', 'Send it again.', { cause });
  if (declared > limit) throw tooLarge();
  if (request.destroyed) throw hungUp();
  const chunks: Buffer[] = [];
  let size = 0;
  // Events, since an asynchronous iterator takes as long as the rest of a small webhook together.
  await new Promise<void>((resolve, reject) => {
    request.on('data', (bytes: Buffer) => {
      size += bytes.length;
      if (size <= limit) return void chunks.push(bytes);
      // The stream outlives a refusal: destroyed, it would take the connection along, and the sender would never read why.
      request.removeAllListeners('data').pause();
      reject(tooLarge());
    });
    request.once('end', resolve);
    request.once('error', (thrown) => reject(hungUp(thrown)));
    request.once('close', () => request.readableEnded || reject(hungUp()));
  });
  const [only] = chunks;
  return only !== undefined && chunks.length === 1 ? only : Buffer.concat(chunks, size);
}

/** Answers with JSON; what was not read of the request's body is read away. */
export function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  // As a text it goes out in one piece with the headers.
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
    ...headers,
  });
  response.end(text);
  swallowRest(response.req);
}

/** How long the rest of a refused body is swallowed before the line is cut. */
const SWALLOW_MS = 5_000;

/**
 * Reads away what is left of a body, for a while: a sender that still writes must get to read the answer that refuses it.
 * The answer must not say `connection: close`, or Node closes as soon as it is out and the sender sees a reset instead.
 */
export function swallowRest(request: IncomingMessage): void {
  if (request.complete || request.destroyed) return;
  request.resume();
  const cut = setTimeout(() => request.destroy(), SWALLOW_MS);
  request.once('close', () => clearTimeout(cut));
}

/** The HTTP status that says the same as a failure. */
export function statusOf(failure: Failure): number {
  switch (failure.kind) {
    case 'bad-input':
      return 400;
    case 'unauthorized':
      return 401;
    case 'not-found':
      return 404;
    case 'refused':
      return 409;
    case 'too-large':
      return 413;
    case 'unsupported':
      return 415;
    case 'busy':
      return 429;
    case 'unreachable':
      return 502;
    case 'timed-out':
      return 504;
    case 'misconfigured':
    case 'internal':
      return 500;
  }
}
