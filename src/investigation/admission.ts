import { z } from 'zod';
import type { Alert } from '../model/alert.ts';
import type { Investigation } from '../model/investigation.ts';
import { type EpochMicros, MINUTE } from '../model/units.ts';
import type { Chat } from '../ports/chat.ts';
import type { Clock } from '../ports/clock.ts';
import type { Followers } from '../ports/followers.ts';
import type { JobQueue } from '../ports/job-queue.ts';
import type { Ledger } from '../ports/ledger.ts';
import type { Notices } from '../render/notices.ts';
import { noteDown } from './once.ts';
import type { Places } from './places.ts';
import type { Destination } from './routes.ts';

/**
 * card: it gets a card now · held: it is looked at, and told when the quiet hours end · counted: the channel has had its
 * cards of this hour, so it is neither looked at nor told, but counted.
 */
export type Admission =
  | { readonly kind: 'card' }
  | { readonly kind: 'held'; readonly until: EpochMicros }
  | { readonly kind: 'counted' };

/**
 * card: it wants one now, which counts · when: only whether it is held, for what may go onto another's card · again: the same of
 * an alert that was held, by what is known of it now.
 */
export type Asked = 'card' | 'when' | 'again';

const HOUR = 60 * MINUTE;
/** The numbers of an hour are of no use after the next one. */
const KEEP_MS = 2 * 3_600_000;
/** A service that nobody routed is told of again after a month. */
const UNROUTED_MS = 30 * 24 * 3_600_000;
/** The counting line is edited at most so often, however many alerts come. */
const EDIT_MS = 5_000;
/** So many that were kept out are asked who follows them. */
const LISTED = 200;
/** Names in the counting line. */
const TITLES = 3;

const Kept = z.object({ titles: z.array(z.string()), cards: z.number() });

/**
 * Decides whether an investigation gets a card of its own, before anything is posted or read. The decision stands for the
 * hour: a job that is tried again decides the same.
 *
 * ```
 *   quiet hours ──→ held ──────────────→ digest when they end
 *   else, hour's cards ≤ cap ──→ card
 *   else ──→ counted ──(5 s)──→ one line, "12 more alerts this hour, not looked at: …", edited in place
 * ```
 */
export function createAdmission(parts: {
  readonly ledger: Ledger;
  readonly followers: Followers;
  readonly queue: JobQueue;
  readonly clock: Clock;
  readonly chat: Chat;
  readonly places: Places;
  readonly notices: Notices;
  /** Where notices go that are for whoever set the bot up. */
  readonly defaultChannel: string;
  destinationFor(alert: Alert): Destination;
}) {
  const { ledger, followers, queue, clock, chat, places, notices, defaultChannel } = parts;

  async function admit(investigation: Investigation, asked: Asked = 'card'): Promise<Admission> {
    const { trigger, thread, channel } = investigation;
    if (trigger.kind !== 'alert' || thread !== undefined) return { kind: 'card' };
    const { alert } = trigger;
    const { told, cardsPerHour, unrouted } = parts.destinationFor(alert);
    if (told.when === 'later' && investigation.pressingAt === undefined) {
      const { until } = told;
      const delayMs = Math.max(0, Math.ceil((until - clock.now()) / 1_000));
      await queue.add({ kind: 'digest', channel, until }, { key: `digest:${channel}:${until}`, delayMs });
      return { kind: 'held', until };
    }
    if (asked !== 'card') return { kind: 'card' };
    if (unrouted) await tellUnrouted(alert);
    const hour = Math.floor(clock.now() / HOUR);
    if (await hasRoom(investigation, hour, cardsPerHour)) return { kind: 'card' };
    return { kind: 'counted' };
  }

  async function hasRoom(investigation: Investigation, hour: number, cards: number): Promise<boolean> {
    const { id, channel } = investigation;
    const key = `admitted:${channel}:${hour}:${id}`;
    const decided = await ledger.read(key);
    if (decided !== undefined) return decided === 'card';
    const number = await ledger.count(`cards:${channel}:${hour}`, KEEP_MS);
    const { ours, note } = await ledger.claim(key, number <= cards ? 'card' : 'over', KEEP_MS);
    if (note === 'card') return true;
    if (ours) await keepOut(investigation, hour, cards);
    return false;
  }

  async function keepOut({ id, channel, trigger }: Investigation, hour: number, cards: number): Promise<void> {
    const number = await ledger.count(`over:${channel}:${hour}`, KEEP_MS);
    if (number <= LISTED) await ledger.settle(`over-id:${channel}:${hour}:${number}`, id, KEEP_MS);
    await ledger.settle(`kept-out:${id}`, `${hour}`, KEEP_MS);
    const kept = await titlesOf(channel, hour);
    const title = trigger.kind === 'alert' ? trigger.alert.title.slice(0, 200) : '';
    if (kept.titles.length < TITLES && !kept.titles.includes(title)) {
      await noteDown(
        ledger,
        `over-titles:${channel}:${hour}`,
        JSON.stringify({ titles: [...kept.titles, title], cards }),
        KEEP_MS,
      );
    }
    await tellSoon(channel, hour);
  }

  async function tellSoon(channel: string, hour: number): Promise<void> {
    await queue.add({ kind: 'overflow', channel, hour }, { key: `overflow:${channel}:${hour}`, delayMs: EDIT_MS });
  }

  async function titlesOf(channel: string, hour: number) {
    const note = await ledger.read(`over-titles:${channel}:${hour}`);
    return note === undefined ? { titles: [], cards: 0 } : Kept.parse(JSON.parse(note));
  }

  /** What was kept out, with the alerts that follow it: they are looked at and told no more than it is. */
  async function keptOut(channel: string, hour: number) {
    const over = Number((await ledger.read(`over:${channel}:${hour}`)) ?? 0);
    let more = over;
    for (let number = 1; number <= Math.min(over, LISTED); number += 1) {
      const id = await ledger.read(`over-id:${channel}:${hour}:${number}`);
      if (id !== undefined) more += (await followers.of(id)).alerts;
    }
    return { more, ...(await titlesOf(channel, hour)) };
  }

  /** Alerts follow it by now: where it was kept out they are counted in the same line. */
  async function recount({ id, channel, thread }: Investigation): Promise<void> {
    const hour = thread === undefined ? await ledger.read(`kept-out:${id}`) : undefined;
    if (hour !== undefined) await tellSoon(channel, Number(hour));
  }

  /** Brings the counting line of the hour up to date; what comes while it is edited is counted in another round. */
  async function tellOverflow(channel: string, hour: number): Promise<void> {
    const key = `overflow:${channel}:${hour}`;
    for (let told = -1, rounds = 0; rounds < 10; rounds += 1) {
      const kept = await keptOut(channel, hour);
      if (kept.more === told || kept.more === 0) return;
      const message = notices.overflow(kept);
      const ref = await places.open({ channels: [channel, defaultChannel] }, message, key, hour * HOUR);
      await chat.amend(ref, message);
      told = kept.more;
    }
  }

  async function tellUnrouted(alert: Alert): Promise<void> {
    const key = `unrouted:${alert.source}:${alert.service ?? ''}`;
    if ((await ledger.read(`told-${key}`)) !== undefined) return;
    await places.open({ channels: [defaultChannel] }, notices.unrouted(alert), key.slice(0, 200), clock.now() - HOUR);
    await noteDown(ledger, `told-${key}`, 'told', UNROUTED_MS);
  }

  return { admit, recount, tellOverflow };
}
