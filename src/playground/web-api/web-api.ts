import type { IncomingMessage } from 'node:http';
import { parse as parseForm } from 'node:querystring';
import { type Exchange, readBody, sendJson } from '../../http.ts';
import type { Wire } from '../workspace/wire.ts';
import { appMethods } from './app-methods.ts';
import { chatMethods } from './chat-methods.ts';
import { conversationMethods } from './conversation-methods.ts';
import { fileMethods } from './file-methods.ts';
import { type Method, Refusal, type Site } from './method.ts';
import { readForm } from './multipart.ts';

const METHODS: ReadonlyMap<string, Method> = new Map(
  Object.entries({ ...appMethods, ...chatMethods, ...conversationMethods, ...fileMethods }),
);

const LARGEST_BODY = 4 * 1024 * 1024;

/** Known to every method. Bolt adds `team_id` to whatever a listener's client sends; Slack takes it everywhere. */
const EVERYWHERE: ReadonlySet<string> = new Set(['token', 'team_id']);

export type WebApiOptions = {
  readonly site: Site;
  readonly botToken: string;
  readonly appToken: string;
  /** Seconds to wait when this call shall be answered with 429, for tests. */
  readonly limit?: (method: string) => number | undefined;
};

/** `POST /playground/slack/api/<method>`: always 200, as Slack, unless the caller is too fast. */
export async function answerWebApi(exchange: Exchange, options: WebApiOptions): Promise<void> {
  const name = exchange.params.method ?? '';
  const wait = options.limit?.(name);
  if (wait !== undefined) {
    exchange.request.resume();
    sendJson(exchange.response, 429, { ok: false, error: 'ratelimited' }, { 'retry-after': String(wait) });
    return;
  }
  const { request } = exchange;
  const origin = `http://${request.headers.host ?? '127.0.0.1'}`;
  const headers = { 'x-oauth-scopes': options.site.grant.scopes?.join(',') ?? '' };
  try {
    const raw = await readArguments(request, exchange.url);
    const result = perform(name, raw, tokenOf(request, raw), origin, options);
    sendJson(exchange.response, 200, { ok: true, ...result }, headers);
  } catch (thrown) {
    if (!(thrown instanceof Refusal)) throw thrown;
    if (thrown.error !== 'missing_scope') options.site.oddities.refusal(name, thrown.error);
    const messages = thrown.messages.length === 0 ? {} : { response_metadata: { messages: thrown.messages } };
    sendJson(exchange.response, 200, { ok: false, error: thrown.error, ...thrown.extra, ...messages }, headers);
  }
}

type Arguments = Readonly<Record<string, unknown>>;

/** Who calls, what may they, what do they want: in this order. */
function perform(
  name: string,
  raw: Arguments,
  token: string | undefined,
  origin: string,
  options: WebApiOptions,
): Wire {
  const { site } = options;
  const method = METHODS.get(name);
  if (method === undefined) throw new Refusal('unknown_method', [], { req_method: name });
  checkToken(method, token, options);
  checkScope(name, method, site);
  for (const argument of Object.keys(raw)) {
    if (!method.known.has(argument) && !EVERYWHERE.has(argument)) site.oddities.unknownArgument(name, argument);
  }
  return method.run(raw, { site, origin });
}

function checkToken(method: Method, token: string | undefined, options: WebApiOptions): void {
  if (method.token === 'none') return;
  if (token === undefined || token === '') throw new Refusal('not_authed');
  const wanted = method.token === 'bot' ? options.botToken : options.appToken;
  if (token === wanted) return;
  const other = method.token === 'bot' ? options.appToken : options.botToken;
  throw new Refusal(token === other ? 'not_allowed_token_type' : 'invalid_auth');
}

function checkScope(name: string, method: Method, site: Site): void {
  const granted = site.grant.scopes;
  if (granted === undefined || method.scopes.length === 0) return;
  if (method.scopes.some((scope) => granted.includes(scope))) return;
  const needed = method.scopes.join(',');
  site.oddities.missingScope(name, needed);
  throw new Refusal('missing_scope', [], { needed, provided: granted.join(',') });
}

function tokenOf(request: IncomingMessage, raw: Arguments): string | undefined {
  const header = /^Bearer\s+(.+)$/i.exec(request.headers.authorization ?? '')?.[1];
  return header ?? (typeof raw.token === 'string' ? raw.token : undefined);
}

/** A form (what the clients send), JSON, a multipart form, or the query of a GET. */
async function readArguments(request: IncomingMessage, url: URL): Promise<Arguments> {
  const query = Object.fromEntries(url.searchParams);
  if (request.method === 'GET') return query;
  const type = (request.headers['content-type'] ?? '').toLowerCase();
  const body = await readBody(request, LARGEST_BODY);
  if (body.length === 0) return query;
  if (type.startsWith('application/json')) return { ...query, ...readJson(body) };
  if (type.startsWith('application/x-www-form-urlencoded')) return { ...query, ...parseForm(body.toString('utf8')) };
  if (type.startsWith('multipart/form-data')) return { ...query, ...(await readMultipart(body, request)) };
  throw new Refusal('invalid_post_type');
}

function readJson(body: Buffer): Arguments {
  try {
    const parsed: unknown = JSON.parse(body.toString('utf8'));
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return { ...parsed };
  } catch {
    throw new Refusal('invalid_json');
  }
  throw new Refusal('json_not_object');
}

async function readMultipart(body: Buffer, request: IncomingMessage): Promise<Arguments> {
  const form = await readForm(body, request.headers['content-type'] ?? '');
  if (form === undefined) throw new Refusal('invalid_form_data');
  return Object.fromEntries(form);
}
