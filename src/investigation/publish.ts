import { createHash } from 'node:crypto';
import type { Answered, Investigation, ThreadRef } from '../model/investigation.ts';
import type { Message, PictureRef } from '../model/message.ts';
import type { SpanTable } from '../model/trace.ts';
import type { Chat } from '../ports/chat.ts';
import type { Ledger } from '../ports/ledger.ts';
import type { Log } from '../ports/log.ts';
import type { Store } from '../ports/store.ts';
import { drawCulprit } from '../render/culprit-picture.ts';
import type { Words } from '../render/words.ts';
import { buildTable } from '../trace/build.ts';
import { noteDown, sayOnce } from './once.ts';
import type { Place, Places } from './places.ts';

/** Links that the team wrote down for the alert's service, and those that the alert brought along. */
export type CardLinks = {
  readonly runbook?: string;
  readonly dashboard?: string;
  readonly owner?: string;
  readonly alert?: string;
};

export type Publisher = ReturnType<typeof createPublisher>;

/** One card an investigation, posted once and edited ever after; findings and the full picture as replies, once each. */
export function createPublisher(parts: {
  readonly chat: Chat;
  readonly store: Store;
  readonly ledger: Ledger;
  readonly words: Words;
  readonly log: Log;
  readonly places: Places;
  /** Where its card may stand, best first. */
  placeFor(investigation: Investigation): Place;
  linksFor(investigation: Investigation): CardLinks;
}) {
  const { chat, store, ledger, words, log } = parts;

  /** The card's place, posted if it is not there yet. */
  async function open(investigation: Investigation): Promise<ThreadRef> {
    if (investigation.thread !== undefined) return investigation.thread;
    const key = `card:${investigation.id}`;
    const message = words.looking(investigation);
    const thread = await parts.places.open(parts.placeFor(investigation), message, key, investigation.openedAt);
    await store.update(investigation.id, (current) => current && { ...current, thread });
    return thread;
  }

  /** The verdict in the card, with the picture of the most telling trace. */
  async function verdict(answered: Answered, thread: ThreadRef): Promise<void> {
    const table = buildTable(await store.keptTraces(answered.id));
    const picture = await upload(answered, table, 'card');
    await chat.amend(thread, card(answered, picture));
    const full = await upload(answered, table, 'full');
    for (const message of words.findings(answered)) await reply(answered, thread, message);
    if (full !== undefined) await reply(answered, thread, words.fullPicture(answered, full), 'full-picture');
  }

  /** The verdict as late spans changed it: the same card, and one reply that says why. */
  async function amended(answered: Answered, thread: ThreadRef): Promise<void> {
    const table = buildTable(await store.keptTraces(answered.id));
    const picture = await upload(answered, table, 'card');
    await chat.amend(thread, card(answered, picture));
    const why = words.amended(answered);
    if (why !== undefined) await reply(answered, thread, why, `late-spans:${answered.amended?.at}`);
    for (const message of words.findings(answered)) await reply(answered, thread, message);
  }

  /** The card as it stands now, without drawing anything again. */
  async function refresh(answered: Answered, thread: ThreadRef): Promise<void> {
    const note = await ledger.read(pictureKey(answered, 'card'));
    await chat.amend(thread, card(answered, note === undefined || note === '' ? undefined : { id: note }));
  }

  async function progress(
    investigation: Investigation,
    thread: ThreadRef,
    found: { readonly traces: number },
  ): Promise<void> {
    await chat.amend(thread, words.looking(investigation, found));
  }

  async function setback(investigation: Investigation, thread: ThreadRef, again: boolean): Promise<void> {
    if (investigation.status === 'failed') await chat.amend(thread, words.failed(investigation, { again }));
  }

  function card(answered: Answered, picture: PictureRef | undefined): Message {
    return words.card(answered, { links: parts.linksFor(answered), ...(picture === undefined ? {} : { picture }) });
  }

  async function reply(
    answered: Answered,
    thread: ThreadRef,
    message: Message,
    name = digest(message.summary),
  ): Promise<void> {
    const key = `reply:${answered.id}:${name}`;
    await sayOnce(ledger, key, {
      look: () => chat.find({ channel: thread.channel, thread }, key, answered.openedAt),
      act: () => chat.reply(thread, message, key),
    });
  }

  /** A card without its picture still helps, so a picture that cannot be made is logged and the card goes out. */
  async function upload(answered: Answered, table: SpanTable, size: 'card' | 'full'): Promise<PictureRef | undefined> {
    try {
      const picture = await drawCulprit(answered, table, size, words);
      if (picture === undefined) return undefined;
      const ref = await chat.upload(picture);
      const keep = 30 * 24 * 3_600_000;
      await noteDown(ledger, pictureKey(answered, size), ref.id, keep);
      return ref;
    } catch (thrown) {
      log.warn(
        { investigation: answered.id, reason: String(thrown) },
        'The picture could not be made; the card goes out without it',
      );
      return undefined;
    }
  }

  return { open, verdict, amended, refresh, progress, setback };
}

function pictureKey(answered: Answered, size: 'card' | 'full'): string {
  return `picture:${answered.id}:${size}`;
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}
