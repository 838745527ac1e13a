import type { Alert } from './alert.ts';
import type { NotedChange } from './change.ts';
import type { Culprit } from './culprit.ts';
import type { EpochMicros, Micros, TraceId } from './units.ts';
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
  /** `http.route`, where the alert names no operation. */
  readonly route?: string;
  /** `deployment.environment.name`. */
  readonly environment?: string;
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
  /** Traces that were still growing when they were read, or seemed so, with how many spans they had then. */
  readonly unfinished?: readonly { readonly traceId: TraceId; readonly spans: number }[];
};

/** What went wrong while looking, for a person to read. */
export type Setback = {
  readonly kind: string;
  readonly message: string;
  readonly hint: string;
  readonly at: EpochMicros;
  /** It will not be tried again. */
  readonly final?: boolean;
};

/** Whether the trouble goes on, looked up again after the verdict. */
export type Recheck = { readonly at: EpochMicros; readonly affected: number; readonly examined: number };

/** How often an alert came and went since it was last quiet, and in what time. */
export type Flapping = { readonly times: number; readonly during: Micros };

/** A time in which something was wrong, when an alert was looked at before it came back. */
export type Episode = {
  readonly from: EpochMicros;
  /** The last that was seen of it, or a little after it began where nothing was. */
  readonly to: EpochMicros;
  /** The alert's own end. */
  readonly resolvedAt?: EpochMicros;
};

/** The same cause in other incidents, as the card says it. */
export type SeenBefore = {
  readonly times: number;
  /** The latest of them, */
  readonly at: EpochMicros;
  /** its thread as an address, */
  readonly link?: string;
  /** and what ended it then. */
  readonly fixedBy?: string;
};

/** The alerts for which an investigation answers beside its own. */
export type Following = {
  readonly alerts: number;
  /** How often they fired again while they followed. */
  readonly repeats: number;
  /** Their different titles, the earliest first; at most three. */
  readonly titles: readonly string[];
};

/** Spans that came after the verdict and changed it. */
export type Amendment = { readonly at: EpochMicros; readonly spans: number; readonly traces: number };

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
  readonly escalatedAt?: EpochMicros;
  /** Looked at in quiet hours: nothing is said before they end. */
  readonly heldUntil?: EpochMicros;
  /** Since when it cannot wait for that: it got worse, or others were called. */
  readonly pressingAt?: EpochMicros;
  /** It was told among others when quiet hours ended: its thread begins with what is said of all of them, not with its card. */
  readonly digested?: boolean;
  /** Times the same alert fired again. */
  readonly repeats: number;
  /** When it fired last. */
  readonly firedAt?: EpochMicros;
  /** When it began to fire, and began again after an end: the latest few, in order. Plain repeats are not among them. */
  readonly fires?: readonly EpochMicros[];
  /** It comes and goes so fast that it is counted and not looked at. */
  readonly flapping?: Flapping;
  /** Deliveries that were counted lately, so that one which comes again after a crash counts once. */
  readonly counted?: readonly string[];
  /** What it was the time before, when the alert came back after its end; null when that could not be told. */
  readonly before?: Culprit | null;
  /** The times before: the latest few, in order. Their traces do not show how things usually are. */
  readonly episodes?: readonly Episode[];
  /** The investigation that answers for this one: the same cause, or the incident that it was merged into. */
  readonly follows?: string;
  readonly seenBefore?: SeenBefore;
  /** What ended it, in the words of whoever did. */
  readonly fixedBy?: string;
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
        /** What was changed about when it began: context, which decided nothing. */
        readonly changes?: readonly NotedChange[];
        readonly amended?: Amendment;
      }
    | { readonly status: 'failed'; readonly setback: Setback }
  );

export type Answered = Extract<Investigation, { status: 'answered' }>;

/** What an investigation has whatever became of it. */
export type Life = Common;

export function lifeOf(investigation: Investigation): Life {
  switch (investigation.status) {
    case 'opened': {
      const { status: _, ...life } = investigation;
      return life;
    }
    case 'answered': {
      const {
        status: _,
        answeredAt: _at,
        gathering: _how,
        analysis: _what,
        rechecks: _since,
        amended: _late,
        changes: _beside,
        ...life
      } = investigation;
      return life;
    }
    case 'failed': {
      const { status: _, setback: _why, ...life } = investigation;
      return life;
    }
  }
}
