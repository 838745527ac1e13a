/**
 * Grafana Alerting, through a webhook contact point (Grafana 9 and later; HMAC from 12 on).
 *
 * Set-up: Alerting → Contact points → Add → Webhook. URL: `https://<bot>/webhooks/grafana`, method POST (PUT is taken as well). Under "HMAC
 * Signature" set a secret, and "Timestamp Header" to `X-Grafana-Alerting-Timestamp`: with it a recorded webhook cannot be
 * played again later. In `causeway.yml`:
 *
 * ```yaml
 *   alerts:
 *     grafana:
 *       secrets: ${GRAFANA_WEBHOOK_SECRET}
 *       timestampHeader: X-Grafana-Alerting-Timestamp   # leave it out if Grafana sends none
 * ```
 *
 * A Grafana without HMAC sends a token instead: set `tokens` here, and there "Authorization Header: Credentials". Contact
 * points of the legacy alerting (Grafana 8 and before) are read too, and so are groups of mixed state.
 *
 * The signature covers `<timestamp>:<body>` with a timestamp header and the body without one; hex, HMAC-SHA256.
 *
 * Source: Grafana documentation, "Configure webhook notifications"; grafana/alerting, receivers/webhook.
 */
import { z } from 'zod';
import type { Alert, AlertEvent } from '../model/alert.ts';
import type { AlertSource, Delivery, Reading, SourceParts } from '../ports/alert-source.ts';
import { readGroup } from './alert-group.ts';
import { carriesOneOf, freshOrRefused, hexSignature, hmacIsOneOf, secretList, unproven } from './authenticity.ts';
import { cut, factsIn, flattenDetails, labelsOf, linksIn, webLink } from './details.ts';
import { keyOf, parseJson, Text, timelessDelivery } from './payload.ts';
import { refuse } from './refusal.ts';
import { microsOf } from './times.ts';
import { traceIdsIn } from './trace-ids.ts';

export const grafanaOptions = z.strictObject({
  /** HMAC secrets of the contact point. */
  secrets: secretList,
  /** For contact points without HMAC. */
  tokens: secretList,
  signatureHeader: z.string().min(1).default('X-Grafana-Alerting-Signature'),
  /** The header that "Timestamp Header" names; with it the time is signed, and must be there. */
  timestampHeader: z.string().min(1).optional(),
  /** How far the signed time may be from ours. */
  windowSeconds: z.number().int().positive().max(86_400).default(300),
  unsigned: z.boolean().default(false),
});
type Options = z.output<typeof grafanaOptions>;

export function grafana(options: Options, { name, clock }: Pick<SourceParts, 'name' | 'clock'>): AlertSource {
  return {
    kind: name,
    title: 'Grafana',
    bodyLimit: 4 * 1024 * 1024,
    alsoPut: true,
    authenticate(delivery) {
      if (options.unsigned || carriesOneOf(options.tokens, delivery)) return;
      const signedAt = signed(delivery, options);
      if (options.timestampHeader !== undefined) freshOrRefused(microsOf(signedAt), clock.now(), options.windowSeconds);
    },
    read({ body }) {
      const json = parseJson(body);
      const legacy = Legacy.safeParse(json);
      return legacy.success ? readLegacy(name, legacy.data, clock.now()) : readGroup(name, 'Grafana', json);
    },
    refuse,
  };
}

/** The timestamp that is part of what was signed; throws when the signature is none of ours. */
function signed({ headers, body }: Delivery, { secrets, tokens, ...options }: Options): string | undefined {
  const header = headers[options.signatureHeader.toLowerCase()];
  const timestamp = options.timestampHeader && headers[options.timestampHeader.toLowerCase()];
  const parts = timestamp === undefined ? [body] : [`${timestamp}:`, body];
  if (hmacIsOneOf(secrets, parts, hexSignature(header))) return timestamp;
  throw unproven(
    'Grafana',
    secrets.length + tokens.length > 0,
    header !== undefined,
    'Compare `alerts.grafana.secrets`, `signatureHeader` and `timestampHeader` with the contact point in Grafana.',
  );
}

/** What Grafana 8 and before sent: one rule, no `alerts`. */
const Legacy = z.object({
  alerts: z.undefined().optional(),
  ruleId: z.union([z.number(), z.string()]),
  ruleName: Text,
  ruleUrl: Text,
  state: z.string(),
  title: Text,
  message: Text,
  dashboardId: z.union([z.number(), z.string()]).nullish(),
  tags: z.record(z.string(), z.unknown()).nullish(),
  evalMatches: z.array(z.unknown()).nullish(),
});

const LEGACY_STATES: ReadonlyMap<string, AlertEvent> = new Map([
  ['alerting', 'triggered'],
  ['no_data', 'triggered'],
  ['ok', 'resolved'],
]);

/** It says no time, so it happened when it came. */
function readLegacy(source: string, legacy: z.output<typeof Legacy>, now: number): Reading {
  const event = LEGACY_STATES.get(legacy.state);
  if (event === undefined) return { ignored: `The state ${cut(legacy.state, 80)} of a rule is nothing to act on.` };
  const details = flattenDetails(legacy.tags ?? {});
  const title = legacy.ruleName || legacy.title || `Rule ${legacy.ruleId}`;
  const service = details.find(({ path }) => path === 'service' || path === 'app')?.text;
  const url = webLink(legacy.ruleUrl);
  const alert: Alert = {
    source,
    id: keyOf(`rule ${legacy.dashboardId ?? ''}/${legacy.ruleId}`),
    delivery: timelessDelivery([legacy], now),
    event,
    title: cut(title, 500),
    ...(service ? { service: cut(service, 200) } : {}),
    occurredAt: now,
    startedAt: now,
    ...factsIn(details),
    ...(url ? { url } : {}),
    links: linksIn(details),
    labels: labelsOf(details),
    traceIds: traceIdsIn([...details.map(({ path, text }) => `${path}=${text}`), cut(legacy.message ?? '', 2_000)]),
  };
  return { alerts: [alert] };
}
