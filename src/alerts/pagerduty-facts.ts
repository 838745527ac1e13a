import { z } from 'zod';
import type { Alert } from '../model/alert.ts';
import { cut, slackChannelIn, webLink } from './details.ts';
import { keyOf, Text } from './payload.ts';

/** A reference to something else in PagerDuty; `summary` is its name. */
export const Reference = z.object({ id: Text, summary: Text, html_url: Text }).nullish();

/** Why an incident was resolved, where that was because it became part of another. */
export const ResolveReason = z
  .object({ type: Text, incident: z.object({ id: Text }).nullish() })
  .nullish()
  .catch(undefined);

/** A call for the incident, which may be a channel. */
export const ConferenceBridge = z.object({ conference_url: Text }).nullish().catch(undefined);

/** The members that webhook and REST have in common. */
type OwnFacts = {
  readonly priority?: z.output<typeof Reference>;
  readonly urgency?: string | null | undefined;
  readonly teams?: readonly z.output<typeof Reference>[] | null | undefined;
  readonly conference_bridge?: z.output<typeof ConferenceBridge>;
};

/** What PagerDuty itself says of an incident, in a webhook as by REST; it wins over what a monitoring tool calls alike. */
export function ownFacts(incident: OwnFacts): Partial<Pick<Alert, 'priority' | 'urgency' | 'team' | 'channel'>> {
  const priority = incident.priority?.summary;
  const team = incident.teams?.[0]?.summary;
  const channel = slackChannelIn(incident.conference_bridge?.conference_url);
  return {
    ...(priority ? { priority: cut(priority, 100) } : {}),
    ...(incident.urgency ? { urgency: cut(incident.urgency, 100) } : {}),
    ...(team ? { team: cut(team, 100) } : {}),
    ...(channel === undefined ? {} : { channel }),
  };
}

/** The incident that this one became part of. `merge_resolve_reason` is the only reason that PagerDuty knows. */
export function mergedIntoOf(reason: z.output<typeof ResolveReason>): string | undefined {
  const id = reason?.type?.startsWith('merge_resolve_reason') ? reason.incident?.id : undefined;
  return id ? keyOf(id) : undefined;
}

/** Who looks after the incident, unless the alert names somebody closer. */
export function policyLink(policy: z.output<typeof Reference>): Pick<Alert['links'], 'owner'> {
  const owner = webLink(policy?.html_url);
  return owner === undefined ? {} : { owner };
}
