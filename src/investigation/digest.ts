import type { Investigation, ThreadRef } from '../model/investigation.ts';
import type { EpochMicros } from '../model/units.ts';
import type { Chat } from '../ports/chat.ts';
import type { JobQueue } from '../ports/job-queue.ts';
import type { Ledger } from '../ports/ledger.ts';
import type { Store } from '../ports/store.ts';
import type { CardLinks } from '../render/card.ts';
import type { Notices } from '../render/notices.ts';
import type { Words } from '../render/words.ts';
import { sayOnce } from './once.ts';
import type { Places } from './places.ts';

/** Of so many latest investigations those are found that were held. */
const LATEST = 1_000;

/**
 * Tells what was looked at while it was quiet, in one message: a line for each. What is over by now has its card in the thread
 * of that message; what is not over gets a card of its own, as if it had come now, with the verdict of the night.
 */
export function createDigest(parts: {
  readonly store: Store;
  readonly queue: JobQueue;
  readonly ledger: Ledger;
  readonly chat: Chat;
  readonly places: Places;
  readonly notices: Notices;
  readonly words: Words;
  readonly defaultChannel: string;
  linksFor(investigation: Investigation): CardLinks;
}): (channel: string, until: EpochMicros) => Promise<void> {
  const { store, queue, ledger, chat, places, notices, words } = parts;

  async function reply(thread: ThreadRef, investigation: Investigation): Promise<void> {
    const key = `digest-card:${investigation.id}`;
    if (investigation.status === 'answered') {
      const card = words.card(investigation, { links: parts.linksFor(investigation) });
      await sayOnce(ledger, key, {
        look: () => chat.find({ channel: thread.channel, thread }, key, investigation.openedAt),
        act: () => chat.reply(thread, card, key),
      });
    }
    await store.update(investigation.id, (current) => current && { ...released(current), thread });
  }

  return async (channel, until) => {
    const held = (await store.recent(LATEST))
      .filter((one) => one.heldUntil === until && one.channel === channel && one.thread === undefined)
      .toSorted((a, b) => a.openedAt - b.openedAt || (a.id < b.id ? -1 : 1));
    const [first] = held;
    if (first === undefined) return;
    const ongoing = held.filter(({ resolvedAt }) => resolvedAt === undefined);
    const place = { channels: [channel, parts.defaultChannel] as const };
    const message = notices.digest(held, ongoing.length);
    const thread = await places.open(place, message, `digest:${channel}:${until}`, first.openedAt);
    for (const investigation of held) {
      if (investigation.resolvedAt !== undefined) await reply(thread, investigation);
      else {
        const { id } = await store.update(investigation.id, (current) => released(current ?? investigation));
        await queue.add({ kind: 'investigate', investigation: id }, { key: `investigate:${id}` });
      }
    }
  };
}

function released(investigation: Investigation): Investigation {
  const { heldUntil: _, ...rest } = investigation;
  return rest;
}
