import type { EpochMicros, TraceId } from './units.ts';

/**
 * What happened to an alert. Only `triggered` and `reopened` are a reason to look; everything else is news of an incident
 * that is known, or of none.
 *
 * ```
 *   triggered      it fires, or fires still
 *   acknowledged   somebody looks after it
 *   unacknowledged nobody does any more: the sender calls people again
 *   escalated      others were called, because nobody came or because somebody asked for them
 *   updated        a fact about it changed (priority, urgency, who it is assigned to), or somebody wrote a note
 *   reopened       it was over and is not
 *   resolved       it is over; with `mergedInto` it lives on in another incident
 * ```
 */
export const ALERT_EVENTS = [
  'triggered',
  'acknowledged',
  'unacknowledged',
  'escalated',
  'updated',
  'reopened',
  'resolved',
] as const;
export type AlertEvent = (typeof ALERT_EVENTS)[number];

/**
 * What woke us, in one shape whoever sent it. It is theirs; what we make of it is an investigation. An optional member that
 * is missing was not said, which in an `updated` alert does not mean that it is no longer so.
 */
export type Alert = {
  /** Kind of the source that read it, as `pagerduty`. */
  readonly source: string;
  /** The sender's own key for the incident: the same through its whole life. */
  readonly id: string;
  /** The sender's key for this delivery: the same when it is sent again. */
  readonly delivery: string;
  readonly event: AlertEvent;
  readonly title: string;
  /** The sender's name for the service, which need not be a `service.name`. */
  readonly service?: string;
  readonly occurredAt: EpochMicros;
  /** When the incident began, by the sender's clock. */
  readonly startedAt: EpochMicros;
  /** How bad it is in the sender's own word, as `critical`; its priority or urgency where it has no such word. */
  readonly severity?: string;
  /** In which order people should turn to it, as `P1`. */
  readonly priority?: string;
  /** How loudly people are called, as `high` or `low`. */
  readonly urgency?: string;
  /** Who looks after it: a team's name, never a person's. */
  readonly team?: string;
  /** Where it happens, as `production`, in the sender's spelling. */
  readonly environment?: string;
  /** The chat channel made for this incident alone, as an id or a name without `#`, where the sender knows of one. */
  readonly channel?: string;
  /** The sender's key of the incident that this one became a part of: an `id` of the same `source`. */
  readonly mergedInto?: string;
  /** What somebody wrote about it, such as how it was resolved; free text of a person, at most 2,000 characters. */
  readonly note?: string;
  readonly url?: string;
  readonly links: { readonly runbook?: string; readonly dashboard?: string; readonly owner?: string };
  readonly labels: Readonly<Record<string, string>>;
  /** Trace ids found in labels, links or details. */
  readonly traceIds: readonly TraceId[];
};
