import { hash } from 'node:crypto';
import type { Alert } from '../model/alert.ts';
import type { Investigation } from '../model/investigation.ts';
import type { Clock } from '../ports/clock.ts';
import type { Followers } from '../ports/followers.ts';
import type { Acceptance, Intake } from '../ports/intake.ts';
import type { JobQueue } from '../ports/job-queue.ts';
import type { Ledger } from '../ports/ledger.ts';
import type { Store } from '../ports/store.ts';
import type { Together } from '../ports/together.ts';
import { fixToldBy } from './fixed-by.ts';
import { followerOf } from './follower.ts';
import { createIntakeJobs } from './intake-jobs.ts';
import { type Kin, kinOf, kinship } from './kin.ts';
import { acknowledged, escalated, fired, isBuried, noted, opened, resolved, unacknowledged } from './life.ts';
import { createPressing } from './pressing.ts';
import { createPressure } from './pressure.ts';

/** PagerDuty sends the same delivery again for up to 48 hours. */
const DELIVERY_MS = 72 * 3_600_000;

export type IntakeParts = {
  readonly store: Store;
  readonly ledger: Ledger;
  readonly followers: Followers;
  readonly queue: JobQueue;
  readonly together: Together;
  readonly clock: Clock;
  /** Where an alert's card belongs. */
  channelFor(alert: Alert): string;
  /** Where the answer to a person belongs; they asked in the channel that is handed in. */
  channelForPerson(channel: string): string;
  /** Whether an alert is told only when quiet hours end. Without it none is. */
  readonly holds?: ((alert: Alert) => boolean) | undefined;
};

/**
 * Takes in what wants an investigation. All that an alert changes is written in one step, with the mark that makes the same
 * delivery a duplicate as its last part: a crash anywhere is mended by the sender's next try.
 *
 * ```
 *   known alert ──────────────────────────────▶ its investigation changes (life.ts)
 *   follows another's ────────────────────────▶ counted there
 *   new, of kin whose reading shows it too ───▶ follows those (kin.ts)
 *   new ──────────────────────────────────────▶ an investigation and its job
 * ```
 */
export function createIntake(parts: IntakeParts): Intake {
  const { store, ledger, followers, together, clock } = parts;
  const kinships = kinship(ledger);
  const pressure = createPressure(parts);
  const { waits, heard, heardBy } = createPressing({ ...parts, holds: parts.holds });
  const { look, refresh, close } = createIntakeJobs({ ...parts, isBehind: pressure.isBehind });
  /** Openings that are on their way to disk, by kin: whoever comes meanwhile waits for them to follow. */
  const opening = new Map<string, Promise<unknown>>();

  return {
    alert: (alert) =>
      pressure.during(async () => {
        const taken = await ledger.read(markOf(alert));
        if (taken !== undefined) return { investigation: taken, outcome: 'duplicate' };
        return take(alert);
      }),
    ask: async (trigger) => {
      const id = idOf(['ask', trigger.request]);
      const channel = parts.channelForPerson(trigger.channel);
      const fresh = opened({ id, trigger, channel, openedAt: clock.now() });
      const known = await store.find({ by: 'id', id });
      await together(
        () => store.update(id, (current) => current ?? fresh),
        () => look(fresh),
      );
      return { investigation: id, outcome: known === undefined ? 'opened' : 'duplicate' };
    },
  };

  async function take(alert: Alert): Promise<Acceptance> {
    const current = await store.find({ by: 'alert', source: alert.source, alertId: alert.id });
    switch (alert.event) {
      case 'triggered':
      case 'reopened':
        if (current !== undefined && !isBuried(current, alert)) return again(current, alert);
        return first(alert, idOf([alert.source, alert.id, ...(current === undefined ? [] : [current.id])]));
      case 'acknowledged':
        return change(current, alert, acknowledged);
      case 'unacknowledged':
        return change(current, alert, unacknowledged);
      case 'escalated':
        return change(current, alert, escalated);
      case 'updated':
        return change(current, alert, noted);
      case 'resolved':
        return resolve(current, alert);
    }
  }

  /** It fires, and we know it: what it makes of its investigation is decided where nobody can come between. */
  async function again(known: Investigation, alert: Alert): Promise<Acceptance> {
    const { id } = known;
    // On a card that says that all is over nobody would see it.
    const isBack = known.follows !== undefined && (await kinships.outlives(alert.occurredAt, known.follows));
    const fire: Alert = isBack ? { ...alert, event: 'reopened' } : alert;
    // What is seen here only chooses the jobs; a job too many finds nothing to do.
    const expected = fired(known, fire);
    const saysNothingNew = expected.next.fires?.at(-1) === known.fires?.at(-1);
    if (saysNothingNew && expected.next !== known) pressure.shed();
    const leader = expected.next.follows;
    await together(
      ...(await heard(known, fire, (current) => fired(current, fire).next, leader)),
      ...(expected.work === 'look' ? [() => look(expected.next)] : []),
      ...(expected.work === 'refresh' ? [() => refresh(leader ?? id)] : []),
      ...(leader === undefined ? [] : [() => followers.follow(leader, followerOf(alert))]),
      ...(known.status === 'answered' && expected.work === 'look'
        ? leading(id, kinOf(alert, known.channel), alert)
        : []),
      ...(known.resolvedAt === undefined || expected.next.resolvedAt !== undefined ? [] : [() => kinships.goesOn(id)]),
      () => mark(alert, id),
    );
    return { investigation: id, outcome: 'updated' };
  }

  /** It fires for the first time, or for the first time since long ago. */
  async function first(alert: Alert, id: string): Promise<Acceptance> {
    const leader = await followers.leaderOf(alert.source, alert.id);
    if (leader !== undefined && !(await kinships.outlives(alert.occurredAt, leader)))
      return follow(leader, alert, 'updated');
    const channel = parts.channelFor(alert);
    const kin = kinOf(alert, channel);
    if (kin === undefined) return open(id, alert, channel, kin);
    for (;;) {
      await opening.get(kin)?.catch(() => undefined);
      const other = await kinships.leaderOf(kin, alert.startedAt, waits(alert));
      if (other !== undefined && other !== id) return follow(other, alert, 'joined');
      if (opening.has(kin)) continue;
      const work = open(id, alert, channel, kin).finally(() => opening.delete(kin));
      opening.set(kin, work);
      return work;
    }
  }

  async function open(id: string, alert: Alert, channel: string, kin: Kin | undefined): Promise<Acceptance> {
    const early = await ledger.read(resolvedKey(alert));
    const fresh = opened({ id, trigger: { kind: 'alert', alert }, channel, openedAt: clock.now() });
    const end = early !== undefined && Number(early) >= alert.occurredAt ? Number(early) : undefined;
    const over = end === undefined ? {} : { resolvedAt: end };
    await together(
      () => store.update(id, (current) => (current === undefined ? { ...fresh, ...over } : fired(current, alert).next)),
      () => look(fresh),
      ...leading(id, kin, alert),
      ...(end === undefined ? [] : [() => kinships.end(id, end)]),
      () => mark(alert, id),
    );
    return { investigation: id, outcome: 'opened' };
  }

  /** From now on its kin follow it. */
  function leading(id: string, kin: Kin | undefined, alert: Alert): readonly (() => Promise<unknown>)[] {
    return kin === undefined ? [] : [() => kinships.lead(kin, id, waits(alert))];
  }

  async function follow(leader: string, alert: Alert, outcome: 'joined' | 'updated'): Promise<Acceptance> {
    if (outcome === 'updated') pressure.shed();
    const urgent = outcome === 'updated' ? await heardBy(leader, alert) : [];
    await together(
      () => followers.follow(leader, followerOf(alert)),
      ...urgent,
      () => refresh(leader),
      () => mark(alert, leader),
    );
    return { investigation: leader, outcome };
  }

  async function change(
    known: Investigation | undefined,
    alert: Alert,
    make: (current: Investigation, alert: Alert) => Investigation,
  ): Promise<Acceptance> {
    if (known === undefined) {
      const leader = await followers.leaderOf(alert.source, alert.id);
      const urgent = leader === undefined ? [] : await heardBy(leader, alert);
      if (leader !== undefined && urgent.length > 0) await together(...urgent, () => mark(alert, leader));
      return { investigation: leader ?? idOf([alert.source, alert.id]), outcome: leader ? 'updated' : 'ignored' };
    }
    const { id } = known;
    await together(
      ...(await heard(known, alert, (current) => make(current, alert), known.follows)),
      () => (make(known, alert) === known ? Promise.resolve() : refresh(id)),
      () => mark(alert, id),
    );
    return { investigation: id, outcome: 'updated' };
  }

  async function resolve(known: Investigation | undefined, alert: Alert): Promise<Acceptance> {
    const { source, id: alertId, occurredAt, mergedInto } = alert;
    // Kept on its own too: "resolved" may overtake "triggered", which must then not look like a fresh fire.
    const latest = Math.max(Number((await ledger.read(resolvedKey(alert))) ?? 0), occurredAt);
    const remembered = () => ledger.settle(resolvedKey(alert), String(latest), DELIVERY_MS);
    if (known === undefined) {
      const leader = await followers.leaderOf(source, alertId);
      const id = leader ?? idOf([source, alertId]);
      await together(
        remembered,
        () => followers.end(source, alertId),
        ...(leader === undefined ? [] : [...fixes(leader, fixToldBy(alert, 'joined')), () => mark(alert, leader)]),
      );
      return { investigation: id, outcome: leader === undefined ? 'ignored' : 'updated' };
    }
    const { id } = known;
    const target = mergedInto === undefined ? undefined : await whoAnswersFor(source, mergedInto);
    const fixedBy = fixToldBy(alert, known.follows === undefined ? 'own' : 'joined');
    const end = resolved(known, alert).resolvedAt;
    await together(
      remembered,
      () =>
        store.update(id, (current) => ({
          ...resolved(current ?? known, alert),
          ...(fixedBy === undefined ? {} : { fixedBy }),
          ...(target === undefined || target === id ? {} : { follows: target }),
        })),
      () => followers.end(source, alertId),
      () => close(id, occurredAt),
      ...(end === undefined ? [] : [() => kinships.end(id, end)]),
      () => mark(alert, id),
    );
    return { investigation: id, outcome: 'updated' };
  }

  /** The leader's own words come first. */
  function fixes(leader: string, fixedBy: string | undefined): readonly (() => Promise<unknown>)[] {
    if (fixedBy === undefined) return [];
    return [() => store.update(leader, (current) => current && { fixedBy, ...current }), () => refresh(leader)];
  }

  async function whoAnswersFor(source: string, alertId: string): Promise<string | undefined> {
    const own = await store.find({ by: 'alert', source, alertId });
    return own?.follows ?? own?.id ?? (await followers.leaderOf(source, alertId));
  }

  function mark(alert: Alert, id: string): Promise<void> {
    return ledger.settle(markOf(alert), id, DELIVERY_MS);
  }
}

/** The same trouble has the same id in every process and after every crash. */
function idOf(parts: readonly string[]): string {
  return hash('sha256', JSON.stringify(parts)).slice(0, 16);
}

function markOf({ source, delivery }: Alert): string {
  return `delivery:${source}:${delivery}`;
}

function resolvedKey(alert: Alert): string {
  return `resolved:${alert.source}:${alert.id}`;
}
