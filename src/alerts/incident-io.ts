/**
 * incident.io, through its webhooks (signed by Svix).
 *
 * Set-up: Settings → Webhooks → Add endpoint: `https://<bot>/webhooks/incident-io`. Events: "Public alert created" and
 * "resolved", "Public incident created (v2)" and "status updated (v2)"; private ones carry nothing but an id. Copy the
 * *Signing secret* (`whsec_…`). In `causeway.yml`: `alerts: { incident-io: { secrets: "${INCIDENT_IO_SECRET}" } }`. To
 * rotate it, list the new one beside the old one.
 *
 * The signature is the HMAC-SHA256 of `<id>.<time>.<body>` in base64 under the decoded secret; several of them stand in the
 * header, `v1,<signature>` each. Both the id and the time are signed: the id is the same when Svix sends again, and what is
 * signed more than five minutes ago is refused.
 *
 * Source: incident.io documentation, "Webhooks"; Svix documentation, "Verifying webhooks manually".
 */
import { z } from 'zod';
import type { AlertSource, Delivery, SourceParts } from '../ports/alert-source.ts';
import { freshOrRefused, hmacIsOneOf, secretList, unproven } from './authenticity.ts';
import { readIncidentIo } from './incident-io-events.ts';
import { digestOf, parseJson } from './payload.ts';
import { refuse } from './refusal.ts';
import { microsOf } from './times.ts';

export const incidentIoOptions = z.strictObject({
  /** Signing secrets of the endpoint, `whsec_…`. */
  secrets: secretList,
  /** How far the signed time may be from ours. */
  windowSeconds: z.number().int().positive().max(86_400).default(300),
  unsigned: z.boolean().default(false),
});
type Options = z.output<typeof incidentIoOptions>;

export function incidentIo(options: Options, { name, clock }: Pick<SourceParts, 'name' | 'clock'>): AlertSource {
  const keys = options.secrets.map((secret) => Buffer.from(secret.replace(/^whsec_/, ''), 'base64'));
  return {
    kind: name,
    title: 'incident.io',
    bodyLimit: 1024 * 1024,
    authenticate(delivery) {
      if (options.unsigned) return;
      const signedAt = signed(delivery, keys);
      freshOrRefused(microsOf(signedAt), clock.now(), options.windowSeconds);
    },
    read: ({ headers, body }) => {
      const id = ofSvix(headers, 'id')?.trim();
      return readIncidentIo(name, parseJson(body), id || digestOf(body), clock.now());
    },
    refuse,
  };
}

/** The time that was signed; throws when the signature is none of ours. */
function signed({ headers, body }: Delivery, keys: readonly Uint8Array[]): string | undefined {
  const id = ofSvix(headers, 'id') ?? '';
  const timestamp = ofSvix(headers, 'timestamp');
  const given = ofSvix(headers, 'signature');
  const signatures = (given ?? '')
    .split(/\s+/, 64)
    .filter((entry) => entry.startsWith('v1,'))
    .map((entry) => Buffer.from(entry.slice(3), 'base64'));
  if (timestamp !== undefined && hmacIsOneOf(keys, [`${id}.${timestamp}.`, body], signatures)) return timestamp;
  throw unproven(
    'incident.io',
    keys.length > 0,
    given !== undefined,
    'Compare `alerts.incident-io.secrets` with the signing secret of the endpoint, and let no proxy rewrite the body.',
  );
}

/** Svix writes `svix-id` or, by the Standard Webhooks name, `webhook-id`. */
function ofSvix(headers: Delivery['headers'], what: 'id' | 'timestamp' | 'signature'): string | undefined {
  return headers[`webhook-${what}`] ?? headers[`svix-${what}`];
}
