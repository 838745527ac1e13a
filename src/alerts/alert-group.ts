import { z } from 'zod';
import { Failure } from '../failure.ts';
import type { Alert, AlertEvent } from '../model/alert.ts';
import type { EpochMicros } from '../model/units.ts';
import type { Reading } from '../ports/alert-source.ts';
import { cut, type Detail, factsIn, labelsOf, linksIn, linksInText, webLink } from './details.ts';
import { check, digestOf, keyOf, Text } from './payload.ts';
import { microsOf } from './times.ts';
import { traceIdsIn } from './trace-ids.ts';

/** Alertmanager sends all alerts of a group in one message; beyond this many, one more says nothing new. */
const ALERT_LIMIT = 5_000;
/** More labels on one alert than anybody matches by. */
const LABEL_LIMIT = 200;
/** How many alerts of a group are searched for trace ids and services. */
const SAMPLE = 50;

/** Values are texts where they are documented so; anything else, from a template of somebody's own, is left out. */
const Labels = z
  .record(z.string(), z.unknown())
  .nullish()
  .transform((labels) =>
    Object.entries(labels ?? {})
      .slice(0, LABEL_LIMIT)
      .flatMap(([path, text]) => asDetail(path, text)),
  );

const MemberAlert = z.object({
  status: Text,
  labels: Labels,
  annotations: Labels,
  startsAt: Text,
  endsAt: Text,
  generatorURL: Text,
  fingerprint: Text,
  dashboardURL: Text,
  panelURL: Text,
});
type MemberAlert = z.output<typeof MemberAlert>;

/** Version 4 of Alertmanager's webhook, and Grafana's, which is the same and more. */
export const AlertGroup = z.object({
  status: Text,
  alerts: z.array(MemberAlert).min(1).max(ALERT_LIMIT),
  groupLabels: Labels,
  commonLabels: Labels,
  commonAnnotations: Labels,
  externalURL: Text,
  groupKey: z.string().min(1).max(100_000),
  truncatedAlerts: z.number().nullish(),
});
export type AlertGroup = z.output<typeof AlertGroup>;

const SERVICE = [
  'service',
  'service_name',
  'service.name',
  'app_kubernetes_io_name',
  'app',
  'application',
  'deployment',
];
/** The gravest first. */
const SEVERITIES = [
  'critical',
  'page',
  'emergency',
  'error',
  'high',
  'major',
  'warning',
  'medium',
  'minor',
  'low',
  'info',
];

/**
 * One alert for the group, since whoever wrote `group_by` decided what is one trouble.
 *
 * ```
 *   group {alertname="HighErrorRate", team="payments"}     → one alert: firing while any member is, resolved when none is
 *   group {} (nothing to group by, all in one)             → one alert for each alertname and service in it
 * ```
 *
 * A message says how the group stands now, so it is judged by itself: members that were resolved and told before are not
 * in it any more, and members beyond `max_alerts` are seen in the group's status only. The delivery is known by what it
 * says (which members, since when, in what state); so repeats, and the same from the other half of a highly available
 * pair, are duplicates.
 */
export function readGroup(source: string, sender: string, json: unknown): Reading {
  const group = check(AlertGroup, json, sender);
  const whole = group.groupLabels.length > 0;
  const bundles = whole ? [group.alerts] : [...Map.groupBy(group.alerts, troubleOf).values()];
  return { alerts: bundles.map((members) => alertOf(source, group, members, whole)) };
}

function alertOf(source: string, group: AlertGroup, members: readonly MemberAlert[], whole: boolean): Alert {
  const firing = members.filter(isFiring);
  // Of a truncated group, those that still fire may all be among the ones left out.
  const fires = firing.length > 0 || (whole && (group.truncatedAlerts ?? 0) > 0 && group.status === 'firing');
  const told = firing.length > 0 ? firing : members;
  const event: AlertEvent = fires ? 'triggered' : 'resolved';
  const starts = told.flatMap((member) => microsOf(member.startsAt) ?? []);
  const ends = members.flatMap((member) => microsOf(member.endsAt) ?? []);
  const occurredAt = latest(fires ? starts : ends.length > 0 ? ends : starts);
  const services = [...new Set(told.slice(0, SAMPLE).flatMap((member) => serviceOf(member) ?? []))];
  const key = whole ? group.groupKey : `${group.groupKey}/${troubleOf(members[0])}`;
  const details = detailsOf(group, told);
  const url = webLink(told[0]?.generatorURL) ?? webLink(group.externalURL);
  const severity = gravest(told);
  return {
    source,
    id: keyOf(key),
    delivery: digestOf([
      key,
      event,
      members
        .map((one) => [one.fingerprint, one.startsAt, one.status])
        .map(String)
        .toSorted(),
    ]),
    event,
    title: titleOf(group, told, services),
    ...(services.length === 1 && services[0] !== undefined ? { service: cut(services[0], 200) } : {}),
    occurredAt,
    startedAt: starts.reduce((first, start) => Math.min(first, start), occurredAt),
    ...(severity === undefined ? {} : { severity: cut(severity, 40) }),
    ...factsIn(details),
    ...(url === undefined ? {} : { url }),
    links: { ...linksInText(textOf(details, ['description', 'message'])), ...linksIn(details) },
    labels: labelsOf(details.filter(({ path }) => !path.startsWith('__'))),
    traceIds: traceIdsIn(details.map(({ path, text }) => `${path}=${text}`)),
  };
}

/** Without `status` an alert fires until its end has a time. */
function isFiring({ status, endsAt }: MemberAlert): boolean {
  return status === undefined || status === null ? microsOf(endsAt) === undefined : status !== 'resolved';
}

/** What tells one trouble from another where the group does not. */
function troubleOf(member: MemberAlert | undefined): string {
  if (member === undefined) return '';
  return [textOf(member.labels, ['alertname']) ?? '', serviceOf(member) ?? ''].join('/');
}

function serviceOf(member: MemberAlert): string | undefined {
  return textOf(member.labels, SERVICE);
}

/** "HighErrorRate: cart /add error ratio 100 %", or with the services of several: "HighErrorRate: cart, checkout". */
function titleOf(group: AlertGroup, told: readonly MemberAlert[], services: readonly string[]): string {
  const name = textOf(group.commonLabels, ['alertname']) ?? (told[0] && textOf(told[0].labels, ['alertname']));
  const grouped = group.groupLabels.map(({ path, text }) => `${path}=${text}`).join(', ');
  const summary =
    told.length === 1
      ? textOf(told[0]?.annotations ?? [], ['summary', 'message', 'description'])
      : textOf(group.commonAnnotations, ['summary', 'message']);
  const about = summary ?? (services.length > 0 ? services.slice(0, 5).join(', ') : undefined);
  const parts = [name ?? (grouped || undefined), about].filter((part) => part !== undefined && part !== '');
  return cut(parts.join(': ') || 'An alert without a name', 500);
}

/** What the group has in common first, then what its first members say beside. */
function detailsOf(group: AlertGroup, told: readonly MemberAlert[]): readonly Detail[] {
  const pages = told
    .slice(0, SAMPLE)
    .flatMap((member) => [...asDetail('panelURL', member.panelURL), ...asDetail('dashboardURL', member.dashboardURL)]);
  return [
    ...group.commonLabels,
    ...group.commonAnnotations,
    ...told.slice(0, SAMPLE).flatMap((member) => [...member.labels, ...member.annotations]),
    ...pages,
  ].map(({ path, text }) => ({ path, text: cut(text, 2_000) }));
}

function gravest(told: readonly MemberAlert[]): string | undefined {
  const said = new Set(told.flatMap((member) => textOf(member.labels, ['severity', 'priority', 'level']) ?? []));
  return SEVERITIES.find((severity) => said.has(severity)) ?? [...said].toSorted()[0];
}

function textOf(details: readonly Detail[], names: readonly string[]): string | undefined {
  for (const name of names) {
    const found = details.find(({ path, text }) => path === name && text !== '');
    if (found !== undefined) return found.text;
  }
  return undefined;
}

function asDetail(path: string, text: unknown): readonly Detail[] {
  return typeof text === 'string' && text !== '' ? [{ path, text }] : [];
}

function latest(times: readonly EpochMicros[]): EpochMicros {
  const last = times.reduce((late, time) => Math.max(late, time), 0);
  if (last > 0) return last;
  throw new Failure(
    'bad-input',
    'alerts.startsAt is not a time in any alert of the group.',
    'Send it as ISO 8601, as 2026-01-31T03:12:00Z.',
  );
}
