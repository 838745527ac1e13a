import { z } from 'zod';
import type { Alert, AlertEvent } from '../model/alert.ts';
import { isOwnNote } from '../model/note.ts';
import type { EpochMicros } from '../model/units.ts';
import type { Reading } from '../ports/alert-source.ts';
import { cut, type Detail, factsIn, labelsOf, linksIn, linksInText, webLink } from './details.ts';
import { check, keyOf, Text } from './payload.ts';
import { microsOf } from './times.ts';
import { traceIdsIn } from './trace-ids.ts';

const Id = z.string().min(1).max(1_000);
const Named = z.object({ name: Text }).nullish().catch(undefined);
const Status = z.object({ category: Text, name: Text }).nullish().catch(undefined);

const AttributeValue = z.object({ label: Text, literal: Text, catalog_entry: Named }).nullish().catch(undefined);
const FiredAlert = z.object({
  id: Id,
  title: Text,
  description: Text,
  source_url: Text,
  created_at: Text,
  updated_at: Text,
  resolved_at: Text,
  attributes: z
    .array(
      z.object({
        attribute: z.object({ name: z.string() }),
        value: AttributeValue,
        array_value: z.array(AttributeValue).nullish().catch([]),
      }),
    )
    .nullish()
    .catch([]),
});

const FieldValue = z.object({
  value_text: Text,
  value_link: Text,
  value_numeric: Text,
  value_option: z.object({ value: Text }).nullish(),
  value_catalog_entry: Named,
});
const Incident = z.object({
  id: Id,
  reference: Text,
  name: Text,
  summary: Text,
  mode: Text,
  permalink: Text,
  created_at: Text,
  updated_at: Text,
  slack_channel_id: Text,
  slack_channel_name: Text,
  severity: Named,
  incident_type: Named,
  incident_status: Status,
  custom_field_entries: z
    .array(z.object({ custom_field: z.object({ name: z.string() }), values: z.array(FieldValue).nullish() }))
    .nullish()
    .catch([]),
});
type Incident = z.output<typeof Incident>;
const StatusUpdate = z.object({ incident: Incident, new_status: Status, previous_status: Status, message: Text });

/** In these an incident is over; `triage` and `live` are before that, `paused` says nothing. */
const OVER = new Set(['closed', 'learning', 'post-incident', 'declined', 'canceled', 'cancelled', 'merged']);

/** Reads a webhook by its `event_type`, under whose own name the payload stands. `delivery` is the id that Svix signed. */
export function readIncidentIo(source: string, json: unknown, delivery: string, now: EpochMicros): Reading {
  const { event_type: type } = check(z.object({ event_type: z.string().min(1).max(200) }), json, 'incident.io');
  const payload = typeof json === 'object' && json !== null ? Reflect.get(json, type) : undefined;
  const common = { source, delivery: keyOf(delivery) };
  switch (type) {
    case 'public_alert.alert_created_v1':
      return {
        alerts: [{ ...common, ...ofAlert(check(FiredAlert, payload, 'incident.io', [type]), 'triggered', now) }],
      };
    case 'public_alert.alert_resolved_v1':
      return {
        alerts: [{ ...common, ...ofAlert(check(FiredAlert, payload, 'incident.io', [type]), 'resolved', now) }],
      };
    case 'public_incident.incident_created_v2': {
      const incident = check(Incident, payload, 'incident.io', [type]);
      if (isDrill(incident))
        return { ignored: `An incident in the mode ${cut(incident.mode ?? '', 80)} is no trouble.` };
      return { alerts: [{ ...common, ...ofIncident(incident, 'triggered', microsOf(incident.created_at) ?? now) }] };
    }
    case 'public_incident.incident_status_updated_v2': {
      const { incident, new_status, previous_status, message } = check(StatusUpdate, payload, 'incident.io', [type]);
      if (isOwnNote(message ?? '')) return { ignored: 'An update of our own.' };
      const event = eventOf(new_status?.category, previous_status?.category);
      if (event === undefined || isDrill(incident)) {
        return { ignored: `An incident that became ${cut(new_status?.name ?? 'something', 80)} is nothing to act on.` };
      }
      return { alerts: [{ ...common, ...ofIncident(incident, event, microsOf(incident.updated_at) ?? now) }] };
    }
    default:
      return { ignored: `${cut(type, 80)} is not an event that Causeway acts on.` };
  }
}

function eventOf(after: string | null | undefined, before: string | null | undefined): AlertEvent | undefined {
  if (OVER.has(after ?? '')) return OVER.has(before ?? '') ? undefined : 'resolved';
  if (after !== 'live' && after !== 'active') return undefined;
  return OVER.has(before ?? '') ? 'reopened' : before === 'triage' ? 'acknowledged' : undefined;
}

/** Exercises and incidents written down afterwards wake nobody. */
function isDrill({ mode }: Incident): boolean {
  return mode === 'test' || mode === 'tutorial' || mode === 'retrospective';
}

type Body = Omit<Alert, 'source' | 'delivery'>;

function ofAlert(alert: z.output<typeof FiredAlert>, event: AlertEvent, now: EpochMicros): Body {
  const details = (alert.attributes ?? []).slice(0, 100).flatMap(({ attribute, value, array_value }) =>
    [value, ...(array_value ?? [])].flatMap((one) => {
      const text = one?.label || one?.literal || one?.catalog_entry?.name;
      return text ? [{ path: attribute.name, text }] : [];
    }),
  );
  const createdAt = microsOf(alert.created_at);
  const resolvedAt = event === 'resolved' ? (microsOf(alert.resolved_at) ?? microsOf(alert.updated_at)) : undefined;
  return bodyOf({
    id: `alert ${alert.id}`,
    event,
    title: alert.title || `Alert ${alert.id}`,
    occurredAt: resolvedAt ?? createdAt ?? now,
    startedAt: createdAt,
    severity: textOf(details, ['severity', 'priority']),
    url: alert.source_url,
    details,
    text: alert.description,
  });
}

function ofIncident(incident: Incident, event: AlertEvent, occurredAt: EpochMicros): Body {
  const fields = (incident.custom_field_entries ?? []).slice(0, 100).flatMap(({ custom_field, values }) =>
    (values ?? []).flatMap((one) => {
      const text =
        one.value_catalog_entry?.name ||
        one.value_option?.value ||
        one.value_text ||
        one.value_link ||
        one.value_numeric;
      return text ? [{ path: custom_field.name, text }] : [];
    }),
  );
  const known: readonly (readonly [string, string | null | undefined])[] = [
    ['reference', incident.reference],
    ['severity', incident.severity?.name],
    ['incident_type', incident.incident_type?.name],
    ['slack_channel_id', incident.slack_channel_id],
    ['slack_channel_name', incident.slack_channel_name],
  ];
  return bodyOf({
    id: `incident ${incident.id}`,
    event,
    title: incident.name || incident.reference || `Incident ${incident.id}`,
    occurredAt,
    startedAt: event === 'reopened' ? occurredAt : microsOf(incident.created_at),
    severity: incident.severity?.name,
    url: incident.permalink,
    details: [...known.flatMap(([path, text]) => (text ? [{ path, text }] : [])), ...fields],
    text: incident.summary,
  });
}

function bodyOf(
  told: Pick<Alert, 'id' | 'event' | 'title' | 'occurredAt'> & {
    readonly startedAt: EpochMicros | undefined;
    readonly severity: string | null | undefined;
    readonly url: string | null | undefined;
    readonly details: readonly Detail[];
    readonly text: string | null | undefined;
  },
): Body {
  const url = webLink(told.url);
  const service = textOf(told.details, ['service', 'services', 'affected service', 'affected services', 'component']);
  return {
    id: keyOf(told.id),
    event: told.event,
    title: cut(told.title, 500),
    ...(service ? { service: cut(service, 200) } : {}),
    occurredAt: told.occurredAt,
    startedAt: Math.min(told.startedAt ?? told.occurredAt, told.occurredAt),
    ...(told.severity ? { severity: cut(told.severity, 40) } : {}),
    ...factsIn(told.details),
    ...(url === undefined ? {} : { url }),
    links: { ...linksInText(told.text), ...linksIn(told.details) },
    labels: labelsOf(told.details),
    traceIds: traceIdsIn([
      cut(told.title, 2_000),
      cut(told.text ?? '', 5_000),
      ...told.details.map(({ path, text }) => `${path}=${cut(text, 2_000)}`),
    ]),
  };
}

/** Attributes and fields are named by people, in whatever case. */
function textOf(details: readonly Detail[], names: readonly string[]): string | undefined {
  return details.find(({ path }) => names.includes(path.toLowerCase()))?.text;
}
