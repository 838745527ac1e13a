import { z } from 'zod';
import { type Answered, type Asked, jsonOf, type StrictServer, strictServer } from './strict-server.ts';

const NewNote = z.strictObject({
  note: z.string().min(1).max(25_000),
  user: z.string().max(100).optional(),
  source: z.string().max(100).optional(),
});

export type StrictOpsgenie = StrictServer & {
  notes(alert: string): readonly string[];
  /** From now on requests are taken in and come to nothing. */
  lose(): void;
};

/**
 * Opsgenie's Alert API as documented: a note is taken in with 202 and written later; until then its request is unknown (404).
 *
 * Source: Opsgenie documentation, Alert API; opsgenie/opsgenie-oas.
 */
export async function strictOpsgenie(token: string, alerts: readonly string[]): Promise<StrictOpsgenie> {
  const notes = new Map<string, string[]>();
  const requests: { looks: number; alert: string; note: string }[] = [];
  let losing = false;

  function handle(asked: Asked): Answered {
    if (asked.headers.authorization !== `GenieKey ${token}`) return error(401, 'Could not authenticate');
    const request = /^\/v2\/alerts\/requests\/r-(\d+)$/.exec(asked.path)?.[1];
    if (request !== undefined) return statusOf(Number(request));
    if (asked.path === '/v2/alerts' && asked.method === 'GET') return { status: 200, body: { data: [], took: 0.1 } };
    const [, alert = ''] = /^\/v2\/alerts\/([^/]+)\/notes$/.exec(asked.path) ?? [];
    if (asked.query.get('identifierType') !== 'id') return error(422, 'identifierType must be id, tiny or alias');
    if (!alerts.includes(alert)) return error(404, 'Alert not found');
    if (asked.method === 'GET') return list(alert, asked);
    if (asked.headers['content-type'] !== 'application/json') return error(415, 'JSON only');
    const given = NewNote.safeParse(jsonOf(asked));
    if (!given.success) return error(422, 'Request body is not processable. Please check the errors.');
    requests.push({ looks: 0, alert, note: given.data.note });
    return accepted({ result: 'Request will be processed', requestId: `r-${requests.length - 1}` });
  }

  function list(alert: string, { query }: Asked): Answered {
    const limit = Number(query.get('limit') ?? 20);
    if (!(limit >= 1 && limit <= 100)) return error(422, 'limit must be between 1 and 100');
    for (const at of requests.keys()) statusOf(at);
    const data = (notes.get(alert) ?? []).map((note, at) => ({ note, owner: 'api', offset: String(at) }));
    return { status: 200, body: { data: data.toReversed().slice(0, limit), paging: {}, took: 0.1, requestId: 'x' } };
  }

  /** Written when somebody looks for the second time. */
  function statusOf(at: number): Answered {
    const request = requests[at];
    if (request === undefined) return error(404, 'Request not found');
    request.looks += 1;
    if (request.looks < 2) return error(404, 'Request not found. It might not be processed yet');
    if (request.looks === 2 && !losing) notes.set(request.alert, [...(notes.get(request.alert) ?? []), request.note]);
    const data = { isSuccess: !losing, success: !losing, action: 'AddNote', status: losing ? 'Failed' : 'Added note' };
    return { status: 200, body: { data, took: 0.1, requestId: 'x' } };
  }

  const server = await strictServer(handle, (status) => error(status, 'Trouble').body);
  return {
    ...server,
    notes: (alert) => notes.get(alert) ?? [],
    lose: () => {
      losing = true;
    },
  };
}

function accepted(body: object): Answered {
  return { status: 202, body: { ...body, took: 0.1 }, headers: { 'x-ratelimit-state': 'OK' } };
}

function error(status: number, message: string): Answered {
  return { status, body: { message, took: 0.1, requestId: 'x' } };
}
