import { createHash } from 'node:crypto';
import { culpritOf, isSameCulprit } from '../model/culprit.ts';
import type { Answered, Investigation, ThreadRef } from '../model/investigation.ts';
import type { Message, PictureRef } from '../model/message.ts';
import type { SpanTable } from '../model/trace.ts';
import type { Chat } from '../ports/chat.ts';
import type { Followers } from '../ports/followers.ts';
import type { Ledger } from '../ports/ledger.ts';
import type { Log } from '../ports/log.ts';
import type { Store } from '../ports/store.ts';
import { drawCulprit } from '../render/culprit-picture.ts';
import type { Words } from '../render/words.ts';
import { buildTable } from '../trace/build.ts';
import { createBeside } from './beside.ts';
import { noteDown, sayOnce } from './once.ts';
import type { Place, Places } from './places.ts';

/** Others may change the card while it is brought up to date; after so many rounds somebody else's turn comes. */
const REFRESHES = 5;

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
  readonly followers: Followers;
  readonly words: Words;
  readonly log: Log;
  readonly places: Places;
  /** Where its card may stand, best first. */
  placeFor(investigation: Investigation): Place;
  linksFor(investigation: Investigation): CardLinks;
}) {
  const { chat, store, ledger, followers, words, log } = parts;
  const beside = createBeside(parts);

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
    await chat.amend(thread, await card(answered, picture));
    if (answered.before !== undefined) return cameBack(answered, thread, table);
    const full = await upload(answered, table, 'full');
    for (const message of words.findings(answered)) await reply(answered, thread, message);
    if (full !== undefined) await reply(answered, thread, words.fullPicture(answered, full), 'full-picture');
  }

  /** What came back as what it was says nothing new; another culprit is one reply. */
  async function cameBack(answered: Answered, thread: ThreadRef, table: SpanTable): Promise<void> {
    const culprit = culpritOf(answered.analysis);
    if (culprit === undefined || isSameCulprit(culprit, answered.before)) return;
    const full = await upload(answered, table, 'full');
    await reply(answered, thread, words.another(answered, full), `another:${answered.fires?.at(-1)}`);
  }

  /** The verdict as late spans changed it: the same card, and one reply that says why. */
  async function amended(answered: Answered, thread: ThreadRef): Promise<void> {
    const table = buildTable(await store.keptTraces(answered.id));
    const picture = await upload(answered, table, 'card');
    await chat.amend(thread, await card(answered, picture));
    const why = words.amended(answered);
    if (why !== undefined) await reply(answered, thread, why, `late-spans:${answered.amended?.at}`);
    for (const message of words.findings(answered)) await reply(answered, thread, message);
  }

  /**
   * The card as it stands now, without drawing anything again. Others may write it meanwhile, so what was said is compared
   * with what is true after it was said.
   */
  async function refresh(id: string): Promise<void> {
    let shown: string | undefined;
    for (let round = 0; round < REFRESHES; round += 1) {
      const current = await store.find({ by: 'id', id });
      // What was told among others when quiet hours ended has no card that is edited.
      if (current?.thread === undefined || current.digested === true) return;
      const note = current.status === 'answered' ? await ledger.read(pictureKey(current, 'card')) : undefined;
      const message = await standing(current, note === undefined || note === '' ? undefined : { id: note });
      const next = JSON.stringify(message);
      if (next === shown) return;
      await chat.amend(current.thread, message);
      shown = next;
    }
  }

  async function standing(current: Investigation, picture: PictureRef | undefined): Promise<Message> {
    if (current.status === 'answered') return card(current, picture);
    const following = await followers.of(current.id);
    if (current.status === 'opened') return words.looking(current, { following });
    return words.failed(current, { again: current.setback.final !== true, following });
  }

  /** In place of a card: who answers for it. In the other one's channel its card is enough. */
  async function pointTo(follower: Investigation, leader: Investigation): Promise<void> {
    const link = leader.thread && (await chat.permalink(leader.thread));
    const message = words.sameCause(follower, leader, link);
    // Beside what nobody can explain either the card says all there is: that they fired at the same time.
    const isBeside =
      follower.status === 'answered' && leader.status === 'answered' && !isNamed(follower) && isNamed(leader);
    if (isBeside && leader.thread !== undefined) await beside(follower, leader, leader.thread);
    if (follower.digested === true) return;
    if (follower.thread !== undefined) await chat.amend(follower.thread, message);
    else if (follower.channel !== leader.channel) {
      const key = `pointer:${leader.id}:${follower.channel}`;
      await parts.places.open(parts.placeFor(follower), message, key, leader.openedAt);
    }
  }

  async function progress(
    investigation: Investigation,
    thread: ThreadRef,
    found: { readonly traces: number },
  ): Promise<void> {
    const following = await followers.of(investigation.id);
    await chat.amend(thread, words.looking(investigation, { ...found, following }));
  }

  async function setback(investigation: Investigation, thread: ThreadRef, again: boolean): Promise<void> {
    if (investigation.status !== 'failed') return;
    const following = await followers.of(investigation.id);
    await chat.amend(thread, words.failed(investigation, { again, following }));
  }

  async function card(answered: Answered, picture: PictureRef | undefined): Promise<Message> {
    const following = await followers.of(answered.id);
    const links = parts.linksFor(answered);
    return words.card(answered, { links, following, ...(picture === undefined ? {} : { picture }) });
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

  return { open, verdict, amended, refresh, pointTo, progress, setback };
}

function isNamed({ analysis }: Answered): boolean {
  return culpritOf(analysis) !== undefined;
}

function pictureKey(answered: Answered, size: 'card' | 'full'): string {
  return `picture:${answered.id}:${size}`;
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}
