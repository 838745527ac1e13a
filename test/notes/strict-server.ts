import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** What becomes of a request, decided by a test before the server looks at it. */
export type Fate =
  | { readonly kind: 'arrives' }
  /** The line breaks before anything was done. */
  | { readonly kind: 'lost on the way there' }
  /** It was done, but nobody hears of it. */
  | { readonly kind: 'answer lost'; readonly strike?: () => Promise<void> }
  | { readonly kind: 'refused'; readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  | { readonly kind: 'never answered' };

export const ARRIVES: Fate = { kind: 'arrives' };

export type Asked = {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
};
export type Answered = {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
};

export type StrictServer = {
  readonly url: string;
  readonly requests: readonly Asked[];
  /** The fate of requests from now on. */
  decide(fate: (asked: Asked) => Fate): void;
  close(): Promise<void>;
};

/** A server on a free port of this machine that answers with `handle` unless fate will have it otherwise. */
export async function strictServer(
  handle: (asked: Asked) => Answered | Promise<Answered>,
  limited: (status: number) => unknown = (status) => ({ message: `status ${status}` }),
): Promise<StrictServer> {
  const requests: Asked[] = [];
  let fateOf: (asked: Asked) => Fate = () => ARRIVES;
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(request.url ?? '/', 'http://here');
    const asked: Asked = {
      method: request.method ?? '',
      path: url.pathname,
      query: url.searchParams,
      headers: request.headers,
      body: await buffer(request),
    };
    const fate = fateOf(asked);
    requests.push(asked);
    if (fate.kind === 'never answered') return;
    if (fate.kind === 'lost on the way there') return void request.socket.destroy();
    const answered =
      fate.kind === 'refused'
        ? { status: fate.status, body: limited(fate.status), headers: fate.headers }
        : await handle(asked);
    if (fate.kind === 'answer lost') {
      await fate.strike?.();
      return void request.socket.destroy();
    }
    response.writeHead(answered.status, { 'content-type': 'application/json', ...answered.headers });
    response.end(answered.body === undefined ? '' : JSON.stringify(answered.body));
  };
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    decide: (fate) => {
      fateOf = fate;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** A value that the body holds as JSON, or undefined. */
export function jsonOf({ body }: Asked): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}
