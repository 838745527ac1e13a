/**
 * Updates of incident.io incidents.
 *
 * Set-up: Settings → API keys → Add, with the permissions to view and to edit incidents (updates are shared in the name of the
 * key). Then in `causeway.yml`:
 *
 * ```yaml
 *   notes:
 *     incident-io:
 *       token: ${INCIDENT_IO_API_KEY}
 * ```
 *
 * An update is shared with the incident's status and severity as they are. Alerts that became no incident take none. An
 * update carries our key, by which incident.io itself knows a second try.
 *
 * Source: incident.io API reference, "Incident Updates V2: create" (`idempotency_key`), "list"; 1,200 requests a minute.
 */
import { z } from 'zod';
import { noteMark } from '../model/note.ts';
import type { IncidentNotes } from '../ports/incident-notes.ts';
import { createRest } from '../rest.ts';
import { senders } from './senders.ts';

export const incidentIoNotesOptions = z.strictObject({
  token: z.string().trim().min(1),
  url: z.url({ protocol: /^https?$/ }).default('https://api.incident.io'),
  sources: senders('incident-io'),
});

const Updates = z.object({ incident_updates: z.array(z.object({ message: z.string().nullish() })) });
const Shared = z.object({ incident_update: z.object({ id: z.string() }) });

/** The newest updates; ours is among them when it was shared a moment ago. */
const PAGE = 100;
/** How `alerts/incident-io-events.ts` begins the key of an incident. */
const INCIDENT = 'incident ';

export function incidentIoNotes(options: z.output<typeof incidentIoNotesOptions>, name: string): IncidentNotes {
  const rest = createRest({
    title: 'incident.io',
    base: options.url,
    headers: { authorization: `Bearer ${options.token}`, accept: 'application/json' },
    hint: `Compare \`notes.${name}.token\` and its permissions with the API keys of incident.io.`,
  });
  const path = '/v2/incident_updates';

  return {
    name,
    title: 'incident.io',
    takes: ({ source, id }) => options.sources.includes(source) && id.startsWith(INCIDENT),
    async holds({ id }, key, signal) {
      const query = { incident_id: id.slice(INCIDENT.length), page_size: String(PAGE) };
      const { incident_updates } = await rest.ask({ method: 'GET', path, query, answer: Updates }, signal);
      return incident_updates.some(({ message }) => message?.trimEnd().endsWith(noteMark(key)) === true);
    },
    async write({ id }, { key, text }, signal) {
      // Messages are markdown, where a line needs two blanks to stand by itself.
      const message = text.replaceAll('\n', '  \n');
      const body = { idempotency_key: `causeway-${key}`, incident_id: id.slice(INCIDENT.length), message };
      await rest.ask({ method: 'POST', path, body, answer: Shared }, signal);
    },
    async check(signal) {
      await rest.ask({ method: 'GET', path, query: { page_size: '1' }, answer: Updates }, signal);
      return 'the key may read updates';
    },
  };
}
