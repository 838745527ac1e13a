import { culpritOf } from '../model/culprit.ts';
import type { Answered, Investigation, ThreadRef } from '../model/investigation.ts';
import type { EpochMicros } from '../model/units.ts';
import type { Chat } from '../ports/chat.ts';
import type { Followers } from '../ports/followers.ts';
import type { JobQueue } from '../ports/job-queue.ts';
import type { Ledger } from '../ports/ledger.ts';
import type { Store } from '../ports/store.ts';
import type { CardLinks } from '../render/card.ts';
import type { HeldTrouble, Notices } from '../render/notices.ts';
import type { Words } from '../render/words.ts';
import { causeKey } from './culprit.ts';
import type { Grouping } from './grouping.ts';
import { released } from './life.ts';
import type { NoteBack } from './note-back.ts';
import { sayOnce } from './once.ts';
import type { Places } from './places.ts';
import type { Recurrence } from './recurrence.ts';

/** Of so many latest investigations those are found that were held. */
const LATEST = 1_000;

/**
 * Tells what was looked at while it was quiet, in one message: a line for each trouble, with all alerts that it woke. What is
 * over by now has its card in the thread of that message; what is not over gets a card of its own, as if it had come now, with
 * the verdict of the night.
 *
 * ```
 *   23:10 a (over) ─┐                       ┌─ 23:10 a and 3 more alerts: Cause: X (2 not over yet)
 *   23:40 b (over) ─┤ Cause: X ──▶ a line ──┤
 *   04:00 c ────────┤                       ├─ in the thread: the card of a, which b follows
 *   04:05 d ────────┘                       └─ in the channel: the card of c, which d follows
 * ```
 */
export function createDigest(parts: {
  readonly store: Store;
  readonly queue: JobQueue;
  readonly ledger: Ledger;
  readonly followers: Followers;
  readonly chat: Chat;
  readonly places: Places;
  readonly notices: Notices;
  readonly words: Words;
  readonly grouping: Grouping;
  readonly recurrence: Recurrence;
  readonly noteBack: Pick<NoteBack, 'queue'>;
  readonly defaultChannel: string;
  linksFor(investigation: Investigation): CardLinks;
}): (channel: string, until: EpochMicros) => Promise<void> {
  const { store, queue, ledger, followers, chat, places, notices, words, grouping, recurrence, noteBack } = parts;

  return async (channel, until) => {
    const held = (await store.recent(LATEST))
      .filter((one) => one.heldUntil === until && one.channel === channel)
      .filter(({ thread, follows }) => thread === undefined && follows === undefined)
      .toSorted((a, b) => a.openedAt - b.openedAt || (a.id < b.id ? -1 : 1));
    const [first] = held;
    if (first === undefined) return;
    const all = [...Map.groupBy(held, troubleOf).values()];
    // What is not over comes first, since a long list is cut.
    const troubles = [...all.filter((ones) => !ones.every(isOver)), ...all.filter((ones) => ones.every(isOver))];
    const told: HeldTrouble[] = [];
    for (const ones of troubles) told.push(...(await asTold(ones)));
    const place = { channels: [channel, parts.defaultChannel] as const };
    const key = `digest:${channel}:${until}`;
    const thread = await places.open(place, notices.digest(told), key, first.openedAt);
    for (const ones of troubles) {
      const [over, goingOn] = [ones.filter(isOver), ones.filter((one) => !isOver(one))];
      await tellOver(thread, over);
      await tellGoingOn(goingOn);
    }
  };

  async function asTold(ones: readonly Investigation[]): Promise<readonly HeldTrouble[]> {
    const [first] = ones;
    if (first === undefined) return [];
    let alerts = ones.length;
    for (const { id } of ones) alerts += (await followers.of(id)).alerts;
    return [{ first, alerts, ends: ones.map(({ resolvedAt }) => resolvedAt) }];
  }

  /** One card in the thread; those with the same culprit are counted on it. */
  async function tellOver(thread: ThreadRef, [first, ...others]: readonly Investigation[]): Promise<void> {
    if (first === undefined) return;
    for (const other of others) await joins(other, first.id);
    if (first.status === 'answered') await reply(thread, first);
    await release(first, thread);
  }

  /** It is told with another of its culprit, whose notes are for its incident from now on. */
  async function joins(other: Investigation, leader: string): Promise<void> {
    const follower = await grouping.follow(other, leader);
    if (follower.status === 'answered') await noteBack.queue(follower);
    await release(other);
  }

  async function reply(thread: ThreadRef, answered: Answered): Promise<void> {
    const recognised = await recurrence.recognise({ ...answered, thread });
    const following = await followers.of(answered.id);
    const card = words.card(recognised, { links: parts.linksFor(answered), following });
    const key = `digest-card:${answered.id}`;
    await sayOnce(ledger, key, {
      look: () => chat.find({ channel: thread.channel, thread }, key, answered.openedAt),
      act: () => chat.reply(thread, card, key),
    });
  }

  /** One card in the channel. Its job is on disk before anything is let go, so that a crash loses none. */
  async function tellGoingOn([first, ...others]: readonly Investigation[]): Promise<void> {
    if (first === undefined) return;
    await queue.add({ kind: 'investigate', investigation: first.id }, { key: `investigate:${first.id}` });
    for (const other of others) await joins(other, first.id);
    await release(first);
  }

  async function release({ id }: Investigation, among?: ThreadRef): Promise<void> {
    await store.update(id, (current) => {
      const free = current && released(current);
      return free === undefined || among === undefined ? free : { ...free, thread: among, digested: true };
    });
  }
}

/** The same for what one culprit woke. What nobody can explain is a trouble of its own. */
function troubleOf(held: Investigation): string {
  const culprit = held.status === 'answered' ? culpritOf(held.analysis) : undefined;
  return culprit === undefined ? held.id : causeKey(culprit);
}

function isOver({ resolvedAt }: Investigation): boolean {
  return resolvedAt !== undefined;
}
