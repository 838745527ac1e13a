import type { Alert } from './alert.ts';
import type { EpochMicros } from './units.ts';
import type { Confidence, Verdict } from './verdict.ts';

/** As much of an alert as a note needs: where it stands, and what it is called there. */
export type NotedAlert = Pick<Alert, 'source' | 'id' | 'title' | 'service' | 'url'>;

/** What is left in somebody's incident: for people as text, for programs as facts. */
export type IncidentNote = {
  /** 12 hex digits: the same for the same note however often it is tried. They stand in the text's last line. */
  readonly key: string;
  /** Plain, at most `NOTE_LIMIT` characters, readable on a phone; its last line is the mark. */
  readonly text: string;
  readonly facts: NoteFacts;
};

/** Every service that takes notes takes many times as much; a person at night does not. */
export const NOTE_LIMIT = 1_200;

/** The verdict for programs. Names are as the traces have them; nothing personal is among them. */
export type NoteFacts = {
  readonly investigation: string;
  readonly verdict: Verdict['kind'];
  readonly confidence: Confidence;
  /** True when an earlier note said something else. */
  readonly changed: boolean;
  readonly headline: string;
  readonly mechanism?: string;
  /** Services of the culprit; empty when nobody is named. */
  readonly services: readonly string[];
  readonly affected: number;
  readonly examined: number;
  readonly since?: EpochMicros;
  readonly answeredAt: EpochMicros;
  /** The card in the chat. */
  readonly permalink?: string;
};

/**
 * The last line of every note that the bot leaves, as `[causeway 3f9a2b7c1d20]`. By it a note is found again after a doubt,
 * and known as our own when its sender tells us that a note was written.
 */
export function noteMark(key: string): string {
  return `[causeway ${key}]`;
}

const MARK_AT_END = /\[causeway [0-9a-f]{12}\]\s*$/;

/** Whether we wrote it ourselves. A person who quotes our note writes something behind it. */
export function isOwnNote(text: string): boolean {
  return MARK_AT_END.test(text);
}
