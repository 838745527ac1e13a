import type { ThreadRef } from '../model/investigation.ts';
import type { EpochMicros } from '../model/units.ts';

/** One time that a cause was seen. Lighter than its investigation and kept for longer. */
export type Occurrence = {
  /** Of the cause, the same each time it comes back (`investigation/culprit.ts`). */
  readonly fingerprint: string;
  readonly investigation: string;
  readonly at: EpochMicros;
  readonly thread?: ThreadRef;
  /** What ended it, in the words of whoever did. */
  readonly fixedBy?: string;
};

/** What broke before. */
export interface Recurrences {
  /** Notes an occurrence; the same investigation again replaces it, and keeps what was said to have fixed it. */
  note(occurrence: Occurrence): Promise<void>;
  /** Newest first. */
  of(fingerprint: string, limit: number): Promise<readonly Occurrence[]>;
}
