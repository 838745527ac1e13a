/**
 * Sentry, through the webhooks of an internal integration; a trace id in the event leads straight to the trace.
 *
 * Set-up: Settings → Developer Settings → Custom Integrations → Create → Internal Integration. Webhook URL:
 * `https://<bot>/webhooks/sentry`; switch "Alert Rule Action" on and tick the resource "issue", so that a resolved issue
 * closes its card ("error" sends every single error: leave it off unless you mean it). Copy the *Client Secret*. In
 * `causeway.yml`: `alerts: { sentry: { secrets: "${SENTRY_CLIENT_SECRET}" } }`. Then choose the integration as an action of
 * issue alerts and metric alerts. The old WebHooks plugin signs nothing: give it the address with `?token=<token>` and list
 * the token under `tokens`.
 *
 * The signature is the HMAC-SHA256 of the body in hex. It covers neither the time nor the headers, so what a webhook is
 * about is told by its body alone, and one that is played again is known by its body. Sentry waits one second.
 *
 * Source: Sentry documentation, "Integration platform: webhooks".
 */
import { z } from 'zod';
import type { AlertSource, Delivery, SourceParts } from '../ports/alert-source.ts';
import { carriesOneOf, hexSignature, hmacIsOneOf, secretList, unproven } from './authenticity.ts';
import { parseJson } from './payload.ts';
import { refuse } from './refusal.ts';
import { readSentry } from './sentry-resources.ts';

export const sentryOptions = z.strictObject({
  /** Client secrets of the integrations. */
  secrets: secretList,
  /** For the old plugin, which signs nothing. */
  tokens: secretList,
  unsigned: z.boolean().default(false),
});

export function sentry(
  options: z.output<typeof sentryOptions>,
  { name, clock }: Pick<SourceParts, 'name' | 'clock'>,
): AlertSource {
  return {
    kind: name,
    title: 'Sentry',
    // An event is at most 1 MB, and the webhook wraps it.
    bodyLimit: 2 * 1024 * 1024,
    authenticate: (delivery) => authenticate(delivery, options),
    read: (delivery) =>
      readSentry({
        source: name,
        json: parseJson(delivery.body),
        body: delivery.body,
        sentAt: delivery.headers['sentry-hook-timestamp'],
        now: clock.now(),
      }),
    refuse,
  };
}

function authenticate(delivery: Delivery, { secrets, tokens, unsigned }: z.output<typeof sentryOptions>): void {
  const header = delivery.headers['sentry-hook-signature'];
  if (unsigned || hmacIsOneOf(secrets, [delivery.body], hexSignature(header))) return;
  if (carriesOneOf(tokens, delivery)) return;
  throw unproven(
    'Sentry',
    secrets.length + tokens.length > 0,
    header !== undefined,
    'Compare `alerts.sentry.secrets` with the Client Secret of the integration, and let no proxy rewrite the body.',
  );
}
