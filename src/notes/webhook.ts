/**
 * Verdicts as signed JSON to an address of your own: a ticket system, a status page, a script.
 *
 * Set-up: make up a secret (`openssl rand -base64 32`), and in `causeway.yml`:
 *
 * ```yaml
 *   notes:
 *     tickets:                      # a name of your own
 *       kind: webhook
 *       url: https://tickets.example.com/hooks/causeway
 *       secret: ${TICKETS_SECRET}
 *       sources: [alertmanager, grafana]
 * ```
 *
 * It is signed as Standard Webhooks wants it, for which there are libraries in every language: `webhook-id`,
 * `webhook-timestamp` (Unix seconds) and `webhook-signature: v1,<base64>`, the HMAC-SHA256 of `<id>.<timestamp>.<body>` under
 * the secret (which is base64 where it begins with `whsec_`, else taken as it is). Answer 2xx; anything but 408, 429 and 5xx is
 * taken for a refusal that tells a person. `webhook-id` is the same when a note comes a second time, so keep the ids you saw.
 *
 * Source: Standard Webhooks 1.0.0.
 */
import { createHmac } from 'node:crypto';
import { z } from 'zod';
import type { IncidentNote, NotedAlert } from '../model/note.ts';
import type { Clock } from '../ports/clock.ts';
import type { IncidentNotes } from '../ports/incident-notes.ts';
import { createRest } from '../rest.ts';

export const webhookNotesOptions = z.strictObject({
  url: z.url({ protocol: /^https?$/ }),
  secret: z.string().trim().min(16),
  /** Senders whose alerts are told, by their names under `alerts`; all of them where there is no list. */
  sources: z.array(z.string().min(1)).min(1).optional(),
});

export function webhookNotes(options: z.output<typeof webhookNotesOptions>, name: string, clock: Clock): IncidentNotes {
  const { sources } = options;
  const title = `${name} (webhook)`;
  const rest = createRest({
    title,
    base: options.url,
    headers: { 'user-agent': 'Causeway' },
    hint: `Compare \`notes.${name}\` with what stands behind its address.`,
  });
  const secret = options.secret.startsWith('whsec_')
    ? Buffer.from(options.secret.slice('whsec_'.length), 'base64')
    : Buffer.from(options.secret);

  return {
    name,
    title,
    takes: ({ source }) => sources === undefined || sources.includes(source),
    async write(alert, note, signal) {
      const seconds = Math.floor(clock.now() / 1_000_000);
      const body = JSON.stringify(payloadOf(alert, note));
      const id = `causeway-${note.key}`;
      const signature = createHmac('sha256', secret).update(`${id}.${seconds}.${body}`).digest('base64');
      const headers = {
        'webhook-id': id,
        'webhook-timestamp': String(seconds),
        'webhook-signature': `v1,${signature}`,
      };
      await rest.ask({ method: 'POST', path: '', headers, body, answer: z.unknown() }, signal);
    },
  };
}

/** The same for the same note, byte by byte: nothing of the moment of sending is in it. */
function payloadOf(alert: NotedAlert, { key, text, facts }: IncidentNote): unknown {
  const { since, answeredAt, ...rest } = facts;
  return {
    type: facts.changed ? 'verdict.changed' : 'verdict.reached',
    timestamp: iso(answeredAt),
    data: {
      key,
      text,
      alert: { source: alert.source, id: alert.id, title: alert.title, service: alert.service, url: alert.url },
      ...rest,
      ...(since === undefined ? {} : { since: iso(since) }),
    },
  };
}

function iso(micros: number): string {
  return new Date(Math.floor(micros / 1_000)).toISOString();
}
