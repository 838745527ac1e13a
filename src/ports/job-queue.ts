import type { NotedAlert } from '../model/note.ts';
import type { EpochMicros } from '../model/units.ts';
import type { Question } from './questions.ts';

/** Work that outlives the request which asked for it. A job is small: it holds ids, or a sentence somebody said. */
export type Job =
  | { readonly kind: 'investigate'; readonly investigation: string }
  | { readonly kind: 'recheck'; readonly investigation: string; readonly round: number }
  | { readonly kind: 'close'; readonly investigation: string }
  /** Looks whether spans came after the verdict of that moment. */
  | { readonly kind: 'late-spans'; readonly investigation: string; readonly answeredAt: EpochMicros }
  /** Brings the card up to date with what is counted: repeats, followers, who has seen to it. */
  | { readonly kind: 'refresh'; readonly investigation: string }
  /** Tells what was held until quiet hours end and cannot wait any more. */
  | { readonly kind: 'tell-now'; readonly investigation: string }
  /** Tells in the channel what was looked at in the quiet hours that end then. */
  | { readonly kind: 'digest'; readonly channel: string; readonly until: EpochMicros }
  /** Brings the line up to date that counts what the channel's cap kept out in the hour, numbered since the epoch. */
  | { readonly kind: 'overflow'; readonly channel: string; readonly hour: number }
  /** Writes the verdict back where the incident is managed. A later round is begun when all attempts of one were in vain. */
  | {
      readonly kind: 'note';
      readonly investigation: string;
      readonly round: number;
      /** The incident of an alert that the investigation answers for beside its own. */
      readonly beside?: NotedAlert;
    }
  | { readonly kind: 'answer'; readonly question: Question };

/** A job with the trace context of whoever added it (W3C `traceparent`), so that one trace runs from webhook to card. */
export type QueuedJob = Job & { readonly traceparent?: string };

export type JobAttempt = { readonly number: number; readonly last: boolean; readonly signal: AbortSignal };

export type QueueDepth = {
  readonly waiting: number;
  readonly delayed: number;
  readonly active: number;
  readonly dead: number;
  readonly oldestMs: number;
};

export interface JobQueue {
  /** Resolves once the job is safe on disk. A key that is already waiting, delayed or active adds nothing. */
  add(job: QueuedJob, options: { readonly key: string; readonly delayMs?: number }): Promise<'added' | 'duplicate'>;
  /**
   * Starts working. A job is tried five times in all: again with backoff when the handler threw, as soon as it is noticed when
   * the worker died. Then it is dead: kept and counted, and no obstacle to its key. The signal aborts when the job was taken
   * over by another worker or the queue closes.
   */
  work(handle: (job: QueuedJob, attempt: JobAttempt) => Promise<void>, options: { readonly concurrency: number }): void;
  depth(): Promise<QueueDepth>;
  /**
   * Takes no more jobs and waits for those under way, at most `drainMs`; then aborts them and gives them a second to let go.
   * What let go waits again without having lost an attempt; the rest is leased again when its lease is over.
   */
  close(drainMs: number): Promise<void>;
}
