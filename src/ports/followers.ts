import type { Following } from '../model/investigation.ts';
import type { EpochMicros } from '../model/units.ts';

/** An alert for which an investigation answers that another alert set off: it has no card of its own. */
export type Follower = {
  readonly source: string;
  readonly alertId: string;
  /** The sender's key of the delivery that is counted. */
  readonly delivery: string;
  readonly title: string;
  readonly at: EpochMicros;
};

/**
 * Which alerts are answered by which investigation. Lighter than investigations of their own, since a storm brings a
 * hundred thousand: exact counts, found by alert and by investigation.
 */
export interface Followers {
  /** From now on the leader answers for the alert. One that follows already counts as a repeat, each delivery once. */
  follow(leader: string, follower: Follower): Promise<void>;
  /** Who answers for the alert now; undefined once it has ended. */
  leaderOf(source: string, alertId: string): Promise<string | undefined>;
  /** The alert is over: if it fires again, that is news. It stays counted. */
  end(source: string, alertId: string): Promise<void>;
  of(leader: string): Promise<Following>;
  /** Those who follow the one follow the other from now on. */
  move(from: string, to: string): Promise<void>;
}
