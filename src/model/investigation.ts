import type { Alert } from './alert.ts';
import type { EpochMicros, TraceId } from './units.ts';
import type { Analysis } from './verdict.ts';

/** What set an investigation off. */
export type Trigger =
  | { readonly kind: 'alert'; readonly alert: Alert }
  | {
      readonly kind: 'command';
      readonly traceId: TraceId;
      readonly by: string;
      readonly channel: string;
      readonly request: string;
    }
  | {
      readonly kind: 'mention';
      readonly traceId: TraceId;
      readonly by: string;
      readonly channel: string;
      readonly threadTs: string;
      readonly request: string;
    };

/** A message in a channel; the first message of a thread stands for the thread. */
export type ThreadRef = { readonly channel: string; readonly ts: string };

/** Which traces are looked at. */
export type Scope = {
  /** `service.name`s that the alert is about; empty means every service. */
  readonly services: readonly string[];
  readonly operation?: string;
  readonly from: EpochMicros;
  readonly to: EpochMicros;
  readonly traceIds: readonly TraceId[];
};

/** How the traces were found, so that the card can say it. */
export type Gathering = {
  readonly backend: string;
  readonly scope: Scope;
  readonly suspects: number;
  readonly baseline: number;
  readonly spans: number;
  /** Widenings and caps in plain words, as "no baseline within the hour before: used the day". */
  readonly notes: readonly string[];
};

/** What went wrong while looking, for a person to read. */
export type Setback = {
  readonly kind: string;
  readonly message: string;
  readonly hint: string;
  readonly at: EpochMicros;
};

/** Whether the trouble goes on, looked up again after the verdict. */
export type Recheck = { readonly at: EpochMicros; readonly affected: number; readonly examined: number };

type Common = {
  readonly id: string;
  readonly trigger: Trigger;
  readonly channel: string;
  readonly openedAt: EpochMicros;
  /** Missing until the card has been posted. */
  readonly thread?: ThreadRef;
  /** The alert's own end, when the sender told. */
  readonly resolvedAt?: EpochMicros;
  readonly acknowledgedAt?: EpochMicros;
  /** Looked at in quiet hours: nothing is said before they end. */
  readonly heldUntil?: EpochMicros;
  /** Times the same alert fired again. */
  readonly repeats: number;
};

/** One look at one trouble: opened → answered, or failed and tried again. */
export type Investigation = Common &
  (
    | { readonly status: 'opened' }
    | {
        readonly status: 'answered';
        readonly answeredAt: EpochMicros;
        readonly gathering: Gathering;
        readonly analysis: Analysis;
        readonly rechecks: readonly Recheck[];
      }
    | { readonly status: 'failed'; readonly setback: Setback }
  );

export type Answered = Extract<Investigation, { status: 'answered' }>;
