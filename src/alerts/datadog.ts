/**
 * Datadog monitors, through the Webhooks integration. A preset of `generic`.
 *
 * Set-up: make up a token. Integrations → Webhooks → New: name `causeway`, URL `https://<bot>/webhooks/datadog`, custom
 * headers `{"X-Causeway-Token": "<token>"}`, and as payload the template below. Then write `@webhook-causeway` into the
 * message of the monitors. In `causeway.yml`: `alerts: { datadog: { tokens: "${DATADOG_TOKEN}" } }`. Tags of the monitor
 * become labels, and `service:` among them names the service. Links in the message (`Runbook: https://…`, `[Dashboard](https://…)`)
 * reach the card. Without the template a recovery cannot be told to belong to
 * its alert, since Datadog's own payload gives each event a new id.
 *
 * Source: Datadog documentation, "Webhooks integration".
 */
import { preset } from './preset.ts';

/** The payload to paste. `$ALERT_CYCLE_KEY` is the same from an alert to its recovery. */
export const DATADOG_TEMPLATE = `{
  "id": "$ID",
  "cycle_key": "$ALERT_CYCLE_KEY",
  "monitor_id": "$ALERT_ID",
  "title": "$EVENT_TITLE",
  "body": "$TEXT_ONLY_MSG",
  "transition": "$ALERT_TRANSITION",
  "priority": "$ALERT_PRIORITY",
  "tags": "$TAGS",
  "scope": "$ALERT_SCOPE",
  "date": "$DATE",
  "link": "$LINK"
}`;

export const datadog = preset({
  title: 'Datadog',
  fields: {
    id: ['cycle_key', 'aggreg_key', 'monitor_id', 'id'],
    title: ['title', 'body'],
    // Datadog's own payload has the transition in the title only: "[Triggered] Error rate of checkout".
    status: ['transition', 'alert_transition', 'title'],
    severity: ['priority', 'severity'],
    priority: 'priority',
    time: ['date', 'last_updated'],
    url: ['link', 'url'],
    labels: ['tags', 'scope', 'scopes'],
    delivery: 'id',
    trace: 'trace_id',
    text: 'body',
  },
  status: {
    triggered: ['Triggered', 'Re-Triggered', 'Renotify', 'Warn', 'Re-Warn', 'No Data', 'Re-No Data'],
    resolved: ['Recovered'],
  },
});
