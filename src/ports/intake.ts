import type { Alert } from '../model/alert.ts';
import type { Trigger } from '../model/investigation.ts';

export type Acceptance = {
  readonly investigation: string;
  readonly outcome: 'opened' | 'duplicate' | 'updated' | 'ignored';
};

/** The way in for everything that wants an investigation. What it answers is already safe on disk. */
export interface Intake {
  alert(alert: Alert): Promise<Acceptance>;
  ask(trigger: Exclude<Trigger, { kind: 'alert' }>): Promise<Acceptance>;
}
