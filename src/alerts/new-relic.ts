/**
 * New Relic issues, through a workflow with a webhook destination. A preset of `generic`.
 *
 * Set-up: make up a token. Alerts → Destinations → Webhook: endpoint `https://<bot>/webhooks/new-relic`, authorization
 * "Bearer token" with the token. Alerts → Workflows → Add: choose the destination, and paste the template below (New
 * Relic's own does as well, without the runbook). Notify on activated, acknowledged and closed. In `causeway.yml`:
 * `alerts: { new-relic: { tokens: "${NEW_RELIC_TOKEN}" } }`.
 *
 * Source: New Relic documentation, "Webhook event templates".
 */
import { preset } from './preset.ts';

/** The payload to paste into the workflow. */
export const NEW_RELIC_TEMPLATE = `{
  "id": {{ json issueId }},
  "issueUrl": {{ json issuePageUrl }},
  "title": {{ json annotations.title.[0] }},
  "priority": {{ json priority }},
  "impactedEntities": {{ json entitiesData.names }},
  "state": {{ json state }},
  "trigger": {{ json triggerEvent }},
  "createdAt": {{ createdAt }},
  "updatedAt": {{ updatedAt }},
  "alertPolicyNames": {{ json accumulations.policyName }},
  "runbookUrl": {{ json accumulations.runbookUrl.[0] }}
}`;

export const newRelic = preset({
  title: 'New Relic',
  fields: {
    id: 'id',
    title: 'title',
    // An acknowledged issue stays ACTIVATED, which is then a repeat.
    status: 'state',
    service: ['impactedEntities', 'service'],
    severity: 'priority',
    time: 'updatedAt',
    startedAt: 'createdAt',
    url: 'issueUrl',
    runbook: ['runbookUrl', 'runbook_url'],
    dashboard: ['dashboardUrl', 'violationChartUrl'],
    owner: 'ownerUrl',
    text: 'description',
    labels: 'tags',
    trace: 'trace_id',
  },
  status: { triggered: ['ACTIVATED', 'CREATED', 'OPEN'], acknowledged: ['ACKNOWLEDGED'], resolved: ['CLOSED'] },
});
