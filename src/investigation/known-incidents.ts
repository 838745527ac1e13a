import type { Alert } from '../model/alert.ts';
import type { Investigation } from '../model/investigation.ts';
import { type EpochMicros, MINUTE, SECOND } from '../model/units.ts';

export type Window = { readonly from: EpochMicros; readonly to: EpochMicros };

/** No incident is taken to have begun longer than this before its alert. */
const LONGEST_BEFORE = 10 * MINUTE;
/** An incident counts as known for this long after its alert when nobody saw its end, and this long after an end that was seen. */
const UNSEEN_END = 30 * SECOND;
const SEEN_END = 2 * SECOND;
/** What was seen this shortly before an alert goes on: it is no earlier incident but the same one. */
const GOING_ON = 3 * SECOND;

/**
 * Windows in which other investigations say that something was wrong: no traces of theirs show how things usually are. One
 * that goes on is left in, since it may be what woke this alert too.
 */
export function knownIncidents(known: readonly Investigation[], alert: Alert): readonly Window[] {
  const windows: Window[] = [];
  for (const other of known) {
    if (other.status !== 'answered' || other.trigger.kind !== 'alert') continue;
    if (other.trigger.alert.source === alert.source && other.trigger.alert.id === alert.id) continue;
    const { impact } = other.analysis;
    const begun = other.trigger.alert.startedAt;
    const from = Math.min(impact.since ?? begun, other.gathering.scope.from, begun) - SECOND;
    const to = impact.lastSeen === undefined ? begun + UNSEEN_END : Math.max(impact.lastSeen, begun) + SEEN_END;
    const isOver = other.resolvedAt !== undefined && other.resolvedAt <= alert.startedAt;
    if (!isOver && to + GOING_ON >= alert.startedAt) continue;
    windows.push({ from: Math.max(from, begun - LONGEST_BEFORE), to: Math.min(to, alert.startedAt - 2 * SECOND) });
  }
  return windows;
}
