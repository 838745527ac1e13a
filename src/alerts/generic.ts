/**
 * Anything that can send JSON: where each member of an alert stands is said in `causeway.yml`. CloudEvents come in as well.
 *
 * Set-up: make up a token, and let the sender POST to `https://<bot>/webhooks/<name>` with `Authorization: Bearer <token>`,
 * with `X-Causeway-Token: <token>`, or, if it can set no header, with `?token=<token>` behind the address. Without
 * `fields` the bot expects JSON of its own: `id`, `title`, `status` (`triggered`, `acknowledged`, `unacknowledged`,
 * `escalated`, `updated`, `reopened`, `resolved`) and, as there are any, `service`, `severity`, `priority`, `urgency`, `team`,
 * `environment`, `channel`, `note`, `time`, `startedAt`, `url`, `runbook`, `dashboard`, `owner`, `labels`.
 * For another shape say where things stand; a path is `a.b.0.c`, a list of paths means the first that holds something:
 *
 * ```yaml
 *   alerts:
 *     zabbix:                      # a name of your own, the last part of the address
 *       kind: generic
 *       tokens: ${ZABBIX_TOKEN}
 *       fields:
 *         id: event_id
 *         title: [name, subject]
 *         status: value
 *         service: host
 *         labels: tags
 *       status: { triggered: ["1"], resolved: ["0"] }
 *       each: events               # only where the body holds a list of alerts
 * ```
 *
 * A sender that signs its body needs `secrets` and `signature: { header: X-Signature, prefix: "sha256=" }` (HMAC-SHA256 in
 * hex) instead of tokens. Of a CloudEvent the attributes and the members of its data stand at their names.
 *
 * Source: CloudEvents 1.0, JSON format, HTTP protocol binding, HTTP web hooks.
 */
import { z } from 'zod';
import type { Alert } from '../model/alert.ts';
import type { AlertSource, Delivery, Reading, SourceParts } from '../ports/alert-source.ts';
import { carriesOneOf, hexSignature, hmacIsOneOf, secretList, unproven } from './authenticity.ts';
import { type Element, elementsOf, greet } from './cloud-events.ts';
import { fieldPaths, type Mapping, mapAlert, statusWords, valueAt } from './mapping.ts';
import { refuse } from './refusal.ts';

/** How a sender proves itself; the same for every preset. */
export const genericProof = z.strictObject({
  tokens: secretList,
  /** A header that carries the token, beside those that always may. */
  tokenHeader: z.string().min(1).optional(),
  secrets: secretList,
  signature: z
    .strictObject({ header: z.string().min(1).default('X-Signature'), prefix: z.string().default('') })
    .default({ header: 'X-Signature', prefix: '' }),
  /** Senders that may come after they asked by OPTIONS; empty: any. */
  origins: z.array(z.string().min(1)).default([]),
  unsigned: z.boolean().default(false),
});

/** JSON as the bot would write it, and the attributes of CloudEvents for what it lacks. */
const OWN_FIELDS = {
  id: ['data.id', 'subject', 'id'],
  title: ['title', 'data.title', 'summary', 'type'],
  status: ['status', 'data.status'],
  service: ['service', 'data.service'],
  severity: ['severity', 'data.severity'],
  priority: ['priority', 'data.priority'],
  urgency: ['urgency', 'data.urgency'],
  team: ['team', 'data.team'],
  environment: ['environment', 'data.environment'],
  channel: ['channel', 'data.channel'],
  note: ['note', 'data.note'],
  time: ['data.time', 'time'],
  startedAt: ['startedAt'],
  url: ['url'],
  runbook: ['runbook', 'runbook_url'],
  dashboard: ['dashboard', 'dashboard_url'],
  owner: ['owner', 'owner_url'],
  delivery: ['delivery'],
  labels: ['labels'],
  trace: ['traceId', 'trace_id', 'traceparent'],
};
const OWN_STATUS = {
  triggered: ['triggered', 'firing', 'alerting', 'open', 'problem'],
  acknowledged: ['acknowledged'],
  unacknowledged: ['unacknowledged'],
  escalated: ['escalated'],
  updated: ['updated'],
  reopened: ['reopened'],
  resolved: ['resolved', 'ok', 'closed', 'recovered'],
};

export const genericOptions = genericProof.extend({
  fields: fieldPaths.default(OWN_FIELDS),
  status: statusWords.default(OWN_STATUS),
  /** Path of the list where one body holds several alerts. */
  each: z.string().min(1).optional(),
  /** A header that is the same when the sender sends again. */
  deliveryHeader: z.string().min(1).optional(),
});
export type GenericOptions = z.output<typeof genericOptions>;

export function generic(options: GenericOptions, parts: Pick<SourceParts, 'name' | 'clock'>): AlertSource {
  return mapped('Generic webhook', options, parts);
}

/** A source that is a mapping: generic itself, and each of its presets under its own title. */
export function mapped(
  title: string,
  options: GenericOptions,
  { name, clock }: Pick<SourceParts, 'name' | 'clock'>,
): AlertSource {
  const mapping: Mapping = { fields: options.fields, status: options.status };
  return {
    kind: name,
    title,
    bodyLimit: 1024 * 1024,
    authenticate: (delivery) => authenticate(title, name, delivery, options),
    read(delivery) {
      const resent = options.deliveryHeader && delivery.headers[options.deliveryHeader.toLowerCase()]?.trim();
      const elements = elementsOf(delivery).flatMap((element) => spread(element, options.each));
      const now = clock.now();
      return gather(
        elements.map(({ json, delivery: known }, index) => {
          const ofHeader = resent ? `${resent}${elements.length > 1 ? `/${index}` : ''}` : undefined;
          return mapAlert(name, mapping, json, { delivery: known ?? ofHeader, now });
        }),
      );
    },
    refuse,
    greet: (headers) => greet(headers, options.origins),
  };
}

function authenticate(title: string, name: string, delivery: Delivery, options: GenericOptions): void {
  const { tokens, tokenHeader, secrets, signature, unsigned } = options;
  const header = delivery.headers[signature.header.toLowerCase()];
  if (unsigned || carriesOneOf(tokens, delivery, tokenHeader)) return;
  if (hmacIsOneOf(secrets, [delivery.body], hexSignature(header, signature.prefix))) return;
  throw unproven(
    title,
    tokens.length + secrets.length > 0,
    header !== undefined,
    `Give the sender one of \`alerts.${name}.tokens\`: as X-Causeway-Token, as Authorization, or as ?token= of the address.`,
  );
}

/** One element for each member of the list at the path; where there is no list, the element itself. */
function spread(element: Element, path: string | undefined): readonly Element[] {
  const list = path === undefined ? undefined : valueAt(element.json, [path]);
  if (!Array.isArray(list)) return [element];
  return list.slice(0, 1_000).map((json: unknown, index) => ({
    json,
    delivery: element.delivery === undefined ? undefined : `${element.delivery}/${index}`,
  }));
}

/** The alerts among what was read; the first reason where there are none. */
function gather(read: readonly (Alert | { readonly ignored: string })[]): Reading {
  const alerts = read.filter((one): one is Alert => !('ignored' in one));
  if (alerts.length > 0) return { alerts };
  return read.find((one): one is { ignored: string } => 'ignored' in one) ?? { ignored: 'An empty batch.' };
}
