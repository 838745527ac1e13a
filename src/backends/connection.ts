import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { Agent as HttpAgent, validateHeaderName, validateHeaderValue } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { z } from 'zod';
import { Failure } from '../failure.ts';

const Auth = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('none') }),
  z.strictObject({ kind: z.literal('basic'), username: z.string().min(1), password: z.string() }),
  z.strictObject({ kind: z.literal('basic-file'), username: z.string().min(1), passwordFile: z.string().min(1) }),
  z.strictObject({ kind: z.literal('bearer'), token: z.string().min(1) }),
  /** A file that something else keeps fresh, such as a service account's token. */
  z.strictObject({ kind: z.literal('bearer-file'), tokenFile: z.string().min(1) }),
]);

const Header = z.record(
  z.string().refine((name) => !throws(() => validateHeaderName(name)), 'is no header name'),
  z.string().refine((value) => !throws(() => validateHeaderValue('x', value)), 'is no header value'),
);

/** What every backend that is reached over HTTP is told under `backend`. */
export const CONNECTION = {
  /** Where its API begins, with the base path if there is one; a trailing slash does not matter. */
  url: z
    .url({ protocol: /^https?$/, error: 'must be an http:// or https:// address', abort: true })
    .refine((url) => !new URL(url).username && !new URL(url).password, 'holds a password: put it under `auth`')
    .refine((url) => new URL(url).search === '' && new URL(url).hash === '', 'must end before ? and #'),
  auth: Auth.default({ kind: 'none' }),
  headers: Header.default({}),
  /** Paths of PEM files: `ca` to trust a certificate of your own, `cert` and `key` to show one (mutual TLS). */
  tls: z
    .strictObject({
      ca: z.string().min(1).optional(),
      cert: z.string().min(1).optional(),
      key: z.string().min(1).optional(),
    })
    .refine((tls) => (tls.cert === undefined) === (tls.key === undefined), '`cert` and `key` belong together')
    .optional(),
  /** Requests at a time. */
  concurrency: z.int().min(1).max(64).default(6),
  /** For one answer, to its last byte. */
  timeoutSeconds: z.number().positive().max(600).default(30),
  /** The largest answer that is read, after decompression. */
  maxMegabytes: z.number().positive().max(1_024).default(128),
  linkTemplate: z.string().includes('{traceId}').optional(),
};

const Connection = z.strictObject(CONNECTION);
export type Connection = z.output<typeof Connection>;

/** The address without a slash at its end, to put paths behind. */
export function baseOf({ url }: Pick<Connection, 'url'>): string {
  return url.replace(/\/+$/, '');
}

/** Headers of every request. Files are read each time, because tokens in files change. */
export async function headersOf({ auth, headers }: Connection): Promise<Readonly<Record<string, string>>> {
  const authorization = await authorizationOf(auth);
  return { ...(authorization === undefined ? {} : { authorization }), ...headers };
}

/** Keeps connections open between requests; made once a backend, so wrong certificate files are told at start. */
export function agentOf({ url, tls, concurrency }: Connection): HttpAgent | HttpsAgent {
  const pool = { keepAlive: true, maxSockets: concurrency, maxFreeSockets: concurrency };
  if (url.toLowerCase().startsWith('http:')) return new HttpAgent(pool);
  const { ca, cert, key } = tls ?? {};
  return new HttpsAgent({
    ...pool,
    ...(ca === undefined ? {} : { ca: pem(ca, 'tls.ca') }),
    ...(cert === undefined ? {} : { cert: pem(cert, 'tls.cert') }),
    ...(key === undefined ? {} : { key: pem(key, 'tls.key') }),
  });
}

async function authorizationOf(auth: z.output<typeof Auth>): Promise<string | undefined> {
  switch (auth.kind) {
    case 'none':
      return undefined;
    case 'basic':
      return basic(auth.username, auth.password);
    case 'basic-file':
      return basic(auth.username, await secret(auth.passwordFile));
    case 'bearer':
      return `Bearer ${auth.token}`;
    case 'bearer-file':
      return `Bearer ${await secret(auth.tokenFile)}`;
  }
}

function basic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

async function secret(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch((thrown) => {
    throw unreadable(path, 'backend.auth', thrown);
  });
  return text.trim();
}

function pem(path: string, field: string): Buffer {
  try {
    return readFileSync(path);
  } catch (thrown) {
    throw unreadable(path, `backend.${field}`, thrown);
  }
}

function unreadable(path: string, field: string, cause: unknown): Failure {
  return new Failure('misconfigured', `${field}: the file ${path} cannot be read.`, 'Check its path and permissions.', {
    cause,
  });
}

function throws(action: () => void): boolean {
  try {
    action();
    return false;
  } catch {
    return true;
  }
}
