/**
 * Changes: deploys, feature flags, configuration. They wake nobody; a verdict says which of them came just before.
 *
 * Set-up: make up a token, write it into `causeway.yml` as `changes: { tokens: "${CHANGES_TOKEN}" }`, and let the pipeline
 * POST to `https://<bot>/webhooks/changes` with `Authorization: Bearer <token>`. It takes
 *
 * ```
 *   {"title": "Deployed orders 2.3.1", "service": "orders", "version": "2.3.1", "kind": "deploy", "link": "https://…", "time": "…"}
 *   PagerDuty's change events (what is sent to /v2/change/enqueue): the token is the routing_key, or stands in a header
 *   CloudEvents, CDEvents among them (dev.cdevents.service.deployed)
 * ```
 *
 * and, where `fields` says where things stand, any other JSON. Only `title` must be there.
 *
 * Source: PagerDuty, "Send a change event" (Events API v2); CloudEvents 1.0; CDEvents 0.4, "Continuous deployment events".
 */
import { z } from 'zod';
import { Failure } from '../failure.ts';
import type { Change, ChangeKind } from '../model/change.ts';
import { type EpochMicros, MINUTE } from '../model/units.ts';
import type { AlertSource, Delivery, SourceParts } from '../ports/alert-source.ts';
import { carriesOneOf, hexSignature, hmacIsOneOf, unproven } from './authenticity.ts';
import { elementsOf, greet } from './cloud-events.ts';
import { cut, webLink } from './details.ts';
import { genericProof } from './generic.ts';
import { fieldPath, textAt, valueAt } from './mapping.ts';
import { digestOf, keyOf, parseJson } from './payload.ts';
import { refuse } from './refusal.ts';
import { microsOf } from './times.ts';

const OWN_FIELDS = {
  id: ['id', 'dedup_key'],
  title: ['title', 'payload.summary', 'summary', 'data.title', 'type'],
  time: ['time', 'at', 'timestamp', 'payload.timestamp', 'data.time'],
  service: [
    'service',
    'payload.custom_details.service',
    'data.service',
    'subject.content.service',
    'payload.custom_details.app',
  ],
  version: ['version', 'payload.custom_details.version', 'payload.custom_details.tag', 'data.version', 'tag'],
  environment: [
    'environment',
    'payload.custom_details.environment',
    'payload.custom_details.env',
    'data.environment',
    'env',
  ],
  kind: ['kind', 'payload.custom_details.kind', 'payload.class', 'type'],
  link: ['link', 'url', 'links.0.href', 'payload.custom_details.url', 'data.link'],
  by: ['by', 'author', 'payload.custom_details.by', 'payload.custom_details.author', 'data.by'],
};

export const changeOptions = genericProof.extend({
  fields: z
    .strictObject({
      id: fieldPath.optional(),
      title: fieldPath,
      time: fieldPath.optional(),
      service: fieldPath.optional(),
      version: fieldPath.optional(),
      environment: fieldPath.optional(),
      kind: fieldPath.optional(),
      link: fieldPath.optional(),
      by: fieldPath.optional(),
    })
    .default(OWN_FIELDS),
});
type ChangeOptions = z.output<typeof changeOptions>;

/** What is ahead of our clock by more than this has a wrong time, and counts as done when it is told. */
const AHEAD = 5 * MINUTE;
/** Words of a kind, or of a title, that tell what was done. The first that occurs counts. */
const KINDS: readonly (readonly [ChangeKind, RegExp])[] = [
  ['flag', /\b(feature[ _-]?)?(flag|toggle|experiment)/i],
  ['deploy', /deploy|release|roll(ed)?[ _-]?(out|back)|upgrad|canary|promot/i],
  ['config', /config|setting|migration|scal(e|ed|ing)|terraform|helm/i],
];

export function changeEvents(
  options: ChangeOptions,
  { name, clock }: Pick<SourceParts, 'name' | 'clock'>,
): AlertSource {
  return {
    kind: name,
    title: 'Change events',
    bodyLimit: 512 * 1024,
    authenticate: (delivery) => authenticate(name, delivery, options),
    read: (delivery) => ({
      changes: elementsOf(delivery).map(({ json, delivery: known }) => readChange(options, json, known, clock.now())),
    }),
    refuse,
    greet: (headers) => greet(headers, options.origins),
  };
}

function authenticate(name: string, delivery: Delivery, options: ChangeOptions): void {
  const { tokens, tokenHeader, secrets, signature, unsigned } = options;
  const header = delivery.headers[signature.header.toLowerCase()];
  if (unsigned || carriesOneOf(tokens, delivery, tokenHeader)) return;
  if (hmacIsOneOf(secrets, [delivery.body], hexSignature(header, signature.prefix))) return;
  if (tokens.length > 0 && carriesOneOf(tokens, { ...delivery, headers: {}, query: { token: routingKeyOf(delivery) } }))
    return;
  const hint = `Give the pipeline one of \`${name}.tokens\`: as Authorization, as X-Causeway-Token, or as routing_key.`;
  throw unproven('Change events', tokens.length + secrets.length > 0, header !== undefined, hint);
}

/** PagerDuty's change events prove themselves by the integration's key, which stands in the body. */
function routingKeyOf({ body }: Delivery): string | undefined {
  try {
    const key = valueAt(parseJson(body), ['routing_key']);
    return typeof key === 'string' ? key : undefined;
  } catch {
    return undefined;
  }
}

function readChange({ fields }: ChangeOptions, json: unknown, delivery: string | undefined, now: EpochMicros): Change {
  const at = (path: readonly string[] | undefined) => (path === undefined ? undefined : textAt(json, path));
  const title = at(fields.title);
  if (title === undefined) {
    const hint = 'Send it, or say under `changes.fields.title` where it stands.';
    throw new Failure('bad-input', `${fields.title.join(' or ')} holds no title.`, hint);
  }
  const told = fields.time === undefined ? undefined : microsOf(valueAt(json, fields.time));
  const service = at(fields.service);
  const version = at(fields.version);
  const environment = at(fields.environment);
  const link = webLink(at(fields.link));
  const by = at(fields.by);
  const time = told === undefined || told > now + AHEAD ? now : told;
  return {
    // Told without an id, the same words about the same moment are the same change.
    id: keyOf(
      delivery ??
        at(fields.id) ??
        digestOf([title, service ?? '', version ?? '', told ?? Math.floor(now / (10 * MINUTE))]),
    ),
    kind: kindOf(at(fields.kind), title),
    at: time,
    title: cut(title, 300),
    ...(service === undefined ? {} : { service: cut(service, 200) }),
    ...(version === undefined ? {} : { version: cut(version, 100) }),
    ...(environment === undefined ? {} : { environment: cut(environment, 100) }),
    ...(link === undefined ? {} : { link }),
    ...(by === undefined ? {} : { by: cut(by, 200) }),
  };
}

function kindOf(kind: string | undefined, title: string): ChangeKind {
  for (const text of [kind, title]) {
    const found = text === undefined ? undefined : KINDS.find(([, words]) => words.test(text));
    if (found !== undefined) return found[0];
  }
  return 'other';
}
