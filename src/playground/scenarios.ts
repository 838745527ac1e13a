import type { EpochMicros } from '../model/units.ts';

/** One incident that a person may start from the page. */
export type ScenarioInfo = {
  readonly name: string;
  readonly title: string;
  /** What will happen, in one sentence for the person who presses the button. */
  readonly story: string;
};

export type ScenarioPhase = 'idle' | 'starting' | 'healthy traffic' | 'fault' | 'alerting' | 'done' | 'failed';

/** Where the latest run of a scenario is. Before the first one there is only `phase: 'idle'`. */
export type ScenarioState = {
  readonly phase: ScenarioPhase;
  readonly startedAt?: EpochMicros;
  /** The pager's id of the incident; known from the moment a run starts, used once it alerts. */
  readonly incident?: string;
  /** When the fault was switched on: every request before it met a healthy shop. */
  readonly faultAt?: EpochMicros;
  /** When the symptom crossed the alert's threshold: the `created_at` of the alert. */
  readonly alertedAt?: EpochMicros;
  /** What went wrong with the run itself and what to do, set in phase `failed`. */
  readonly error?: string;
};

/** Incidents on demand: the playground's page and its API start them and ask how they are doing. */
export interface Scenarios {
  list(): readonly ScenarioInfo[];
  /**
   * Starts a run and answers at once with the id its alert will carry. Throws a `Failure` of kind `refused` while another
   * run is under way and `not-found` for a name that is not on the list.
   */
  start(name: string): Promise<{ incident: string }>;
  /** Throws a `Failure` of kind `not-found` for a name that is not on the list. */
  state(name: string): ScenarioState;
  /** Ends whatever runs and every process behind it. */
  close(): Promise<void>;
}
