import type { Trigger } from '../model/investigation.ts';
import type { SpanRecord } from '../model/span.ts';
import type { EpochMicros, TraceId } from '../model/units.ts';
import type { Analysis } from '../model/verdict.ts';

/** How the traces of a study are parted into suspects and baseline. */
export type Division =
  /** At the moment when the trouble began: what began earlier is baseline, unless the alert itself names it. */
  | {
      readonly by: 'onset';
      readonly alertAt: EpochMicros;
      readonly named: readonly TraceId[];
      /** Found because they failed or were slow, which makes them no witnesses of how things usually are. */
      readonly picked: readonly TraceId[];
      /** Every trace that was kept in that time is among them. */
      readonly whole?: boolean;
    }
  /** At the moment when the trouble of the time from `from` to `to` began; at `from` where none stands out. */
  | {
      readonly by: 'window';
      readonly from: EpochMicros;
      readonly to: EpochMicros;
      readonly picked: readonly TraceId[];
      readonly whole?: boolean;
    }
  /** These are the suspects, all others baseline. */
  | { readonly by: 'hand'; readonly suspects: readonly TraceId[] };

/** When the trouble began, and how that was seen. */
export type Onset = { readonly at: EpochMicros; readonly by: 'errors or slowness' | 'deploy' };

/** A trace that was read, as far as its reader must know it. */
export type ReadTrace = {
  readonly traceId: TraceId;
  readonly side: 'suspect' | 'baseline';
  readonly spans: number;
  /** When the last of its spans that are there ended. */
  readonly end: EpochMicros;
  /** A span names a parent that is not there. */
  readonly torn: boolean;
};

/** What became of a division. */
export type Divided = {
  /** By trace id. */
  readonly traces: readonly ReadTrace[];
  readonly spans: number;
  /** Where the baseline ends; missing when traces were parted by hand. */
  readonly split?: EpochMicros;
  /** Missing also when no moment stands out. */
  readonly onset?: Onset;
};

/** Works out what broke, on this thread or on one of its own. */
export interface Analyst {
  /** Opens a study of traces that are still to come. */
  open(): Study;
}

/**
 * One set of traces on its way to an analysis: spans are added, the traces divided, then analysed, each in its turn. Failures
 * are `Failure`s; an abort rejects with the signal's reason. Whoever opens a study closes it.
 */
export interface Study {
  /** Resolves when more may come. */
  add(spans: readonly SpanRecord[], signal: AbortSignal): Promise<void>;
  divide(division: Division, signal: AbortSignal): Promise<Divided>;
  /** `focus` is the trace that was asked about. */
  analyse(
    ask: { readonly trigger?: Trigger | undefined; readonly focus?: TraceId | undefined },
    signal: AbortSignal,
  ): Promise<Analysis>;
  /** Frees the memory; nothing may follow. */
  close(): void;
}
