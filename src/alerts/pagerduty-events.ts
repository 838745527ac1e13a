import { z } from 'zod';
import { Failure } from '../failure.ts';
import type { Alert, AlertEvent } from '../model/alert.ts';
import { isOwnNote } from '../model/note.ts';
import type { EpochMicros } from '../model/units.ts';
import type { Reading } from '../ports/alert-source.ts';
import {
  cut,
  type Detail,
  factsIn,
  flattenDetails,
  labelsOf as labelsIn,
  linksIn,
  slackChannelIn,
  webLink,
} from './details.ts';
import { ConferenceBridge, mergedIntoOf, ownFacts, policyLink, Reference, ResolveReason } from './pagerduty-facts.ts';
import { check, keyOf, Text, timeAt } from './payload.ts';
import { traceIdsIn } from './trace-ids.ts';

/** Only what is looked at before it is clear what the event is about. */
const Envelope = z.object({
  event: z.object({
    id: z.string().min(1).max(200),
    event_type: z.string().min(1).max(200),
    occurred_at: z.string(),
    data: z.unknown().optional(),
  }),
});
type Event = z.output<typeof Envelope>['event'];

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
  conference_bridge: ConferenceBridge,
  resolve_reason: ResolveReason,
  /** Not in PagerDuty's documentation of webhooks, but added by relays and taken over from its REST form. */
  body: z.object({ details: z.unknown().optional() }).nullish(),
  custom_details: z.unknown().optional(),
});
type Incident = z.output<typeof Incident>;

/** What people and programs wrote on an incident; of the incident only its name stands there. */
const Note = z.object({
  type: z.enum(['incident_note', 'incident_status_update']),
  content: Text,
  message: Text,
  incident: z.object({ id: z.string().min(1).max(200), summary: Text, html_url: Text }),
});

/** Values of custom fields, which an account may have named `environment` or `team`. */
const FieldValues = z.object({
  type: z.literal('incident_field_values'),
  incident: z.object({ id: z.string().min(1).max(200), summary: Text, html_url: Text }),
  custom_fields: z
    .array(z.object({ name: Text, value: z.unknown().optional() }))
    .max(500)
    .nullish(),
});

/** A call that was set up for the incident, which may be a channel. */
const Bridge = z.object({
  type: z.literal('incident_conference_bridge'),
  incident: z.object({ id: z.string().min(1).max(200), summary: Text, html_url: Text }),
  conference_url: Text,
});

/** Events about the incident as a whole. */
const EVENTS: ReadonlyMap<string, AlertEvent> = new Map([
  ['incident.triggered', 'triggered'],
  ['incident.acknowledged', 'acknowledged'],
  ['incident.unacknowledged', 'unacknowledged'],
  ['incident.escalated', 'escalated'],
  // Handed to another escalation policy: other people are called.
  ['incident.delegated', 'escalated'],
  ['incident.reassigned', 'updated'],
  ['incident.priority_updated', 'updated'],
  ['incident.service_updated', 'updated'],
  ['incident.incident_type.changed', 'updated'],
  ['incident.reopened', 'reopened'],
  ['incident.resolved', 'resolved'],
]);

/** What a webhook of version 3 says. Events that the bot does nothing with are named in the answer and change nothing. */
export function readPagerDuty(json: unknown): Reading {
  if (typeof json === 'object' && json !== null && 'messages' in json) {
    throw new Failure(
      'bad-input',
      'This is a webhook of version 2.',
      'Make a Generic Webhook (v3) in PagerDuty: the bot reads version 3 only.',
    );
  }
  const { event } = check(Envelope, json, 'PagerDuty');
  if (event.event_type === 'pagey.ping') return { ignored: 'A test event: the webhook works.' };
  const kind = EVENTS.get(event.event_type);
  if (kind !== undefined) {
    const incident = check(Incident, event.data, 'PagerDuty', ['event', 'data']);
    return { alerts: [ofIncident(incident, kind, event)] };
  }
  switch (event.event_type) {
    case 'incident.annotated':
    case 'incident.status_update_published':
      return ofNote(event);
    case 'incident.custom_field_values.updated':
      return { alerts: [ofFields(event)] };
    case 'incident.conference_bridge.updated':
      return ofBridge(event);
    default:
      return { ignored: `${cut(event.event_type, 80)} is not an event that Causeway acts on.` };
  }
}

/**
 * `X-Webhook-Id` would tell a second try as well, but it is not signed: a recorded webhook played again under another id
 * would be news. So the event is known by what is signed, also when two subscriptions send it.
 */
function deliveryOf(event: Event, incident: string): { readonly delivery: string; readonly occurredAt: EpochMicros } {
  const occurredAt = timeAt(event.occurred_at, 'event.occurred_at');
  return { delivery: keyOf([event.id, event.event_type, incident, occurredAt].join('/')), occurredAt };
}

function ofIncident(incident: Incident, kind: AlertEvent, event: Event): Alert {
  const { delivery, occurredAt } = deliveryOf(event, incident.id);
  const details = [...flattenDetails(incident.body?.details), ...flattenDetails(incident.custom_details)];
  const title = incident.title || incident.summary || `Incident ${incident.number ?? incident.id}`;
  const service = incident.service?.summary || incident.service?.id;
  const url = webLink(incident.html_url);
  const mergedInto = mergedIntoOf(incident.resolve_reason);
  return {
    source: 'pagerduty',
    id: keyOf(incident.id),
    delivery,
    event: kind,
    title: cut(title, 500),
    ...(service ? { service: cut(service, 200) } : {}),
    occurredAt,
    startedAt: Math.min(startOf(incident) ?? occurredAt, occurredAt),
    ...severityOf(incident.priority, incident.urgency),
    ...factsIn(details),
    ...ownFacts(incident),
    ...(mergedInto === undefined ? {} : { mergedInto }),
    ...(url ? { url } : {}),
    links: { ...policyLink(incident.escalation_policy), ...linksIn(details) },
    labels: labelsOf(incident, details),
    traceIds: traceIdsIn([title, ...details.map(({ path, text }) => `${path}=${text}`)]),
  };
}

/** A reopened incident is a trouble that began anew. */
function startOf(incident: Incident): EpochMicros | undefined {
  if (incident.reopened_at) return timeAt(incident.reopened_at, 'event.data.reopened_at');
  if (incident.created_at) return timeAt(incident.created_at, 'event.data.created_at');
  return undefined;
}

function severityOf(priority: z.output<typeof Reference>, urgency: string | null | undefined): Pick<Alert, 'severity'> {
  const severity = priority?.summary || urgency;
  return severity ? { severity: cut(severity, 40) } : {};
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

/**
 * A note of ours comes back to us as an event like anybody's, so it is known by its mark; without that the bot would talk to
 * itself for ever. PagerDuty writes what somebody typed while resolving as a note that begins with `Resolution Note:`.
 */
function ofNote(event: Event): Reading {
  const { content, message, incident } = check(Note, event.data, 'PagerDuty', ['event', 'data']);
  const text = (content || message || '').trim();
  if (isOwnNote(text)) return { ignored: 'A note of our own.' };
  if (text === '') return { ignored: 'A note without a text.' };
  const note = text.replace(/^Resolution Note:\s*/i, '');
  return { alerts: [{ ...newsOf(event, incident), note: cut(note === '' ? text : note, 2_000) }] };
}

function ofFields(event: Event): Alert {
  const { custom_fields, incident } = check(FieldValues, event.data, 'PagerDuty', ['event', 'data']);
  const details = (custom_fields ?? []).flatMap(({ name, value }) =>
    flattenDetails(name ? { [name]: value } : undefined),
  );
  return {
    ...newsOf(event, incident),
    ...factsIn(details),
    links: linksIn(details),
    labels: labelsIn(details),
    traceIds: traceIdsIn(details.map(({ path, text }) => `${path}=${text}`)),
  };
}

function ofBridge(event: Event): Reading {
  const { incident, conference_url } = check(Bridge, event.data, 'PagerDuty', ['event', 'data']);
  const channel = slackChannelIn(conference_url);
  if (channel === undefined) return { ignored: 'A call that is no channel.' };
  return { alerts: [{ ...newsOf(event, incident), channel }] };
}

/** News of an incident by an event that names no more of it than its key. */
function newsOf(event: Event, incident: z.output<typeof Note>['incident']): Alert {
  const { delivery, occurredAt } = deliveryOf(event, incident.id);
  const url = webLink(incident.html_url);
  return {
    source: 'pagerduty',
    id: keyOf(incident.id),
    delivery,
    event: 'updated',
    title: cut(incident.summary || `Incident ${incident.id}`, 500),
    occurredAt,
    startedAt: occurredAt,
    ...(url === undefined ? {} : { url }),
    links: {},
    labels: {},
    traceIds: [],
  };
}
