/**
 * Opsgenie (and alerts of Jira Service Management), through its outgoing webhook. A preset of `generic`. Opsgenie ends in
 * April 2027; it is received only.
 *
 * Set-up: make up a token. Settings → Integrations → Webhook: URL `https://<bot>/webhooks/opsgenie`, custom header
 * `X-Causeway-Token` with the token; tick "Add alert description" and "Add alert details". Actions: create, acknowledge,
 * close. In `causeway.yml`: `alerts: { opsgenie: { tokens: "${OPSGENIE_TOKEN}" } }`. The payload is Opsgenie's own, there
 * is nothing to paste. Details `service`, `runbook` and `dashboard` of the alert are understood.
 *
 * Source: Opsgenie documentation, "Webhook integration".
 */
import { preset } from './preset.ts';

export const opsgenie = preset({
  title: 'Opsgenie',
  fields: {
    id: ['alert.alertId', 'alert.alias'],
    title: 'alert.message',
    status: 'action',
    service: ['alert.details.service', 'alert.entity'],
    severity: 'alert.priority',
    priority: 'alert.priority',
    note: 'alert.note',
    // Nanoseconds in old alerts and milliseconds in new ones.
    time: ['alert.updatedAt', 'alert.createdAt'],
    startedAt: 'alert.createdAt',
    text: 'alert.description',
    labels: ['alert.details', 'alert.tags'],
    trace: ['alert.details.trace_id', 'alert.description'],
  },
  status: {
    triggered: ['Create'],
    acknowledged: ['Acknowledge'],
    unacknowledged: ['UnAcknowledge'],
    escalated: ['Escalate', 'EscalateNext'],
    updated: ['AddNote', 'UpdatePriority', 'AssignOwnership', 'TakeOwnership', 'AddTeam'],
    resolved: ['Close', 'Delete'],
  },
});
