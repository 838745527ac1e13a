import type { Alert } from '../model/alert.ts';

/** Writes the verdict back where the incident is managed. */
export interface IncidentNotes {
  readonly kind: string;
  /** `key` makes a repeated write harmless. */
  write(alert: Alert, text: string, key: string, signal: AbortSignal): Promise<void>;
}
