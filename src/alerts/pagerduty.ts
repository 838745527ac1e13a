/**
 * PagerDuty, through V3 webhooks.
 *
 * Set-up: in PagerDuty open Integrations → Generic Webhooks (v3) → New Webhook. Webhook URL: `https://<bot>/webhooks/pagerduty`
 * (a public certificate, TLS 1.2). Scope: the services, the team or the account that shall wake the bot. Events: all of
 * `incident.*`, or at least `triggered`, `acknowledged`, `unacknowledged`, `escalated`, `delegated`, `reassigned`,
 * `priority_updated`, `annotated`, `reopened` and `resolved`. PagerDuty shows the signing secret once: give it to the bot as
 * `PAGERDUTY_WEBHOOK_SECRET`. To rotate it, list the new one first and the old one behind it, separated by a comma. "Send test
 * event" must then answer 202.
 *
 * A webhook carries neither the alerts of its incident nor their details. With `PAGERDUTY_API_TOKEN` (Integrations → API
 * Access Keys → Create, read-only is enough for this) the bot fetches them before it looks for traces: custom details, links,
 * trace ids, runbook, severity. An account in Europe needs `PAGERDUTY_API_URL=https://api.eu.pagerduty.com`. With
 * `PAGERDUTY_FROM` as well it writes its verdict back (`notes/pagerduty.ts`).
 *
 * Source: PagerDuty developer documentation, "Webhooks overview", "Verifying signatures" and "REST API".
 */
import { z } from 'zod';
import { Failure } from '../failure.ts';
import type { AlertSource, Delivery } from '../ports/alert-source.ts';
import { secretList, signedByOneOf } from './authenticity.ts';
import { readPagerDuty } from './pagerduty-events.ts';
import { createIncidentReader } from './pagerduty-incident.ts';
import { parseJson } from './payload.ts';
import { refuse } from './refusal.ts';

/** PagerDuty drops what is larger than 256 kB before it sends it. */
export const PAGERDUTY_BODY_LIMIT = 512 * 1024;

/** What `causeway.yml` or the environment says about PagerDuty. */
export const pagerdutyOptions = z.strictObject({
  /** Signing secrets of the webhook subscriptions. */
  secrets: secretList,
  /** Takes webhooks without a signature, for a bot that only its own network can reach. */
  unsigned: z.boolean().default(false),
  /** REST token; without it an incident is known by its webhook alone. */
  apiToken: z.string().trim().min(1).optional(),
  /** Where its REST interface is; an account in Europe has its own. */
  apiUrl: z.url({ protocol: /^https?$/ }).default('https://api.pagerduty.com'),
});

export function pagerduty(options: z.output<typeof pagerdutyOptions>): AlertSource {
  const { apiToken, apiUrl } = options;
  return {
    kind: 'pagerduty',
    title: 'PagerDuty',
    bodyLimit: PAGERDUTY_BODY_LIMIT,
    authenticate: (delivery) => authenticate(delivery, options),
    read: ({ body }) => readPagerDuty(parseJson(body)),
    ...(apiToken === undefined ? {} : { enrich: createIncidentReader({ token: apiToken, base: apiUrl }) }),
    refuse,
  };
}

function authenticate(delivery: Delivery, options: z.output<typeof pagerdutyOptions>): void {
  if (options.unsigned) return;
  if (options.secrets.length === 0) {
    throw new Failure(
      'unauthorized',
      'No signing secret for PagerDuty is configured, so no webhook can be trusted.',
      'Set PAGERDUTY_WEBHOOK_SECRET to the secret that PagerDuty showed when the webhook was made.',
    );
  }
  const header = delivery.headers['x-pagerduty-signature'];
  if (!signedByOneOf(options.secrets, delivery.body, header, 'v1')) {
    throw new Failure(
      'unauthorized',
      header === undefined ? 'The webhook carries no signature.' : 'The webhook is not signed with a secret we know.',
      'Compare PAGERDUTY_WEBHOOK_SECRET with the webhook in PagerDuty, and let no proxy rewrite the body.',
    );
  }
}
