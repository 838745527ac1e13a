import type { Level } from './severity.ts';

export const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type Day = (typeof DAYS)[number];

/**
 * Hours in which nobody wants to be told of what can wait. They belong to the day on which they begin:
 *
 * ```
 *   22:00–07:00, fri          fri          sat
 *                              └─22:00──────┴──07:00─┘
 * ```
 */
export type QuietHours = {
  /** Minutes after midnight on the clock of the zone. The same twice is a whole day, from there to there. */
  readonly from: number;
  readonly to: number;
  readonly days: readonly Day[];
  /** IANA name, as `Europe/Berlin`. */
  readonly zone: string;
  /** What is as bad as this is told all the same. */
  readonly unless: Level;
};
