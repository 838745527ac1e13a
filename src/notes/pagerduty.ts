/**
 * Notes on PagerDuty incidents.
 *
 * Set-up: Integrations → API Access Keys → Create New API Key (not read-only), and give it to the bot as
 * `PAGERDUTY_API_TOKEN`. PagerDuty wants to know in whose name a note is written: set `PAGERDUTY_FROM` to the e-mail address of
 * a user of the account, best one made for the bot. An account in Europe needs `PAGERDUTY_API_URL=https://api.eu.pagerduty.com`.
 * Nothing is written without both. The same in `causeway.yml`, which wins:
 *
 * ```yaml
 *   notes:
 *     pagerduty:
 *       token: ${PAGERDUTY_API_TOKEN}
 *       from: causeway@example.com
 *       url: https://api.eu.pagerduty.com
 * ```
 *
 * A note of ours comes back as the webhook `incident.annotated`; it is known by its last line and ignored.
 *
 * Source: PagerDuty REST API v2, "Create a note on an incident" (at most 2,000 notes an incident), "List notes".
 */
import { z } from 'zod';
import { Failure } from '../failure.ts';
import { noteMark } from '../model/note.ts';
import type { IncidentNotes } from '../ports/incident-notes.ts';
import { createRest } from '../rest.ts';
import { senders } from './senders.ts';

export const pagerdutyNotesOptions = z.strictObject({
  token: z.string().trim().min(1),
  /** E-mail address of the user in whose name notes are written. */
  from: z.email(),
  url: z.url({ protocol: /^https?$/ }).default('https://api.pagerduty.com'),
  sources: senders('pagerduty'),
});

const Notes = z.object({ notes: z.array(z.object({ content: z.string().nullish() })) });
const Users = z.object({ users: z.array(z.object({ email: z.string().nullish() })) });
const Written = z.object({ note: z.object({ id: z.string() }) });

/** 2,000 notes of some length; an incident has a handful. */
const ANSWER_LIMIT = 8 * 1024 * 1024;

export function pagerdutyNotes(options: z.output<typeof pagerdutyNotesOptions>, name: string): IncidentNotes {
  const rest = createRest({
    title: 'PagerDuty',
    base: options.url,
    headers: {
      authorization: `Token token=${options.token}`,
      accept: 'application/vnd.pagerduty+json;version=2',
      'content-type': 'application/json',
    },
    hint: 'Compare PAGERDUTY_API_TOKEN (not a read-only key), PAGERDUTY_FROM and PAGERDUTY_API_URL with the account.',
    answerLimit: ANSWER_LIMIT,
  });
  const pathOf = (incident: string) => `/incidents/${encodeURIComponent(incident)}/notes`;

  return {
    name,
    title: 'PagerDuty',
    takes: ({ source }) => options.sources.includes(source),
    async holds({ id }, key, signal) {
      const { notes } = await rest.ask({ method: 'GET', path: pathOf(id), answer: Notes }, signal);
      return notes.some(({ content }) => content?.trimEnd().endsWith(noteMark(key)) === true);
    },
    async write({ id }, { text }, signal) {
      const headers = { from: options.from };
      const body = { note: { content: text } };
      await rest.ask({ method: 'POST', path: pathOf(id), headers, body, answer: Written }, signal);
    },
    async check(signal) {
      const query = { query: options.from, limit: '100' };
      const { users } = await rest.ask({ method: 'GET', path: '/users', query, answer: Users }, signal);
      if (users.some(({ email }) => email?.toLowerCase() === options.from.toLowerCase()))
        return 'the token is good, and there is a user to write as';
      throw new Failure(
        'refused',
        'PagerDuty knows no user with the address that notes are written as.',
        'Set PAGERDUTY_FROM to the e-mail address of a user of the account.',
      );
    },
  };
}
