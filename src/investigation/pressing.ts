import type { Alert } from '../model/alert.ts';
import type { Investigation } from '../model/investigation.ts';
import { type Level, levelOf, reaches } from '../model/severity.ts';
import type { JobQueue } from '../ports/job-queue.ts';
import type { Store } from '../ports/store.ts';
import { noted, pressing } from './life.ts';

type Write = () => Promise<unknown>;

/**
 * News that cannot wait for the end of quiet hours, about what is held until then: it got as bad as what is told at once, or
 * others were called.
 *
 * ```
 *   held ──▶ escalated, or as bad as `unless` by now ──▶ pressing, on disk ──▶ job tell-now ──▶ card
 *      └───▶ anything else ──────────────────────────────────────────────────▶ waits for the digest
 * ```
 */
export function createPressing(parts: {
  readonly store: Store;
  readonly queue: JobQueue;
  /** Whether an alert is told only when quiet hours end. */
  readonly holds: ((alert: Alert) => boolean) | undefined;
}) {
  const { store, queue, holds } = parts;

  /** Whether this news of an investigation makes it one that is told now. False where it has its card, or needs none. */
  function isPressing(known: Investigation, alert: Alert): boolean {
    const { trigger, thread, resolvedAt, heldUntil } = known;
    if (holds === undefined || trigger.kind !== 'alert' || thread !== undefined || resolvedAt !== undefined)
      return false;
    if (heldUntil === undefined && !holds(trigger.alert)) return false;
    switch (alert.event) {
      case 'escalated':
        return true;
      case 'triggered':
      case 'reopened':
        return !holds(alert);
      case 'updated':
      case 'unacknowledged': {
        const worst = worstRisen(trigger.alert, alert);
        const next = noted(known, alert).trigger;
        return worst !== undefined && next.kind === 'alert' && !holds({ ...next.alert, severity: worst });
      }
      case 'acknowledged':
      case 'resolved':
        return false;
    }
  }

  function pressed(known: Investigation, alert: Alert): readonly Write[] {
    return [
      () => store.update(known.id, (current) => pressing(current ?? known, alert)),
      () => queue.add({ kind: 'tell-now', investigation: known.id }, { key: `tell-now:${known.id}` }),
    ];
  }

  /** What whoever answers for an alert has to write down of its news; nothing where it spoke, or where all can wait. */
  async function heardBy(leader: string, alert: Alert): Promise<readonly Write[]> {
    if (holds === undefined) return [];
    const known = await store.find({ by: 'id', id: leader });
    return known !== undefined && isPressing(known, alert) ? pressed(known, alert) : [];
  }

  return {
    /** Told only when quiet hours end. */
    waits: (alert: Alert): boolean => holds?.(alert) ?? false,
    /** The writes that change an investigation by news of its alert, and that make it, or whom it follows, speak where it must. */
    async heard(
      known: Investigation,
      alert: Alert,
      change: (current: Investigation) => Investigation,
      leader: string | undefined,
    ): Promise<readonly Write[]> {
      return [
        () => store.update(known.id, (current) => change(current ?? known)),
        ...(isPressing(known, alert) ? pressed(known, alert) : []),
        ...(leader === undefined ? [] : await heardBy(leader, alert)),
      ];
    },
    heardBy,
  };
}

/** The gravest of the words for how bad it is that are graver than they were; what is not said is no worse than it was. */
function worstRisen(known: Alert, news: Alert): Level | undefined {
  let worst: Level | undefined;
  for (const fact of ['severity', 'priority', 'urgency'] as const) {
    const now = levelOf(news[fact]);
    const before = levelOf(known[fact]);
    const isRisen = now !== undefined && (before === undefined || !reaches(before, now));
    if (isRisen && (worst === undefined || !reaches(worst, now))) worst = now;
  }
  return worst;
}
