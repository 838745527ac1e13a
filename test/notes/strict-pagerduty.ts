import { z } from 'zod';
import { type Answered, type Asked, jsonOf, type StrictServer, strictServer } from './strict-server.ts';

/** Users, incidents and notes of an account. */
export type Account = {
  readonly token: string;
  readonly users: readonly string[];
  /** By incident: the REST form of it and its alerts. */
  readonly incidents: Readonly<Record<string, { readonly incident?: object; readonly alerts?: readonly object[] }>>;
};

export type StrictPagerDuty = StrictServer & {
  /** What stands on an incident, oldest first. */
  notes(incident: string): readonly string[];
  /** Puts notes of somebody else there. */
  annotate(incident: string, ...contents: readonly string[]): void;
  /** Called after a note was taken in, as PagerDuty sends `incident.annotated`. */
  onNote(tell: (incident: string, content: string) => Promise<void>): void;
};

const ACCEPT = 'application/vnd.pagerduty+json;version=2';
/** Longest content and most notes that an incident takes. */
const CONTENT_LIMIT = 25_000;
const NOTE_COUNT = 2_000;
const NewNote = z.strictObject({ note: z.strictObject({ content: z.string().min(1).max(CONTENT_LIMIT) }) });

/**
 * PagerDuty's REST interface as its documentation has it, as far as the bot uses it, and stricter: what the documentation
 * asks for and the service lets pass (the `Accept` header) is refused here.
 *
 * ```
 *   GET  /incidents/{id}          GET  /incidents/{id}/alerts?limit≤100
 *   GET  /incidents/{id}/notes    POST /incidents/{id}/notes   From: a user of the account
 * ```
 *
 * Source: PagerDuty/api-schema, REST v2; developer documentation, "Rate limits", "Errors".
 */
export async function strictPagerDuty(account: Account): Promise<StrictPagerDuty> {
  const notes = new Map<string, string[]>();
  let tell: (incident: string, content: string) => Promise<void> = async () => {};
  const server = await strictServer(async (asked) => limited(await handle(asked)), limitError);

  async function handle(asked: Asked): Promise<Answered> {
    const { headers } = asked;
    if (headers.authorization !== `Token token=${account.token}`) return error(401, 2006, 'Authentication failed');
    if (headers.accept !== ACCEPT) return error(400, 2003, `Accept must be ${ACCEPT}`);
    if (headers['content-type'] !== 'application/json')
      return error(400, 2001, 'Content-Type must be application/json');
    if (asked.path === '/users' && asked.method === 'GET') return users(asked);
    const [, id = '', what] = /^\/incidents\/([A-Z0-9]+)(?:\/(alerts|notes))?$/.exec(asked.path) ?? [];
    const known = account.incidents[id];
    if (known === undefined) return error(404, 5001, 'Incident Not Found');
    if (asked.method === 'POST') return what === 'notes' ? write(id, asked) : error(404, 2100, 'Not Found');
    if (asked.method !== 'GET') return error(405, 2015, 'Invalid operation');
    if (what === 'notes') return { status: 200, body: { notes: (notes.get(id) ?? []).map(noteOf).toReversed() } };
    if (what === 'alerts') return alerts(asked, known.alerts ?? []);
    return { status: 200, body: { incident: { id, type: 'incident', ...known.incident } } };
  }

  function users({ query }: Asked): Answered {
    const found = account.users.filter((email) => email.includes(query.get('query') ?? ''));
    return { status: 200, body: { users: found.map((email) => ({ id: 'PUSR001', email })), more: false } };
  }

  async function write(id: string, asked: Asked): Promise<Answered> {
    const { from } = asked.headers;
    if (from === undefined) return error(400, 2003, 'Missing Arguments', ['The From header is required.']);
    if (!account.users.includes(from)) return error(400, 1008, 'Requester User Not Found');
    const given = NewNote.safeParse(jsonOf(asked));
    if (!given.success) return error(400, 2001, 'Invalid Input Provided', ['Content is invalid.']);
    const list = notes.get(id) ?? [];
    if (list.length >= NOTE_COUNT) return error(400, 5002, 'Simple Log Entry Limit Reached');
    const { content } = given.data.note;
    notes.set(id, [...list, content]);
    await tell(id, content);
    return { status: 200, body: { note: noteOf(content, list.length) } };
  }

  return {
    ...server,
    notes: (incident) => notes.get(incident) ?? [],
    annotate: (incident, ...contents) => void notes.set(incident, [...(notes.get(incident) ?? []), ...contents]),
    onNote: (told) => {
      tell = told;
    },
  };
}

function alerts({ query }: Asked, all: readonly object[]): Answered {
  const limit = Number(query.get('limit') ?? 25);
  const known = new Set(['limit', 'offset', 'total', 'sort_by', 'statuses[]', 'include[]', 'alert_key']);
  const odd = [...query.keys()].filter((key) => !known.has(key));
  if (odd.length > 0 || !(limit >= 1 && limit <= 100)) return error(400, 2001, 'Invalid Input Provided', odd);
  return {
    status: 200,
    body: { alerts: all.slice(0, limit), limit, offset: 0, more: all.length > limit, total: null },
  };
}

function noteOf(content: string, index: number): object {
  const user = { id: 'PUSR001', type: 'user_reference', summary: 'Causeway' };
  const created_at = new Date(1_773_457_925_000 + index * 1_000).toISOString();
  return { id: `PNOTE${index}`, user, channel: { summary: 'The PagerDuty website or APIs' }, content, created_at };
}

function error(status: number, code: number, message: string, errors?: readonly string[]): Answered {
  return { status, body: { error: { message, code, ...(errors === undefined ? {} : { errors }) } } };
}

function limited(answered: Answered): Answered {
  const headers = { 'ratelimit-limit': '960', 'ratelimit-remaining': '959', 'ratelimit-reset': '31' };
  return { ...answered, headers: { ...headers, ...answered.headers } };
}

function limitError(status: number): unknown {
  return status === 429 ? { error: { message: 'Rate Limit Exceeded', code: 2020 } } : { error: { message: 'Trouble' } };
}
