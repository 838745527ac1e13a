/**
 * Prometheus Alertmanager, through its webhook (version 4, Alertmanager 0.16 and later).
 *
 * Set-up: Alertmanager signs nothing, so make up a token (`openssl rand -hex 24`). In `alertmanager.yml`:
 *
 * ```yaml
 *   receivers:
 *     - name: causeway
 *       webhook_configs:
 *         - url: https://<bot>/webhooks/alertmanager
 *           send_resolved: true
 *           max_alerts: 200
 *           http_config:
 *             authorization: { credentials: <token> }
 * ```
 *
 * and a route to that receiver with a `group_by` that names one trouble (`[alertname, cluster, service]`); `basic_auth` with
 * the token as password does as well. In `causeway.yml`: `alerts: { alertmanager: { tokens: "${ALERTMANAGER_TOKEN}" } }`.
 * Annotations `runbook_url`, `dashboard` and `owner` become links of the card; a label or annotation with a trace id (an
 * exemplar, say) leads straight to that trace. A message with a `payload` of your own is read by the source `generic`.
 *
 * Alertmanager gives up on a slow receiver after its `timeout` and sends a refused message again with every flush of the
 * group, so whatever is merely not interesting is answered 2xx.
 *
 * Source: Prometheus documentation, "Alerting configuration: webhook_config"; captures of Alertmanager 0.25.
 */
import { z } from 'zod';
import type { AlertSource, SourceParts } from '../ports/alert-source.ts';
import { readGroup } from './alert-group.ts';
import { carriesOneOf, secretList, unproven } from './authenticity.ts';
import { parseJson } from './payload.ts';
import { refuse } from './refusal.ts';

export const alertmanagerOptions = z.strictObject({
  /** Any of them is taken, so that they can be rotated. */
  tokens: secretList,
  /** Takes webhooks without a token, for a bot that only its own network can reach. */
  unsigned: z.boolean().default(false),
});

export function alertmanager(
  { tokens, unsigned }: z.output<typeof alertmanagerOptions>,
  { name }: Pick<SourceParts, 'name'>,
): AlertSource {
  return {
    kind: name,
    title: 'Alertmanager',
    // Groups can be large; `max_alerts` bounds them at the sender.
    bodyLimit: 4 * 1024 * 1024,
    authenticate(delivery) {
      if (unsigned || carriesOneOf(tokens, delivery)) return;
      throw unproven(
        'Alertmanager',
        tokens.length > 0,
        false,
        'Give Alertmanager one of `alerts.alertmanager.tokens` under `http_config.authorization.credentials`.',
      );
    },
    read: ({ body }) => readGroup(name, 'Alertmanager', parseJson(body)),
    refuse,
  };
}
