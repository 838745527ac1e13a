import type { Answered, Investigation, ThreadRef } from '../model/investigation.ts';
import type { EpochMicros } from '../model/units.ts';
import type { Clock } from '../ports/clock.ts';
import type { Ledger } from '../ports/ledger.ts';
import type { Store } from '../ports/store.ts';
import { inSpan } from '../telemetry.ts';
import type { Admission, Asked } from './admission.ts';
import { createFirstWord, later } from './first-word.ts';
import type { Grouping } from './grouping.ts';
import { released } from './life.ts';
import type { Publisher } from './publish.ts';
import type { Recurrence } from './recurrence.ts';

/** An investigation that was merged and merged again leads to its last leader in so many steps. */
const MOST_STEPS = 5;

/** One investigation's way to its card, while its job runs. */
export type Turn = {
  /** Where the card stands by now. */
  thread(): ThreadRef | undefined;
  /** The card, posted if it may be: undefined when it is held for later, or when the channel has had its cards. */
  take(): Promise<ThreadRef | undefined>;
  /** Whether it is looked at in quiet hours, so that nothing is told yet. */
  isHeld(): Promise<boolean>;
  /** Its sender says more by now: what is held for later may be too bad to wait. */
  learn(known: Investigation): Promise<void>;
  /** Lets who spoke first in the channel finish: it may be the same. */
  wait(signal: AbortSignal): Promise<void>;
  end(): Promise<void>;
};

/**
 * Decides when a verdict gets a card and what it is told with: a card at once for the first of a storm, a card with the
 * verdict for what turns out to be another cause, a line or nothing for what is the same.
 *
 * ```
 *   first in its channel ──▶ card "Looking at …" ──▶ verdict in it
 *   others meanwhile ──▶ (30 s of silence at most) ──▶ verdict ─┬─ another cause ──▶ card
 *                                                               └─ the same ──▶ counted on that card
 * ```
 */
export function createTelling(parts: {
  readonly store: Store;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly publisher: Publisher;
  readonly grouping: Grouping;
  readonly recurrence: Recurrence;
  /** Whether it gets a card of its own, is held until quiet hours end, or is only counted. */
  admit(investigation: Investigation, asked: Asked): Promise<Admission>;
}) {
  const { store, publisher, grouping, recurrence } = parts;
  const firstWord = createFirstWord(parts);

  async function turnOf(opened: Investigation): Promise<Turn | 'counted'> {
    let investigation = opened;
    let thread = investigation.thread;
    let waiting: Promise<boolean> | undefined;
    let admission: Promise<Admission['kind']> | undefined;

    const isHeld = (): Promise<boolean> => {
      waiting ??= parts.admit(investigation, 'when').then(async (decided) => {
        if (decided.kind !== 'held') return false;
        const pressingAt = await hold(investigation, decided.until);
        if (pressingAt !== undefined) investigation = { ...investigation, pressingAt };
        return pressingAt === undefined;
      });
      return waiting;
    };
    // Asked for only where a card would be posted: what goes onto another's takes none of the channel's.
    const admitted = async (): Promise<Admission['kind']> => {
      if (await isHeld()) return 'held';
      admission ??= parts.admit(investigation, 'card').then(({ kind }) => kind);
      return admission;
    };
    const take = async (): Promise<ThreadRef | undefined> => {
      if (thread === undefined && (await admitted()) === 'card')
        thread = await inSpan('open card', {}, () => publisher.open(investigation));
      return thread;
    };

    const afterMs = await firstWord.after(investigation);
    if (afterMs === 0) {
      if ((await admitted()) === 'counted') return 'counted';
      await take();
    }
    const silentUntil = parts.clock.now() + afterMs * 1_000;
    const opening = later(afterMs, take);
    return {
      thread: () => thread,
      take: async () => {
        await opening.done();
        return take();
      },
      isHeld: async () => thread === undefined && (await isHeld()),
      learn: async (known) => {
        investigation = known;
        if (thread !== undefined || (await waiting) !== true) return;
        if (await waits(known)) return;
        const pressingAt = await press(known);
        if (pressingAt === undefined) return;
        investigation = { ...known, pressingAt };
        waiting = Promise.resolve(false);
        await opening.done();
        await take();
      },
      wait: async (signal) => {
        if (afterMs > 0 && thread === undefined) await firstWord.turn(investigation, silentUntil, signal);
      },
      end: async () => {
        await opening.done().catch(() => undefined);
        await firstWord.done(investigation);
      },
    };
  }

  /** It waits for the end of quiet hours, unless something came meanwhile that cannot: since when that is so. */
  async function hold({ id }: Investigation, heldUntil: EpochMicros): Promise<EpochMicros | undefined> {
    const stands = await store.update(id, (current) =>
      current === undefined || current.pressingAt !== undefined ? current : { ...current, heldUntil },
    );
    return stands?.pressingAt;
  }

  /** Whether it would be told only when quiet hours end, by what is known of it now. */
  async function waits(investigation: Investigation): Promise<boolean> {
    return (await parts.admit(investigation, 'again')).kind === 'held';
  }

  /** It does not wait any more, since when; undefined where a job of its own tells it already. */
  async function press({ id }: Investigation): Promise<EpochMicros | undefined> {
    const now = parts.clock.now();
    let isOurs = false;
    await store.update(id, (current) => {
      isOurs = current !== undefined && current.pressingAt === undefined;
      if (current === undefined || !isOurs) return current;
      return { ...released(current), pressingAt: now };
    });
    return isOurs ? now : undefined;
  }

  /** It waits for no digest any more. */
  async function letGo({ id }: Investigation): Promise<void> {
    await store.update(id, (current) => (current?.heldUntil === undefined ? current : released(current)));
  }

  /** The verdict in a card of its own; undefined when it may have none. */
  async function verdict(answered: Answered, turn: Turn): Promise<ThreadRef | undefined> {
    const thread = await turn.take();
    if (thread === undefined) return undefined;
    const recognised = await recurrence.recognise({ ...answered, thread });
    await inSpan('publish verdict', {}, () => publisher.verdict(recognised, thread));
    await grouping.stands(recognised);
    // Whoever joined while the card was made is on it from the start of the next slice.
    await grouping.refresh(answered.id);
    return thread;
  }

  /** Another one's card answers for it from now on. */
  async function stepBehind(one: Investigation, leader: string): Promise<void> {
    const follower = await grouping.follow(one, leader);
    await recurrence.remember(follower);
    await point(follower, leader);
  }

  /** Brings up to date what is said about it, wherever that stands. */
  async function refresh(investigation: Investigation): Promise<void> {
    await recurrence.remember(investigation);
    if (investigation.follows === undefined) return publisher.refresh(investigation.id);
    await grouping.handOver(investigation, investigation.follows);
    await point(investigation, investigation.follows);
  }

  async function point(follower: Investigation, first: string): Promise<void> {
    let leader = await store.find({ by: 'id', id: first });
    for (let step = 0; leader?.follows !== undefined && step < MOST_STEPS; step += 1)
      leader = await store.find({ by: 'id', id: leader.follows });
    if (leader === undefined || leader.id === follower.id) return;
    await publisher.pointTo(follower, leader);
  }

  return { turnOf, waits, verdict, stepBehind, refresh, letGo };
}

export type Telling = ReturnType<typeof createTelling>;
