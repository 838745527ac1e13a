/**
 * Notes on Opsgenie alerts (until Opsgenie ends in April 2027).
 *
 * Set-up: Settings → Integrations → API → Add, with the rights to read and to create and update; copy its API key. Then in
 * `causeway.yml`:
 *
 * ```yaml
 *   notes:
 *     opsgenie:
 *       token: ${OPSGENIE_API_KEY}
 *       url: https://api.eu.opsgenie.com     # only for accounts in Europe
 * ```
 *
 * Opsgenie takes a note in and writes it later, so its own word is awaited that it did. A note of ours comes back as the action
 * `AddNote`; it is known by its last line and ignored.
 *
 * Source: Opsgenie documentation, Alert API: "Add note to alert" (25,000 characters), "List alert notes", "Get request status".
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { Failure } from '../failure.ts';
import { noteMark } from '../model/note.ts';
import type { IncidentNotes } from '../ports/incident-notes.ts';
import { createRest } from '../rest.ts';
import { senders } from './senders.ts';

export const opsgenieNotesOptions = z.strictObject({
  token: z.string().trim().min(1),
  url: z.url({ protocol: /^https?$/ }).default('https://api.opsgenie.com'),
  sources: senders('opsgenie'),
});

const Accepted = z.object({ requestId: z.string().min(1) });
const Status = z.object({
  data: z.object({ isSuccess: z.boolean().optional(), success: z.boolean().optional(), status: z.string().nullish() }),
});
const Notes = z.object({ data: z.array(z.object({ note: z.string().nullish() })) });

/** It is usually written within a second. */
const LOOKS = 8;
const LOOK_MS = 500;
/** How often a note is looked for that may be about to be written. */
const DOUBTS = 3;
const PAGE = 100;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/;

export function opsgenieNotes(options: z.output<typeof opsgenieNotesOptions>, name: string): IncidentNotes {
  const rest = createRest({
    title: 'Opsgenie',
    base: options.url,
    headers: { authorization: `GenieKey ${options.token}`, accept: 'application/json' },
    hint: `Compare \`notes.${name}.token\` and its rights with the API integration in Opsgenie.`,
  });
  const pathOf = (alert: string) => `/v2/alerts/${encodeURIComponent(alert)}/notes`;
  const kindOf = (alert: string) => ({ identifierType: UUID.test(alert) ? 'id' : 'alias' });

  /** Waits until Opsgenie says what became of the request; a request that is not looked at yet is unknown to it. */
  async function settled(requestId: string, signal: AbortSignal): Promise<void> {
    const path = `/v2/alerts/requests/${encodeURIComponent(requestId)}`;
    for (let look = 1; look <= LOOKS; look += 1) {
      try {
        const { data } = await rest.ask({ method: 'GET', path, answer: Status }, signal);
        if (data.isSuccess ?? data.success ?? false) return;
        throw new Failure('refused', 'Opsgenie did not write the note.', 'Look whether the alert still exists there.');
      } catch (thrown) {
        if (!(thrown instanceof Failure) || thrown.kind !== 'not-found') throw thrown;
      }
      await pause(signal);
    }
    throw new Failure(
      'timed-out',
      'Opsgenie took the note in but has not written it.',
      'It is looked for again later.',
    );
  }

  return {
    name,
    title: 'Opsgenie',
    takes: ({ source }) => options.sources.includes(source),
    async holds({ id }, key, signal) {
      const query = { ...kindOf(id), limit: String(PAGE), order: 'desc' };
      // What was taken in a moment ago is written a moment later.
      for (let look = 1; look <= DOUBTS; look += 1) {
        const { data } = await rest.ask({ method: 'GET', path: pathOf(id), query, answer: Notes }, signal);
        if (data.some(({ note }) => note?.trimEnd().endsWith(noteMark(key)) === true)) return true;
        await pause(signal);
      }
      return false;
    },
    async write({ id }, { text }, signal) {
      const body = { note: text, user: 'Causeway', source: 'Causeway' };
      const request = { method: 'POST', path: pathOf(id), query: kindOf(id), body, answer: Accepted } as const;
      const { requestId } = await rest.ask(request, signal);
      await settled(requestId, signal);
    },
    async check(signal) {
      const request = { method: 'GET', path: '/v2/alerts', query: { limit: '1' }, answer: z.unknown() } as const;
      await rest.ask(request, signal);
      return 'the key may read alerts';
    },
  };
}

async function pause(signal: AbortSignal): Promise<void> {
  await sleep(LOOK_MS, undefined, { signal }).catch(() => signal.throwIfAborted());
}
