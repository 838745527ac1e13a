import type { Attributes, SpanRecord } from '../model/span.ts';

/**
 * What a span does, without what differs from call to call: `GET /cart/{id}`, `SELECT orders`, `Checkout/Place`,
 * `publish orders`. Ports, ids and literals never enter it, because everything downstream counts spans by it. SDKs whose
 * CLIENT spans are called only `GET` (JavaScript's) get their path from the URL. Reference section 1.1, pass 4.
 */
export function operationOf(
  span: Pick<SpanRecord, 'name' | 'kind' | 'attributes'>,
  { messaging, database, rpc, http }: Spoken = spokenBy(Object.keys(span.attributes)),
): string {
  const { attributes } = span;
  return (
    (messaging ? messagingOperation(attributes) : undefined) ??
    (database ? databaseOperation(attributes) : undefined) ??
    (rpc ? rpcOperation(attributes) : undefined) ??
    (http ? httpOperation(span) : undefined) ??
    withoutIds(span.name)
  );
}

/** Which conventions tell the operation of spans with some keys, so that whoever has many such spans looks once. */
export type Spoken = {
  readonly messaging: boolean;
  readonly database: boolean;
  readonly rpc: boolean;
  readonly http: boolean;
};

export function spokenBy(keys: readonly string[]): Spoken {
  const has = (...any: readonly string[]) => any.some((key) => keys.includes(key));
  return {
    messaging: has('messaging.system.name', 'messaging.destination.name'),
    database: has('db.query.summary', 'db.operation.name', 'db.query.text'),
    rpc: has('rpc.method'),
    http: has('http.request.method'),
  };
}

/** Longest operation that is kept; what is cut was an id of some kind that we do not know. */
const LONGEST = 200;

function text(attributes: Attributes, key: string): string | undefined {
  const value = attributes[key];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function messagingOperation(attributes: Attributes): string | undefined {
  const verb = text(attributes, 'messaging.operation.name') ?? text(attributes, 'messaging.operation.type');
  const throwaway =
    attributes['messaging.destination.temporary'] === true || attributes['messaging.destination.anonymous'] === true;
  const name = throwaway ? '{temporary}' : text(attributes, 'messaging.destination.name');
  const destination = text(attributes, 'messaging.destination.template') ?? (name && withoutIds(name));
  if (verb === undefined && destination === undefined) return undefined;
  return [verb, destination].filter((part) => part !== undefined).join(' ');
}

function databaseOperation(attributes: Attributes): string | undefined {
  const summary = text(attributes, 'db.query.summary');
  if (summary !== undefined) return summary.slice(0, LONGEST);
  const verb = text(attributes, 'db.operation.name');
  const collection = text(attributes, 'db.collection.name');
  if (verb !== undefined && collection !== undefined) return `${verb} ${withoutIds(collection)}`;
  const query = text(attributes, 'db.query.text');
  if (query !== undefined) return querySummary(query, text(attributes, 'db.system.name'));
  return verb;
}

const COMMENT = /\/\*[\s\S]*?\*\/|--[^\n]*/g;
const STATEMENT =
  /^\s*(select|insert|update|delete|merge|replace|upsert|truncate)\b[\s\S]*?(?:\bfrom|\binto|\bupdate|\btable)?\s/i;
const COLLECTION =
  /\b(?:from|into|update|truncate\s+table|truncate|merge\s+into|merge)\s+(?:only\s+)?(["'`[]?[\p{L}_][\p{L}\p{N}_.$"`\]]*)/iu;
const KEY_VALUE_STORES = new Set(['redis', 'memcached', 'valkey', 'dragonfly']);

/** Verb and collection of a query, else the query without its literals. */
function querySummary(query: string, system: string | undefined): string {
  // A literal may hold words that look like a query, so literals go first. The head of a long statement is enough.
  const bare = query
    .slice(0, 2_000)
    .replace(COMMENT, ' ')
    .replace(/'(?:[^']|'')*'/g, '?');
  if (system !== undefined && KEY_VALUE_STORES.has(system)) return bare.trim().split(/\s+/)[0]?.toUpperCase() ?? system;
  const verb = STATEMENT.exec(bare)?.[1];
  const collection = verb && COLLECTION.exec(bare)?.[1];
  if (verb && collection) return `${verb.toUpperCase()} ${collection.replace(/["'`[\]]/g, '')}`;
  return bare
    .replace(/\b\d+(?:\.\d+)?\b/g, '?')
    .replace(/\(\s*\?(?:\s*,\s*\?)*\s*\)/g, '(?)')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, LONGEST);
}

function rpcOperation(attributes: Attributes): string | undefined {
  const method = text(attributes, 'rpc.method');
  if (method === undefined) return undefined;
  const service = text(attributes, 'rpc.service');
  return service === undefined || method.includes('/') ? method : `${service}/${method}`;
}

function httpOperation(span: Pick<SpanRecord, 'name' | 'kind' | 'attributes'>): string | undefined {
  if (span.kind === 'internal') return undefined;
  const { attributes } = span;
  const recorded = text(attributes, 'http.request.method');
  const method = recorded === '_OTHER' ? (text(attributes, 'http.request.method_original') ?? recorded) : recorded;
  if (method === undefined) return undefined;
  const template = text(attributes, 'http.route') ?? text(attributes, 'url.template');
  if (template !== undefined) return `${method} ${template}`;
  const path = text(attributes, 'url.path') ?? pathOf(text(attributes, 'url.full'));
  if (path !== undefined) return `${method} ${routeOf(path)}`;
  return span.name === method ? method : withoutIds(span.name);
}

/** The path of a URL, `/` when it has none. A URL that is only a path is one. */
function pathOf(url: string | undefined): string | undefined {
  if (url === undefined) return undefined;
  const authority = url.indexOf('://');
  if (authority < 0) return url.startsWith('/') ? url : '/';
  const from = url.indexOf('/', authority + 3);
  const query = url.indexOf('?', authority + 3);
  return from < 0 || (query >= 0 && query < from) ? '/' : url.slice(from);
}

/** A path with its ids replaced: `/carts/8f0c…/items/12?full=1` → `/carts/{id}/items/{id}`. */
export function routeOf(path: string): string {
  // Walked by hand: every second span of a table has a path, and most of their segments are words.
  let route = '';
  let from = 0;
  let mayBeId = false;
  for (let index = 0; index <= path.length; index++) {
    const code = index < path.length ? path.charCodeAt(index) : END;
    if ((code >= ZERO && code <= NINE) || code === AT || code === ESCAPE) mayBeId = true;
    else if (code === SLASH || code === QUERY || code === FRAGMENT || code === PARAMETER || code === END) {
      const segment = path.slice(from, index);
      route += mayBeId ? withoutId(segment) : segment;
      if (code !== SLASH || route.length > LONGEST) break;
      route += '/';
      from = index + 1;
      mayBeId = false;
    }
  }
  return route.slice(0, LONGEST);
}

const [ZERO, NINE, AT, SLASH, QUERY, FRAGMENT, PARAMETER, ESCAPE, END] = [48, 57, 64, 47, 63, 35, 59, 37, -1];

const WHOLE_ID = /^(?:\d+|\{?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\}?|.*@.*\..*)$/i;
const LONG_TOKEN = /^(?=.*\d)[\w.~%=+-]{20,}$/;

/** Nobody escapes the words of a route: an escaped segment is somebody's data. */
function withoutId(segment: string): string {
  if (segment.length < SHORTEST_ID && !segment.includes('@') && !segment.includes('%')) return withoutNumbers(segment);
  if (isHex(segment)) return '{id}';
  if (segment.includes('%') || WHOLE_ID.test(segment) || LONG_TOKEN.test(segment)) return '{id}';
  return withoutNumbers(segment);
}

/** Hex digits and nothing else, the commonest id of all: who asks knows that they are eight or more, a decimal one among them. */
function isHex(segment: string): boolean {
  for (let index = 0; index < segment.length; index++) {
    const code = segment.charCodeAt(index);
    if ((code < ZERO || code > NINE) && ((code | LOWER) < A || (code | LOWER) > F)) return false;
  }
  return true;
}

const [LOWER, A, F] = [32, 97, 102];

/** Fewer characters, other than digits alone, are no id of any known form. */
const SHORTEST_ID = 8;

const withoutNumbers = (segment: string): string =>
  /^\d+$/.test(segment) ? '{id}' : segment.replace(/(?<=[-_.:~])\d+(?=$|[-_.:~])|\d{3,}/g, '{id}');

const UUID = /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi;
const ADDRESS = /\b\d{1,3}(?:\.\d{1,3}){3}\b(?::\d+\b)?/g;
const PORT = /(?<=[\p{L}\p{N}\]]):\d{2,5}\b/gu;
const HEX = /\b(?=[a-f]*\d)[0-9a-f]{8,}\b/gi;
const NUMBER = /(?<![\p{L}\p{N}])\d+(?![\p{L}\p{N}])|\d{4,}/gu;

/** A name of any kind without addresses, ports and ids; a path inside it becomes a route. */
function withoutIds(name: string): string {
  if (!/\d/.test(name)) return name.slice(0, LONGEST);
  return name
    .slice(0, 4 * LONGEST)
    .replace(UUID, '{id}')
    .replace(ADDRESS, '{address}')
    .replace(PORT, '')
    .split(' ')
    .map((word) => (word.includes('/') ? routeOf(word) : word))
    .join(' ')
    .replace(HEX, '{id}')
    .replace(NUMBER, '{id}')
    .slice(0, LONGEST);
}
