import type { Attributes, SpanEvent, SpanKind, SpanStatus } from '../../src/model/span.ts';

export type Operation = { readonly method: string; readonly path: string; readonly route: string };
export type Address = { readonly host: string; readonly port: number; readonly secure: boolean };
/** How a span is called and what it carries from its start. */
export type Heading = { readonly name: string; readonly attributes: Attributes };
/** What is known about a span when it ends. */
export type Ending = {
  readonly attributes?: Attributes;
  readonly status?: SpanStatus;
  readonly message?: string;
  readonly events?: readonly Omit<SpanEvent, 'time'>[];
};

/**
 * How one language's instrumentation writes what happened, in attribute names of today. What differs is what tells an
 * analysis that was fitted to one SDK from one that was not: names of spans, attributes, what a failure leaves behind, how
 * fine starts are.
 */
export type Sdk = {
  readonly name: 'node' | 'java' | 'go' | 'dotnet';
  /** Starts are rounded down to this, µs. */
  grain(kind: SpanKind): number;
  server(operation: Operation): Heading;
  client(operation: Operation, to: Address): Heading;
  query(verb: string, table: string, namespace: string): Heading;
  /** An answer with this code, seen from either side. */
  answered(code: number, side: 'server' | 'client'): Ending;
  gaveUp(peer: string, limitMs: number): Ending;
  /** Whether a server's span ends when its client hangs up, as Node's does, or when its work is done. */
  readonly endsAtHangUp: boolean;
};

const request = ({ method }: Operation): Attributes => ({ 'http.request.method': method });
const called = ({ method, path }: Operation, { host, port, secure }: Address): Attributes => ({
  'http.request.method': method,
  'server.address': host,
  'server.port': port,
  'url.full': `${secure ? 'https' : 'http'}://${host}${port === 443 ? '' : `:${port}`}${path}`,
});
const thrown = (type: string, message: string): Omit<SpanEvent, 'time'> => ({
  name: 'exception',
  attributes: { 'exception.type': type, 'exception.message': message },
});

const node: Sdk = {
  name: 'node',
  grain: () => 1_000,
  server: (operation) => ({
    name: `${operation.method} ${operation.route}`,
    attributes: {
      ...request(operation),
      'http.route': operation.route,
      'url.path': operation.path,
      'url.scheme': 'http',
    },
  }),
  client: (operation, to) => ({ name: operation.method, attributes: called(operation, to) }),
  query: (verb, table, namespace) => ({
    name: `${verb} ${table}`,
    attributes: {
      'db.system.name': 'postgresql',
      'db.namespace': namespace,
      'db.operation.name': verb,
      'db.collection.name': table,
    },
  }),
  answered: (code, side) => ({
    attributes: { 'http.response.status_code': code },
    status: code >= (side === 'server' ? 500 : 400) ? 'error' : 'unset',
  }),
  gaveUp: (peer, limit) => ({
    attributes: { 'error.type': 'TimeoutError' },
    status: 'error',
    message: `${peer} did not answer within ${limit} ms`,
  }),
  endsAtHangUp: true,
};

const java: Sdk = {
  name: 'java',
  grain: (kind) => (kind === 'server' ? 1_000 : 1),
  server: (operation) => ({
    name: `${operation.method} ${operation.route}`,
    attributes: { ...request(operation), 'http.route': operation.route, 'url.path': operation.path, 'thread.id': 31 },
  }),
  client: (operation, to) => ({ name: operation.method, attributes: called(operation, to) }),
  query: (verb, table, namespace) => ({
    name: `${verb} ${namespace}.${table}`,
    attributes: {
      'db.system.name': 'postgresql',
      'db.namespace': namespace,
      'db.query.text': verb === 'INSERT' ? `INSERT INTO ${table} (id, body) VALUES (?, ?)` : statement(verb, table),
    },
  }),
  answered: (code, side) => ({
    attributes: { 'http.response.status_code': code, ...(code >= 500 ? { 'error.type': String(code) } : {}) },
    status: code >= (side === 'server' ? 500 : 400) ? 'error' : 'unset',
  }),
  gaveUp: () => ({
    attributes: { 'error.type': 'java.net.SocketTimeoutException' },
    status: 'error',
    events: [thrown('java.net.SocketTimeoutException', 'Read timed out')],
  }),
  endsAtHangUp: false,
};

const statement = (verb: string, table: string): string =>
  verb === 'SELECT' ? `SELECT * FROM ${table} WHERE key = ?` : `${verb} ${table} SET body = ? WHERE key = ?`;

const go: Sdk = {
  name: 'go',
  grain: () => 1,
  server: (operation) => ({
    name: operation.route,
    attributes: { ...request(operation), 'http.route': operation.route, 'url.path': operation.path },
  }),
  client: (operation, to) => ({ name: `HTTP ${operation.method}`, attributes: called(operation, to) }),
  query: (verb, table, namespace) => ({
    name: verb === 'SELECT' ? 'sql.conn.query' : 'sql.conn.exec',
    attributes: {
      'db.system.name': 'postgresql',
      'db.namespace': namespace,
      'db.query.text': verb === 'INSERT' ? `INSERT INTO ${table} VALUES ($1, $2)` : statement(verb, table),
    },
  }),
  answered: (code) => ({
    attributes: { 'http.response.status_code': code },
    status: code >= 500 ? 'error' : 'unset',
  }),
  gaveUp: (peer) => ({
    status: 'error',
    message: `Get "http://${peer}/": context deadline exceeded (Client.Timeout exceeded while awaiting headers)`,
    events: [thrown('*url.Error', `Get "http://${peer}/": context deadline exceeded`)],
  }),
  endsAtHangUp: false,
};

const dotnet: Sdk = {
  name: 'dotnet',
  grain: () => 1,
  server: (operation) => ({
    name: `${operation.method} ${operation.route}`,
    attributes: { ...request(operation), 'http.route': operation.route, 'url.path': operation.path },
  }),
  client: (operation, to) => ({ name: operation.method, attributes: called(operation, to) }),
  query: (verb, table, namespace) => ({
    name: namespace,
    attributes: {
      'db.system.name': 'postgresql',
      'db.namespace': namespace,
      'db.query.text': verb === 'INSERT' ? `INSERT INTO "${table}" ("Id") VALUES (@p0)` : statement(verb, table),
    },
  }),
  answered: (code, side) => ({
    attributes: { 'http.response.status_code': code, ...(code >= 500 ? { 'error.type': String(code) } : {}) },
    status: code >= (side === 'server' ? 500 : 400) ? 'error' : 'unset',
  }),
  gaveUp: () => ({
    attributes: { 'error.type': 'System.Threading.Tasks.TaskCanceledException' },
    status: 'error',
    events: [
      thrown('System.Threading.Tasks.TaskCanceledException', 'The request was canceled due to the configured timeout'),
    ],
  }),
  endsAtHangUp: true,
};

export const SDKS: readonly Sdk[] = [node, java, go, dotnet];
