import { z } from 'zod';
import type { Alert, AlertEvent } from '../model/alert.ts';
import type { EpochMicros } from '../model/units.ts';
import type { Reading } from '../ports/alert-source.ts';
import { cut, type Detail, factsIn, labelsOf, linksIn, webLink } from './details.ts';
import { check, digestOf, keyOf, Text } from './payload.ts';
import { microsOf } from './times.ts';
import { traceIdsIn } from './trace-ids.ts';

/** A webhook of Sentry, with what is beside its body. */
export type SentryWebhook = {
  readonly source: string;
  readonly json: unknown;
  readonly body: Uint8Array;
  /** `Sentry-Hook-Timestamp`: unsigned, so nothing but a time. */
  readonly sentAt: string | undefined;
  readonly now: EpochMicros;
};

const Id = z.union([z.string().min(1).max(1_000), z.number()]).transform(String);
const Time = z.union([z.string(), z.number()]).nullish();
/** Pairs of key and value; a value may be null. */
const Tags = z
  .array(z.tuple([z.string(), z.unknown()]).rest(z.unknown()))
  .nullish()
  .catch([])
  .transform((tags) =>
    (tags ?? []).slice(0, 200).flatMap(([path, text]) => (typeof text === 'string' ? [{ path, text }] : [])),
  );

const Event = z.object({
  event_id: Text,
  issue_id: Id.nullish(),
  issue_url: Text,
  title: Text,
  message: Text,
  culprit: Text,
  datetime: Time,
  timestamp: Time,
  level: Text,
  web_url: Text,
  url: Text,
  environment: Text,
  metadata: z.object({ type: Text, value: Text }).nullish().catch(undefined),
  contexts: z
    .object({ trace: z.object({ trace_id: Text }).nullish().catch(undefined) })
    .nullish()
    .catch(undefined),
  tags: Tags,
});

const Issue = z.object({
  id: Id,
  title: Text,
  level: Text,
  web_url: Text,
  permalink: Text,
  firstSeen: Time,
  lastSeen: Time,
  project: z.object({ slug: Text }).nullish().catch(undefined),
});

const MetricAlert = z.object({
  id: Id,
  title: Text,
  date_started: Time,
  date_closed: Time,
  projects: z.array(z.string()).nullish().catch([]),
  alert_rule: z.object({ name: Text, environment: Text }).nullish().catch(undefined),
});

const Webhook = z.object({
  action: Text,
  data: z.object({
    event: Event.optional(),
    error: Event.optional(),
    issue: Issue.optional(),
    metric_alert: MetricAlert.optional(),
    triggered_rule: Text,
    description_title: Text,
    web_url: Text,
  }),
});

/** The old plugin: the event stands beside what it is about. */
const Legacy = z.object({ id: Id, project_slug: Text, level: Text, message: Text, url: Text, event: Event });

const ISSUE_ACTIONS: ReadonlyMap<string, AlertEvent> = new Map([
  ['created', 'triggered'],
  ['triggered', 'triggered'],
  ['unresolved', 'reopened'],
  ['resolved', 'resolved'],
]);
const METRIC_ACTIONS: ReadonlyMap<string, AlertEvent> = new Map([
  ['critical', 'triggered'],
  ['warning', 'triggered'],
  ['open', 'triggered'],
  ['resolved', 'resolved'],
]);

/** Reads a webhook by what is in its `data`; what is neither an event, an issue nor a metric alert is nothing to act on. */
export function readSentry(webhook: SentryWebhook): Reading {
  const { json } = webhook;
  if (typeof json === 'object' && json !== null && 'event' in json && !('data' in json)) {
    const { id, project_slug, level, message, url, event } = check(Legacy, json, 'Sentry');
    return { alerts: [ofEvent(webhook, event, { issue: id, project: project_slug, level, message, url })] };
  }
  const { action, data } = check(Webhook, json, 'Sentry');
  const event = data.event ?? data.error;
  if (event !== undefined) return { alerts: [ofEvent(webhook, event, { rule: data.triggered_rule })] };
  if (data.issue !== undefined) return ofIssue(webhook, action ?? '', data.issue);
  if (data.metric_alert !== undefined) return ofMetric(webhook, action ?? '', data, data.metric_alert);
  return { ignored: `A webhook of Sentry about something else (${cut(action ?? 'no action', 80)}).` };
}

type Beside = {
  readonly issue?: string;
  readonly project?: string | null | undefined;
  readonly level?: string | null | undefined;
  readonly message?: string | null | undefined;
  readonly url?: string | null | undefined;
  readonly rule?: string | null | undefined;
};

/** An issue is the trouble, its events come and go. */
function ofEvent(webhook: SentryWebhook, event: z.output<typeof Event>, beside: Beside): Alert {
  const issue = beside.issue ?? event.issue_id ?? /\/issues\/(\d+)/.exec(event.issue_url ?? '')?.[1];
  const { type, value } = event.metadata ?? {};
  const named = [type, value].filter((part) => part).join(': ');
  const title =
    event.title || named || event.message || beside.message || event.culprit || 'An error without a message';
  // Whoever was using the program is nobody's label.
  const facts = event.tags.filter(({ path }) => !/^(user|email|ip|username)\b/i.test(path));
  const tags = new Map(facts.map(({ path, text }) => [path, text]));
  const project = beside.project || /\/projects\/[^/]+\/([^/]+)\//.exec(event.url ?? '')?.[1];
  const environment = event.environment || tags.get('environment');
  const url = webLink(event.web_url) ?? webLink(beside.url);
  return alertOf(webhook, {
    id: issue === undefined || issue === '' ? `event ${event.event_id ?? digestOf(webhook.body)}` : `issue ${issue}`,
    event: 'triggered',
    title,
    service: tags.get('service') || tags.get('service.name') || project,
    occurredAt: microsOf(event.datetime) ?? microsOf(event.timestamp),
    severity: event.level || beside.level,
    url,
    details: [
      ...(project ? [{ path: 'project', text: project }] : []),
      ...(environment ? [{ path: 'environment', text: environment }] : []),
      ...(beside.rule ? [{ path: 'rule', text: beside.rule }] : []),
      ...facts,
    ],
    // Ids of events and replays look like trace ids, so only what is called one is taken.
    traces: [event.contexts?.trace?.trace_id ?? '', tags.get('trace') ?? '', tags.get('trace_id') ?? ''],
  });
}

function ofIssue(webhook: SentryWebhook, action: string, issue: z.output<typeof Issue>): Reading {
  const event = ISSUE_ACTIONS.get(action);
  if (event === undefined) return { ignored: `An issue that was ${cut(action, 80)} is nothing to act on.` };
  const seenAt = microsOf(issue.lastSeen);
  const project = issue.project?.slug;
  const alert = alertOf(webhook, {
    id: `issue ${issue.id}`,
    event,
    title: issue.title || `Issue ${issue.id}`,
    service: project,
    // What people did to the issue happened when Sentry said so, not when it was last seen.
    occurredAt: event === 'triggered' ? seenAt : (microsOf(webhook.sentAt) ?? webhook.now),
    startedAt: event === 'reopened' ? seenAt : microsOf(issue.firstSeen),
    severity: issue.level,
    url: webLink(issue.web_url) ?? webLink(issue.permalink),
    details: project ? [{ path: 'project', text: project }] : [],
    traces: [],
  });
  return { alerts: [alert] };
}

function ofMetric(
  webhook: SentryWebhook,
  action: string,
  beside: z.output<typeof Webhook>['data'],
  metric: z.output<typeof MetricAlert>,
): Reading {
  const event = METRIC_ACTIONS.get(action);
  if (event === undefined) return { ignored: `A metric alert that is ${cut(action, 80)} is nothing to act on.` };
  const projects = metric.projects ?? [];
  const rule = metric.alert_rule?.name;
  const startedAt = microsOf(metric.date_started);
  const alert = alertOf(webhook, {
    id: `metric alert ${metric.id}`,
    event,
    title: rule || beside.description_title || metric.title || `Metric alert ${metric.id}`,
    service: projects.length === 1 ? projects[0] : undefined,
    occurredAt:
      (event === 'resolved' ? microsOf(metric.date_closed) : undefined) ?? microsOf(webhook.sentAt) ?? startedAt,
    startedAt,
    severity: event === 'resolved' ? undefined : action,
    url: webLink(beside.web_url),
    details: [
      ...projects.map((text, index) => ({ path: index === 0 ? 'project' : `project.${index}`, text })),
      ...(metric.alert_rule?.environment ? [{ path: 'environment', text: metric.alert_rule.environment }] : []),
    ],
    traces: [],
  });
  return { alerts: [alert] };
}

type Told = Pick<Alert, 'id' | 'event' | 'title'> & {
  readonly service: string | null | undefined;
  readonly occurredAt: EpochMicros | undefined;
  readonly startedAt?: EpochMicros | undefined;
  readonly severity: string | null | undefined;
  readonly url: string | undefined;
  readonly details: readonly Detail[];
  readonly traces: readonly string[];
};

function alertOf({ source, body, sentAt, now }: SentryWebhook, told: Told): Alert {
  const occurredAt = told.occurredAt ?? microsOf(sentAt) ?? now;
  return {
    source,
    id: keyOf(told.id),
    delivery: digestOf(body),
    event: told.event,
    title: cut(told.title, 500),
    ...(told.service ? { service: cut(told.service, 200) } : {}),
    occurredAt,
    startedAt: Math.min(told.startedAt ?? occurredAt, occurredAt),
    ...(told.severity ? { severity: cut(told.severity, 40) } : {}),
    ...factsIn(told.details),
    ...(told.url === undefined ? {} : { url: told.url }),
    links: linksIn(told.details),
    labels: labelsOf(told.details),
    traceIds: traceIdsIn(told.traces),
  };
}
