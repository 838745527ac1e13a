import type { EpochMicros, Micros } from './units.ts';

export const CHANGE_KINDS = ['deploy', 'flag', 'config', 'other'] as const;
export type ChangeKind = (typeof CHANGE_KINDS)[number];

/** Something that people did to a running system, as whoever did it told us. It wakes nobody and accuses nobody. */
export type Change = {
  /** The same when it is told again. */
  readonly id: string;
  readonly kind: ChangeKind;
  readonly at: EpochMicros;
  readonly title: string;
  /** The sender's name for the service, which need not be a `service.name`; missing where it was done to none in particular. */
  readonly service?: string;
  readonly version?: string;
  readonly environment?: string;
  readonly link?: string;
  /** Who did it, a person or a pipeline. Kept, never shown. */
  readonly by?: string;
};

/** A change beside a verdict. It is context: it may stand beside what the traces show, never in its place. */
export type NotedChange = Change & {
  /** How long before the trouble began; negative for one that came after it. */
  readonly before: Micros;
  /** The traces blame the very version that it brought. */
  readonly corroborates: boolean;
};
