import type { IncidentNote, NotedAlert } from '../model/note.ts';

/** Writes the verdict back where the incident is managed. Failures are `Failure`s; an abort rejects with the signal's reason. */
export interface IncidentNotes {
  /** Its name in the configuration. */
  readonly name: string;
  readonly title: string;
  /** Whether the alert is about an incident that stands there. */
  takes(alert: NotedAlert): boolean;
  /**
   * Whether the note with this key stands there, asked after a doubt. Missing where nothing can be read back: then `write`
   * hands the key over, and who receives it twice knows by it.
   */
  holds?(alert: NotedAlert, key: string, signal: AbortSignal): Promise<boolean>;
  /** Resolves when the note stands there. Never tries twice by itself: a doubt is thrown. */
  write(alert: NotedAlert, note: IncidentNote, signal: AbortSignal): Promise<void>;
  /** Whether a note could be written, without writing one; says in a few words what was seen. Missing where it cannot be told. */
  check?(signal: AbortSignal): Promise<string>;
}
