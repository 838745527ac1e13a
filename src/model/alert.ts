import type { EpochMicros, TraceId } from './units.ts';

export type AlertEvent = 'triggered' | 'acknowledged' | 'reopened' | 'resolved';

/** What woke us, in one shape whoever sent it. It is theirs; what we make of it is an investigation. */
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
  readonly severity?: string;
  readonly url?: string;
  readonly links: { readonly runbook?: string; readonly dashboard?: string; readonly owner?: string };
  readonly labels: Readonly<Record<string, string>>;
  /** Trace ids found in labels, links or details. */
  readonly traceIds: readonly TraceId[];
};
