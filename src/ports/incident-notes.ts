import type { Alert } from '../model/alert.ts';
import type { EpochMicros } from '../model/units.ts';

/** What is left in somebody's incident: for people as text, for programs as facts. */
export type IncidentNote = {
  /** 12 hex digits: the same for the same note however often it is tried. They stand in the text's last line (`noteMark`). */
  readonly key: string;
  /** Plain, at most `NOTE_LIMIT` characters, readable on a phone. */
  readonly text: string;
  readonly facts: NoteFacts;
};

/** Most that a note may have; every service we write to takes many times as much. */
export const NOTE_LIMIT = 1_200;

/** The verdict for programs. Names are as the traces have them; nothing personal is among them. */
export type NoteFacts = {
  readonly investigation: string;
  readonly verdict: 'cause' | 'suspect' | 'cannot-tell';
  readonly confidence: 'high' | 'medium' | 'low';
  /** True when an earlier note said something else. */
  readonly changed: boolean;
  readonly headline: string;
  readonly mechanism?: string;
  readonly services: readonly string[];
  readonly affected: number;
  readonly examined: number;
  readonly since?: EpochMicros;
  readonly answeredAt: EpochMicros;
  /** The card in the chat. */
  readonly permalink?: string;
};

/** Writes the verdict back where the incident is managed. Failures are `Failure`s; an abort rejects with the signal's reason. */
export interface IncidentNotes {
  /** Its name in the configuration. */
  readonly name: string;
  readonly title: string;
  /** Whether the alert is about an incident that stands there. */
  takes(alert: Alert): boolean;
  /**
   * Whether the note with this key stands there, asked after a doubt. Missing where nothing can be read back: then `write`
   * hands the key over, and who receives it twice knows by it.
   */
  holds?(alert: Alert, key: string, signal: AbortSignal): Promise<boolean>;
  /** Resolves when the note stands there. Never tries twice by itself: a doubt is thrown. */
  write(alert: Alert, note: IncidentNote, signal: AbortSignal): Promise<void>;
}
