import { request as send } from 'node:http';

export type Said = {
  readonly status: number;
  readonly type: string | undefined;
  readonly headers: Record<string, unknown>;
  readonly body: Buffer;
};

/** One request with its raw answer; `chunked` leaves out the length. */
export function postTo(
  body: Buffer,
  headers: Record<string, string>,
  options: { port: number | undefined; path?: string; method?: string; chunked?: boolean },
): Promise<Said> {
  const { port, path = '/v1/traces', method = 'POST', chunked = false } = options;
  return new Promise((resolve, reject) => {
    const length: Record<string, string> = chunked
      ? { 'transfer-encoding': 'chunked' }
      : { 'content-length': String(body.length) };
    const outgoing = send({ host: '127.0.0.1', port, path, method, headers: { ...headers, ...length } }, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('end', () =>
        resolve({
          status: incoming.statusCode ?? 0,
          type: incoming.headers['content-type'],
          headers: incoming.headers,
          body: Buffer.concat(chunks),
        }),
      );
    });
    outgoing.on('error', reject);
    if (chunked) for (let at = 0; at < body.length; at += 1 << 20) outgoing.write(body.subarray(at, at + (1 << 20)));
    else outgoing.write(body);
    outgoing.end();
  });
}

export const JSON_TYPE = { 'content-type': 'application/json' };
export const PROTO_TYPE = { 'content-type': 'application/x-protobuf' };
