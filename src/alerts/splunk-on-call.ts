/**
 * Splunk On-Call (VictorOps), through an outgoing webhook. A preset of `generic`.
 *
 * Set-up: make up a token. Integrations → Outgoing Webhooks → Add: event Any-Incident, method POST, content type
 * `application/json`, custom header `X-Causeway-Token` with the token, to `https://<bot>/webhooks/splunk-on-call`, and as
 * payload the template below. In `causeway.yml`: `alerts: { splunk-on-call: { tokens: "${SPLUNK_ON_CALL_TOKEN}" } }`. With
 * the content type `application/x-www-form-urlencoded` the same fields arrive as a form, which is read as well.
 *
 * Source: Splunk On-Call documentation, "Custom outbound webhooks".
 */
import { preset } from './preset.ts';

/** The payload to paste; `$` and two braces are the sender's own variables. */
export const SPLUNK_ON_CALL_TEMPLATE = `{
  "incident": "\${{STATE.INCIDENT_NAME}}",
  "entity_id": "\${{STATE.ENTITY_ID}}",
  "phase": "\${{STATE.CURRENT_ALERT_PHASE}}",
  "title": "\${{ALERT.entity_display_name}}",
  "service": "\${{STATE.SERVICE}}",
  "severity": "\${{ALERT.message_type}}",
  "time": "\${{STATE.LAST_TIMESTAMP}}",
  "started": "\${{STATE.INCIDENT_TIMESTAMP}}",
  "url": "\${{ALERT.alert_url}}",
  "runbook": "\${{ALERT.vo_annotate.u.Runbook}}",
  "dashboard": "\${{ALERT.vo_annotate.u.Dashboard}}",
  "message": "\${{ALERT.state_message}}"
}`;

export const splunkOnCall = preset({
  title: 'Splunk On-Call',
  fields: {
    id: ['incident', 'STATE.INCIDENT_NAME', 'entity_id', 'STATE.ENTITY_ID', 'ALERT.entity_id'],
    title: ['title', 'ALERT.entity_display_name', 'entity_id', 'STATE.ENTITY_ID'],
    status: ['phase', 'STATE.CURRENT_ALERT_PHASE', 'severity', 'ALERT.message_type'],
    service: ['service', 'STATE.SERVICE'],
    severity: ['severity', 'ALERT.message_type'],
    time: ['time', 'STATE.LAST_TIMESTAMP'],
    startedAt: ['started', 'STATE.INCIDENT_TIMESTAMP'],
    url: ['url', 'ALERT.alert_url'],
    // Annotations of an alert; `u` says that it is an address.
    runbook: ['runbook', 'ALERT.vo_annotate.u.Runbook', 'ALERT.runbook_url'],
    dashboard: ['dashboard', 'ALERT.vo_annotate.u.Dashboard'],
    owner: ['owner', 'ALERT.vo_annotate.u.Owner'],
    text: ['message', 'ALERT.state_message'],
    labels: 'labels',
    trace: ['trace_id', 'ALERT.trace_id', 'ALERT.state_message'],
  },
  status: {
    triggered: ['UNACKED', 'CRITICAL', 'WARNING'],
    acknowledged: ['ACKED', 'ACKNOWLEDGEMENT'],
    resolved: ['RESOLVED', 'RECOVERY', 'OK'],
  },
});
