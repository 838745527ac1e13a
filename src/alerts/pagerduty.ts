/**
 * PagerDuty, through V3 webhooks.
 *
 * Set-up: in PagerDuty open Integrations → Generic Webhooks (v3) → New Webhook. Webhook URL: `https://<bot>/webhooks/pagerduty`
 * (a public certificate, TLS 1.2). Scope: the services, the team or the account that shall wake the bot. Events:
 * `incident.triggered`, `incident.acknowledged`, `incident.reopened`, `incident.resolved`; more do no harm. PagerDuty shows
 * the signing secret once: give it to the bot as `PAGERDUTY_WEBHOOK_SECRET`. To rotate it, list the new one first and the old
 * one behind it, separated by a comma. "Send test event" must then answer 202.
 *
 * Source: PagerDuty developer documentation, "Webhooks overview" and "Verifying signatures".
 */
import { z } from 'zod';
import { Failure } from '../failure.ts';
import type { Alert, AlertEvent } from '../model/alert.ts';
import type { AlertSource, Delivery, Reading } from '../ports/alert-source.ts';
import { secretList, signedByOneOf } from './authenticity.ts';
import { cut, type Detail, factsIn, flattenDetails, linksIn, webLink } from './details.ts';
import { check, keyOf, parseJson, Text, timeAt } from './payload.ts';
import { refuse } from './refusal.ts';
import { traceIdsIn } from './trace-ids.ts';

/** PagerDuty drops what is larger than 256 kB before it sends it. */
export const PAGERDUTY_BODY_LIMIT = 512 * 1024;

/** What `causeway.yml` or the environment says about PagerDuty. */
export const pagerdutyOptions = z.strictObject({
  /** Signing secrets of the webhook subscriptions. */
  secrets: secretList,
  /** Takes webhooks without a signature, for a bot that only its own network can reach. */
  unsigned: z.boolean().default(false),
});

const EVENTS: ReadonlyMap<string, AlertEvent> = new Map([
  ['incident.triggered', 'triggered'],
  ['incident.acknowledged', 'acknowledged'],
  ['incident.unacknowledged', 'unacknowledged'],
  ['incident.escalated', 'escalated'],
  ['incident.delegated', 'escalated'],
  ['incident.reassigned', 'updated'],
  ['incident.priority_updated', 'updated'],
  ['incident.reopened', 'reopened'],
  ['incident.resolved', 'resolved'],
]);

export function pagerduty(options: z.output<typeof pagerdutyOptions>): AlertSource {
  return {
    kind: 'pagerduty',
    title: 'PagerDuty',
    bodyLimit: PAGERDUTY_BODY_LIMIT,
    authenticate: (delivery) => authenticate(delivery, options),
    read,
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

const Reference = z.object({ id: Text, summary: Text, html_url: Text }).nullish();

/** Only what is looked at before it is clear what the event is about. */
const Envelope = z.object({
  event: z.object({
    id: z.string().min(1).max(200),
    event_type: z.string().min(1).max(200),
    occurred_at: z.string(),
    data: z.unknown().optional(),
  }),
});

/** Real deliveries lack any of the optional members, or carry them as null. */
const Incident = z.object({
  id: z.string().min(1).max(200),
  type: z.literal('incident'),
  html_url: Text,
  number: z.number().nullish(),
  title: Text,
  summary: Text,
  created_at: Text,
  reopened_at: Text,
  urgency: Text,
  priority: Reference,
  service: Reference,
  escalation_policy: Reference,
  teams: z.array(Reference).nullish(),
  incident_type: z.object({ name: Text }).nullish(),
  /** Not in PagerDuty's documentation of webhooks, but added by relays and taken over from its REST form. */
  body: z.object({ details: z.unknown().optional() }).nullish(),
  custom_details: z.unknown().optional(),
});
type Incident = z.output<typeof Incident>;

function read(delivery: Delivery): Reading {
  const json = parseJson(delivery.body);
  if (typeof json === 'object' && json !== null && 'messages' in json) {
    throw new Failure(
      'bad-input',
      'This is a webhook of version 2.',
      'Make a Generic Webhook (v3) in PagerDuty: the bot reads version 3 only.',
    );
  }
  const { event } = check(Envelope, json, 'PagerDuty');
  const kind = EVENTS.get(event.event_type);
  if (kind === undefined) {
    return event.event_type === 'pagey.ping'
      ? { ignored: 'A test event: the webhook works.' }
      : { ignored: `${cut(event.event_type, 80)} is not an event that Causeway acts on.` };
  }
  const incident = check(Incident, event.data, 'PagerDuty', ['event', 'data']);
  const occurredAt = timeAt(event.occurred_at, 'event.occurred_at');
  // `X-Webhook-Id` would tell a second try as well, but it is not signed: a recorded webhook played again under another id
  // would be news. So the event is known by what is signed, also when two subscriptions send it.
  const known = keyOf([event.id, event.event_type, incident.id, occurredAt].join('/'));
  return { alerts: [alertOf(incident, kind, occurredAt, known)] };
}

function alertOf(incident: Incident, event: AlertEvent, occurredAt: number, delivery: string): Alert {
  const details = [...flattenDetails(incident.body?.details), ...flattenDetails(incident.custom_details)];
  const title = incident.title || incident.summary || `Incident ${incident.number ?? incident.id}`;
  const service = incident.service?.summary || incident.service?.id;
  const severity = incident.priority?.summary || incident.urgency;
  const url = webLink(incident.html_url);
  return {
    source: 'pagerduty',
    id: keyOf(incident.id),
    delivery,
    event,
    title: cut(title, 500),
    ...(service ? { service: cut(service, 200) } : {}),
    occurredAt,
    startedAt: Math.min(startOf(incident) ?? occurredAt, occurredAt),
    ...(severity ? { severity: cut(severity, 40) } : {}),
    ...factsOf(incident, details),
    ...(url ? { url } : {}),
    links: linksOf(incident, details),
    labels: labelsOf(incident, details),
    traceIds: traceIdsIn([title, ...details.map(({ path, text }) => `${path}=${text}`)]),
  };
}

/** What PagerDuty itself says wins over what a monitoring tool called alike. */
function factsOf(incident: Incident, details: readonly Detail[]): Partial<Alert> {
  const priority = incident.priority?.summary;
  const team = incident.teams?.[0]?.summary;
  return {
    ...factsIn(details),
    ...(priority ? { priority: cut(priority, 100) } : {}),
    ...(incident.urgency ? { urgency: cut(incident.urgency, 100) } : {}),
    ...(team ? { team: cut(team, 100) } : {}),
  };
}

/** A reopened incident is a trouble that began anew. */
function startOf(incident: Incident): number | undefined {
  if (incident.reopened_at) return timeAt(incident.reopened_at, 'event.data.reopened_at');
  if (incident.created_at) return timeAt(incident.created_at, 'event.data.created_at');
  return undefined;
}

function linksOf(incident: Incident, details: readonly Detail[]): Alert['links'] {
  const policy = webLink(incident.escalation_policy?.html_url);
  return { ...(policy ? { owner: policy } : {}), ...linksIn(details) };
}

/** Facts to match routes by. People (agent, assignees) are left out on purpose. */
function labelsOf(incident: Incident, details: readonly Detail[]): Alert['labels'] {
  const known: readonly (readonly [string, string | null | undefined])[] = [
    ['number', incident.number?.toString()],
    ['urgency', incident.urgency],
    ['priority', incident.priority?.summary],
    ['incident_type', incident.incident_type?.name],
    ['team', incident.teams?.[0]?.summary],
    ['escalation_policy', incident.escalation_policy?.summary],
  ];
  return Object.fromEntries([
    ...details.slice(0, 50).map(({ path, text }) => [cut(path, 200), cut(text, 300)] as const),
    ...known.flatMap(([key, value]) => (value ? [[key, cut(value, 300)] as const] : [])),
  ]);
}
