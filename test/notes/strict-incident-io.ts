import { z } from 'zod';
import { type Answered, type Asked, jsonOf, type StrictServer, strictServer } from './strict-server.ts';

const NewUpdate = z.strictObject({
  idempotency_key: z.string().min(1),
  incident_id: z.string().min(1),
  message: z.string().min(1).optional(),
  to_incident_status_id: z.string().optional(),
  to_severity_id: z.string().optional(),
});

export type StrictIncidentIo = StrictServer & { messages(incident: string): readonly string[] };

/**
 * incident.io's updates as its API reference has them: `POST /v2/incident_updates` answers a known `idempotency_key` with the
 * update that it made the first time; `GET` lists the newest first.
 *
 * Source: api.incident.io/v1/openapiV3.json, "Incident Updates V2".
 */
export async function strictIncidentIo(token: string, incidents: readonly string[]): Promise<StrictIncidentIo> {
  const updates: { key: string; incident: string; message: string }[] = [];

  function handle(asked: Asked): Answered {
    if (asked.headers.authorization !== `Bearer ${token}`) return error(401, 'authentication_error', 'Not authorised');
    if (asked.path !== '/v2/incident_updates') return error(404, 'not_found', 'No such endpoint');
    if (asked.method === 'GET') return list(asked);
    if (asked.headers['content-type'] !== 'application/json') return error(415, 'bad_request', 'JSON only');
    const given = NewUpdate.safeParse(jsonOf(asked));
    if (!given.success) return error(422, 'validation_error', 'Your request contained invalid values');
    const { idempotency_key: key, incident_id: incident, message = '' } = given.data;
    if (!incidents.includes(incident)) return error(404, 'not_found', 'Incident not found');
    if (!updates.some((update) => update.key === key)) updates.push({ key, incident, message });
    return { status: 201, body: { incident_update: formOf(updates.findIndex((update) => update.key === key)) } };
  }

  function list({ query }: Asked): Answered {
    const size = Number(query.get('page_size') ?? 25);
    if (!(size >= 1 && size <= 250)) return error(422, 'validation_error', 'page_size is out of range');
    const wanted = query.get('incident_id');
    const isWanted = (incident: string) => wanted === null || incident === wanted;
    const found = updates.flatMap((update, at) => (isWanted(update.incident) ? [formOf(at)] : []));
    const incident_updates = found.toReversed().slice(0, size);
    return { status: 200, body: { incident_updates, pagination_meta: { page_size: size } } };
  }

  function formOf(at: number): object {
    const { incident, message } = updates[at] ?? {};
    const updater = { api_key: { id: 'K1', name: 'Causeway' } };
    return { id: `01UPDATE${at}`, incident_id: incident, message, updater, created_at: '2026-03-14T03:12:05Z' };
  }

  const server = await strictServer(handle, (status) => error(status, 'trouble', 'Trouble').body);
  return {
    ...server,
    messages: (incident) => updates.filter((update) => update.incident === incident).map(({ message }) => message),
  };
}

function error(status: number, type: string, message: string): Answered {
  return { status, body: { type, status, request_id: 'r-1', errors: [{ code: type, message }] } };
}
