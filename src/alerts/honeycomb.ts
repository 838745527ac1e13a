/**
 * Honeycomb triggers and burn alerts, through a webhook recipient. A preset of `generic`.
 *
 * Set-up: Team settings → Integrations → Add → Webhook. URL `https://<bot>/webhooks/honeycomb`, shared secret: a token you
 * make up, which Honeycomb sends as `X-Honeycomb-Webhook-Token`. Leave the payload templates as they are, or use the one
 * below. In `causeway.yml`: `alerts: { honeycomb: { tokens: "${HONEYCOMB_TOKEN}" } }`. Let the query group by
 * `service.name`: the first group that triggered names the service.
 *
 * Source: Honeycomb documentation, "Webhooks".
 */
import { preset } from './preset.ts';

/** The payload of a trigger, for recipients whose template was changed. */
export const HONEYCOMB_TEMPLATE = `{
  "id": "{{ .Alert.InstanceID }}",
  "name": "{{ .Name }}",
  "status": "{{ .Alert.Status }}",
  "summary": "{{ .Alert.Summary }}",
  "trigger_url": "{{ .URL }}",
  "result_url": "{{ .Result.URL }}"
}`;

export const honeycomb = preset({
  title: 'Honeycomb',
  fields: {
    id: ['id', 'name'],
    title: ['name', 'summary'],
    status: 'status',
    service: [
      'result_groups_triggered.0.Group.service.name',
      'result_groups_triggered.0.Group.service_name',
      'result_groups_triggered.0.Group.service',
    ],
    url: ['result_url', 'trigger_url'],
    runbook: 'runbook_url',
    text: ['trigger_description', 'description'],
    labels: 'result_groups_triggered',
    trace: ['trace_id', 'result_groups_triggered.0.Group.trace.trace_id'],
  },
  status: { triggered: ['TRIGGERED'], resolved: ['OK', 'RESOLVED'] },
  tokenHeader: 'X-Honeycomb-Webhook-Token',
  deliveryHeader: 'X-Honeycomb-Webhook-Delivery-ID',
});
