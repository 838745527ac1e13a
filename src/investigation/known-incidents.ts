import type { Alert } from '../model/alert.ts';
import type { Answered, Episode, Investigation } from '../model/investigation.ts';
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
 * Windows in which investigations say that something was wrong, this alert's own earlier ones among them: no traces of theirs
 * show how things usually are. One that goes on is left in, since it may be what woke this alert too.
 *
 * ```
 *   ── usual ──▶│ incident ├── usual ──▶│ this alert's last time ├── usual ──▶│ now
 * ```
 */
export function knownIncidents(known: readonly Investigation[], alert: Alert): readonly Window[] {
  const windows: Window[] = [];
  for (const { from, to, resolvedAt } of known.flatMap((other) => episodesOf(other, alert))) {
    const isOver = resolvedAt !== undefined && resolvedAt <= alert.startedAt;
    if (!isOver && to + GOING_ON >= alert.startedAt) continue;
    windows.push({ from, to: Math.min(to, alert.startedAt - 2 * SECOND) });
  }
  return windows;
}

/** When something was wrong, as the verdict on an alert has it. */
export function episodeOf({ trigger, openedAt, analysis, gathering, resolvedAt }: Answered): Episode {
  const { since, lastSeen } = analysis.impact;
  const begun = trigger.kind === 'alert' ? trigger.alert.startedAt : openedAt;
  const from = Math.min(since ?? begun, gathering.scope.from, begun) - SECOND;
  return {
    from: Math.max(from, begun - LONGEST_BEFORE),
    to: lastSeen === undefined ? begun + UNSEEN_END : Math.max(lastSeen, begun) + SEEN_END,
    ...(resolvedAt === undefined ? {} : { resolvedAt }),
  };
}

function episodesOf(one: Investigation, { source, id }: Alert): readonly Episode[] {
  const { trigger, episodes = [] } = one;
  if (one.status !== 'answered' || trigger.kind !== 'alert') return episodes;
  const isOwn = trigger.alert.source === source && trigger.alert.id === id;
  return isOwn ? episodes : [...episodes, episodeOf(one)];
}
