import { z } from 'zod';
import { Failure } from '../failure.ts';
import { ALERT_EVENTS, type Alert, type AlertEvent } from '../model/alert.ts';
import { isOwnNote } from '../model/note.ts';
import type { EpochMicros } from '../model/units.ts';
import { cut, type Detail, factsIn, flattenDetails, labelsOf, linksIn, linksInText, webLink } from './details.ts';
import { keyOf, timelessDelivery } from './payload.ts';
import { microsOf } from './times.ts';
import { traceIdsIn } from './trace-ids.ts';

/** A place in JSON, `incident.labels.0.name`, or several of which the first that holds something counts. */
export const fieldPath = z
  .union([
    z
      .string()
      .min(1)
      .transform((path) => [path]),
    z.array(z.string().min(1)).min(1),
  ])
  .transform((paths): readonly string[] => paths);

/** Where in a sender's JSON each member of an alert stands. */
export const fieldPaths = z.strictObject({
  id: fieldPath,
  title: fieldPath,
  status: fieldPath.optional(),
  service: fieldPath.optional(),
  severity: fieldPath.optional(),
  priority: fieldPath.optional(),
  urgency: fieldPath.optional(),
  team: fieldPath.optional(),
  environment: fieldPath.optional(),
  /** The chat channel that was made for this incident, by its id or name. */
  channel: fieldPath.optional(),
  /** Text for people, in which links to a runbook, a dashboard and an owner are looked for. */
  text: fieldPath.optional(),
  /** What somebody wrote, such as how it was resolved. */
  note: fieldPath.optional(),
  time: fieldPath.optional(),
  startedAt: fieldPath.optional(),
  url: fieldPath.optional(),
  runbook: fieldPath.optional(),
  dashboard: fieldPath.optional(),
  owner: fieldPath.optional(),
  /** The sender's key for this delivery, the same when it is sent again. */
  delivery: fieldPath.optional(),
  /** An object, a list of `key:value` or of `{name, value}`, or a text `a:b, c:d`. Several are put together. */
  labels: fieldPath.optional(),
  /** Texts that are searched for trace ids beside labels, links and title. */
  trace: fieldPath.optional(),
});
export type FieldPaths = z.output<typeof fieldPaths>;

const Words = z.array(z.string().min(1)).default([]);
/** Which words of the sender's `status` mean what; in any case of letters. A word that is nowhere is nothing to act on. */
export const statusWords = z.strictObject({
  triggered: Words,
  acknowledged: Words,
  unacknowledged: Words,
  escalated: Words,
  updated: Words,
  reopened: Words,
  resolved: Words,
});
export type StatusWords = z.output<typeof statusWords>;

export type Mapping = { readonly fields: FieldPaths; readonly status: StatusWords };

/** A template that the sender did not fill in: `$ID`, `${{ALERT.entity_id}}`, `{{ alert.id }}`, `{EVENT.ID}`, `*UNKNOWN*`. */
const UNRENDERED = /^(\$[A-Z][A-Z0-9_]*|\$?\{\{.*\}\}|\$\{.*\}|\{[A-Z][A-Z0-9._]*\}|\*UNKNOWN\*)$/;

/**
 * The alert that the mapping finds in an element of the sender's JSON, or why there is none. Throws `bad-input` that names
 * the field where id or title are missing, or were sent as the name of a variable.
 */
export function mapAlert(
  source: string,
  { fields, status }: Mapping,
  json: unknown,
  beside: { readonly delivery: string | undefined; readonly now: EpochMicros },
): Alert | { readonly ignored: string } {
  const id = required('id', fields.id, json);
  const said = fields.status === undefined ? undefined : textAt(json, fields.status);
  const event = said === undefined ? 'triggered' : eventOf(said, status);
  if (event === undefined) return { ignored: `The status ${cut(said ?? '', 80)} is nothing to act on.` };
  const note = fields.note === undefined ? undefined : textAt(json, fields.note);
  if (note !== undefined && isOwnNote(note)) return { ignored: 'A note of our own.' };
  const optional = (path: readonly string[] | undefined) => (path === undefined ? undefined : textAt(json, path));
  const time = fields.time === undefined ? undefined : microsOf(valueAt(json, fields.time));
  const startedAt = fields.startedAt === undefined ? undefined : microsOf(valueAt(json, fields.startedAt));
  const occurredAt = time ?? (event === 'resolved' ? undefined : startedAt) ?? beside.now;
  const delivery = beside.delivery ?? optional(fields.delivery);
  const details = (fields.labels ?? []).flatMap((path) => labelled(walk(json, path)));
  const title = required('title', fields.title, json);
  const service = optional(fields.service) ?? details.find(({ path }) => path === 'service')?.text;
  const severity = optional(fields.severity);
  const url = webLink(optional(fields.url));
  return {
    source,
    id: keyOf(id),
    delivery:
      delivery !== undefined
        ? keyOf(`${delivery}/${event}`)
        : time !== undefined
          ? keyOf(`${id}/${event}/${time}`)
          : timelessDelivery([id, event, title, startedAt ?? 0], beside.now),
    event,
    title: cut(title, 500),
    ...(service === undefined ? {} : { service: cut(service, 200) }),
    occurredAt,
    startedAt: Math.min(startedAt ?? occurredAt, occurredAt),
    ...(severity === undefined ? {} : { severity: cut(severity, 40) }),
    ...factsIn(details),
    ...factsAt(fields, json),
    ...(url === undefined ? {} : { url }),
    links: { ...linksInText(optional(fields.text)), ...linksIn(details), ...linksAt(fields, json) },
    labels: labelsOf(details),
    traceIds: traceIdsIn([
      ...(fields.trace ?? []).flatMap((path) =>
        flattenDetails(walk(json, path)).flatMap(({ text }) => [text, `trace_id=${text}`]),
      ),
      cut(title, 2_000),
      ...details.map((detail) => `${detail.path}=${detail.text}`),
    ]),
  };
}

function required(name: string, paths: readonly string[], json: unknown): string {
  const value = valueAt(json, paths);
  const text = asText(value);
  if (text !== undefined && !UNRENDERED.test(text)) return text;
  throw new Failure(
    'bad-input',
    text === undefined ? `${paths.join(' or ')} holds no ${name}.` : `${paths.join(' or ')} was sent unfilled.`,
    text === undefined
      ? `Send it, or say under \`fields.${name}\` where it stands.`
      : 'Use the sender’s own names of variables in its template, and test it with a real alert.',
  );
}

/** What a status means; of a title like `[Recovered] Error rate` the part in brackets. */
function eventOf(said: string, words: StatusWords): AlertEvent | undefined {
  const wanted = (/^\[([^\]]{1,80})\]/.exec(said)?.[1] ?? said).trim().toLowerCase();
  return ALERT_EVENTS.find((event) => words[event].some((word) => word.toLowerCase() === wanted));
}

/** Facts that a mapping may point at, with how long each may be: a note is more than a name. */
const FACTS = [
  ['priority', 100],
  ['urgency', 100],
  ['team', 100],
  ['environment', 100],
  ['channel', 100],
  ['note', 2_000],
] as const;

function factsAt(fields: FieldPaths, json: unknown): Partial<Pick<Alert, (typeof FACTS)[number][0]>> {
  return Object.fromEntries(
    FACTS.flatMap(([name, limit]) => {
      const paths = fields[name];
      const text = paths === undefined ? undefined : textAt(json, paths);
      return text === undefined ? [] : [[name, cut(name === 'channel' ? text.replace(/^#/, '') : text, limit)]];
    }),
  );
}

function linksAt(fields: FieldPaths, json: unknown): Alert['links'] {
  const names = ['runbook', 'dashboard', 'owner'] as const;
  return Object.fromEntries(
    names.flatMap((name) => {
      const paths = fields[name];
      const link = paths === undefined ? undefined : webLink(textAt(json, paths));
      return link === undefined ? [] : [[name, link] as const];
    }),
  );
}

/** What stands at the first of the paths that holds something. */
export function valueAt(json: unknown, paths: readonly string[]): unknown {
  for (const path of paths) {
    const value = walk(json, path);
    if (value !== undefined && value !== null && value !== '') return value;
  }
  return undefined;
}

/** The first text, number or boolean at one of the paths that is no unfilled template. */
export function textAt(json: unknown, paths: readonly string[]): string | undefined {
  for (const path of paths) {
    const text = asText(walk(json, path));
    if (text !== undefined && !UNRENDERED.test(text)) return text;
  }
  return undefined;
}

function asText(value: unknown): string | undefined {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  const text = typeof value === 'string' ? value.trim() : Array.isArray(value) ? asText(value[0]) : undefined;
  return text === '' ? undefined : text;
}

/** Own members only, so that no path leads into a prototype. A whole path that is itself a name wins: `service.name`. */
function walk(json: unknown, path: string): unknown {
  if (typeof json !== 'object' || json === null) return undefined;
  if (Object.hasOwn(json, path)) return Reflect.get(json, path);
  const dot = path.indexOf('.');
  if (dot < 0) return undefined;
  const key = path.slice(0, dot);
  return Object.hasOwn(json, key) ? walk(Reflect.get(json, key), path.slice(dot + 1)) : undefined;
}

/** Labels in any of the shapes that senders give them. */
function labelled(value: unknown): readonly Detail[] {
  const list =
    typeof value === 'string' ? value.split(',', 1_000) : Array.isArray(value) ? value.slice(0, 1_000) : undefined;
  const details = list === undefined ? flattenDetails(value) : list.flatMap(pair);
  return details.filter(({ path, text }) => path !== '' && !UNRENDERED.test(text));
}

function pair(item: unknown): readonly Detail[] {
  if (typeof item !== 'object' || item === null) {
    const [path = '', ...rest] = String(item ?? '')
      .trim()
      .split(/[:=]/);
    return path === '' ? [] : [{ path: path.trim(), text: cut(rest.join(':').trim() || 'true', 2_000) }];
  }
  const path = asText(valueAt(item, ['name', 'key', 'label']));
  const text = asText(valueAt(item, ['value', 'text']));
  return path === undefined || text === undefined ? flattenDetails(item) : [{ path, text: cut(text, 2_000) }];
}
