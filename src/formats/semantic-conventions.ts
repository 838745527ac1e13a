import { GRPC_CODES } from '../model/grpc-codes.ts';
import type { AttributeValue, SpanKind } from '../model/span.ts';

/** Attributes while they are being written. */
export type Draft = Record<string, AttributeValue>;

/**
 * Old attribute names and what they are called today, where the name alone decides. Today means the OpenTelemetry semantic
 * conventions as published in 1.45 (stable ones, and the experimental ones that say something about an incident).
 * Where old and new are both present the new one wins.
 */
export const RENAMED: Readonly<Record<string, string>> = {
  'http.method': 'http.request.method',
  'http.status_code': 'http.response.status_code',
  'http.url': 'url.full',
  'http.scheme': 'url.scheme',
  'http.path': 'url.path',
  'http.host': 'server.address',
  'http.server_name': 'server.address',
  'http.client_ip': 'client.address',
  'http.user_agent': 'user_agent.original',
  'http.request_content_length': 'http.request.body.size',
  'http.response_content_length': 'http.response.body.size',
  'net.peer.ip': 'network.peer.address',
  'net.sock.peer.addr': 'network.peer.address',
  'net.sock.peer.port': 'network.peer.port',
  'net.host.name': 'server.address',
  'net.host.port': 'server.port',
  'net.transport': 'network.transport',
  'net.protocol.name': 'network.protocol.name',
  'net.protocol.version': 'network.protocol.version',
  'peer.hostname': 'server.address',
  'peer.address': 'network.peer.address',
  'db.system': 'db.system.name',
  'db.statement': 'db.query.text',
  'sql.query': 'db.query.text',
  'db.name': 'db.namespace',
  'db.operation': 'db.operation.name',
  'db.sql.table': 'db.collection.name',
  'db.mongodb.collection': 'db.collection.name',
  'db.cassandra.table': 'db.collection.name',
  'db.redis.database_index': 'db.namespace',
  'messaging.system': 'messaging.system.name',
  'messaging.operation': 'messaging.operation.type',
  'messaging.destination': 'messaging.destination.name',
  'messaging.kafka.consumer.group': 'messaging.consumer.group.name',
  'messaging.eventhubs.consumer.group': 'messaging.consumer.group.name',
  'messaging.kafka.offset': 'kafka.offset',
  'messaging.kafka.message.offset': 'kafka.offset',
  'messaging.kafka.message.key': 'kafka.message.key',
  'rpc.system': 'rpc.system.name',
  'rpc.connect_rpc.error_code': 'rpc.status_code',
  'rpc.jsonrpc.error_code': 'rpc.status_code',
  'deployment.environment': 'deployment.environment.name',
  'enduser.id': 'user.id',
  'enduser.pseudo.id': 'user.id',
  'enduser.role': 'user.roles',
  'feature_flag.variant': 'feature_flag.result.variant',
  'feature_flag.evaluation.reason': 'feature_flag.result.reason',
  'code.filepath': 'code.file.path',
  'code.lineno': 'code.line.number',
  'otel.library.name': 'otel.scope.name',
  'otel.library.version': 'otel.scope.version',
  'tls.client.server_name': 'server.address',
};

/** Attributes whose number some SDKs write as a text; a text that is no number stays what it is. */
const NUMERIC: ReadonlySet<string> = new Set([
  'http.response.status_code',
  'http.request.resend_count',
  'server.port',
  'client.port',
  'network.peer.port',
  'code.line.number',
]);

type Rule = (old: AttributeValue, draft: Draft, kind: SpanKind, attributes: Readonly<Draft>) => void;

/**
 * Names whose meaning depends on the span's kind, on another attribute or on the value. `service.peer.name` was the name
 * between `peer.service` and today's pair, which says on which side of the call the other service stands.
 */
const CONTEXTUAL: Readonly<Record<string, Rule>> = {
  'peer.service': (old, draft, kind) => offer(draft, calls(kind) ? 'server.service.name' : 'client.service.name', old),
  'service.peer.name': (old, draft, kind) =>
    offer(draft, calls(kind) ? 'server.service.name' : 'client.service.name', old),
  'net.peer.name': (old, draft, kind) => offer(draft, calls(kind) ? 'server.address' : 'client.address', old),
  'net.peer.port': (old, draft, kind) => offer(draft, calls(kind) ? 'server.port' : 'client.port', old),
  'http.target': (old, draft) => {
    const [path, query] = String(old).split('?', 2);
    if (path !== undefined) offer(draft, 'url.path', path);
    if (query !== undefined) offer(draft, 'url.query', query);
  },
  'http.flavor': (old, draft) => offer(draft, 'network.protocol.version', old),
  'rpc.service': (old, draft) => {
    const method = draft['rpc.method'];
    if (method === undefined) draft['rpc.method'] = old;
    else if (!String(method).includes('/')) draft['rpc.method'] = `${old}/${method}`;
  },
  'rpc.grpc.status_code': (old, draft) =>
    offer(draft, 'rpc.status_code', GRPC_CODES[Number(old)] ?? String(old).toUpperCase()),
  'code.function': (old, draft, _kind, attributes) => {
    const namespace = attributes['code.namespace'];
    offer(draft, 'code.function.name', namespace === undefined ? old : `${namespace}.${old}`);
  },
  'code.namespace': (old, draft, _kind, attributes) => {
    if (attributes['code.function'] === undefined) draft['code.namespace'] = old;
  },
};

const OLD: ReadonlySet<string> = new Set([...Object.keys(RENAMED), ...Object.keys(CONTEXTUAL)]);

/** Whether an attribute needs `modernise`: an old name, or a number that is written as a text. */
export function isDated(key: string, value: AttributeValue): boolean {
  return OLD.has(key) || (typeof value === 'string' && NUMERIC.has(key));
}

/** What a key that somebody asks for is called today, where the name alone decides. */
export function todaysName(key: string): string {
  return (Object.hasOwn(RENAMED, key) ? RENAMED[key] : undefined) ?? key;
}

/** Every name under which a store may hold the attribute: today's first, then the old ones as their senders wrote them. */
export function spellingsOf(key: string): readonly string[] {
  const today = todaysName(key);
  return [today, ...Object.keys(RENAMED).filter((old) => RENAMED[old] === today)];
}

/**
 * The same attributes under today's names, written into a new draft with today's own names first, so that the outcome does
 * not depend on the order in which the sender listed them.
 */
export function modernise(attributes: Readonly<Draft>, kind: SpanKind): Draft {
  const modern: Draft = {};
  const dated: string[] = [];
  for (const key of Object.keys(attributes)) {
    const value = attributes[key];
    if (value === undefined) continue;
    if (OLD.has(key)) dated.push(key);
    else modern[key] = value;
  }
  for (const key of dated.sort()) {
    const value = attributes[key];
    if (value === undefined) continue;
    const name = RENAMED[key];
    if (name !== undefined) offer(modern, name, value);
    else CONTEXTUAL[key]?.(value, modern, kind, attributes);
  }
  for (const key of NUMERIC) {
    const value = modern[key];
    if (typeof value === 'string' && /^[0-9]{1,9}$/.test(value)) modern[key] = Number(value);
  }
  return modern;
}

/** A span of these kinds describes what its service receives; every other kind describes a call that it makes. */
function calls(kind: SpanKind): boolean {
  return kind !== 'server' && kind !== 'consumer';
}

function offer(draft: Draft, name: string, value: AttributeValue): void {
  if (draft[name] === undefined) draft[name] = value;
}
