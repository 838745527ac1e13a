import type { Verdict } from '../model/verdict.ts';
import type { Acceptance } from './intake.ts';

/** What became of a webhook. */
export type Heard =
  | { readonly outcome: Acceptance['outcome'] | 'change' | 'handshake' }
  /** `reason` is the kind of the failure. */
  | { readonly outcome: 'rejected'; readonly reason: string };

/**
 * What is counted about the bot's own work, for whoever watches it. Every value is from a closed list or a name of the
 * configuration: nothing of a payload, a trace or a person.
 */
export interface Metrics {
  /** `source` is the sender's name in the configuration. */
  heard(source: string, what: Heard): void;
  /** Seconds from the alert's arrival to its card. */
  cardPosted(seconds: number): void;
  /** Seconds from the alert's arrival to its verdict in the channel. */
  verdictTold(kind: Verdict['kind'], seconds: number): void;
  /** An alert without a card of its own, and why. */
  withheld(why: 'capped' | 'quiet-hours' | 'muted' | 'below-floor'): void;
  backendFailed(kind: string): void;
  /** Somebody's answer to "Was this right?". */
  judged(answer: 'yes' | 'no'): void;
}
