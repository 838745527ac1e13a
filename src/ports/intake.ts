import type { Alert } from '../model/alert.ts';
import type { Trigger } from '../model/investigation.ts';

/**
 * opened: it is looked at · joined: another investigation answers for it · updated: it changed one that there was ·
 * duplicate: it was taken in before · ignored: it is about nothing that we know.
 */
export type Acceptance = {
  readonly investigation: string;
  readonly outcome: 'opened' | 'joined' | 'duplicate' | 'updated' | 'ignored';
};

/** The way in for everything that wants an investigation. What it answers is already safe on disk. */
export interface Intake {
  /** Throws a `Failure` of kind `busy` for what may wait while more comes than can be written; the sender tries again. */
  alert(alert: Alert): Promise<Acceptance>;
  ask(trigger: Exclude<Trigger, { kind: 'alert' }>): Promise<Acceptance>;
}
