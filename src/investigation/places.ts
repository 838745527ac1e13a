import { Failure } from '../failure.ts';
import type { ThreadRef } from '../model/investigation.ts';
import type { Message } from '../model/message.ts';
import type { EpochMicros } from '../model/units.ts';
import type { Chat } from '../ports/chat.ts';
import type { Clock } from '../ports/clock.ts';
import type { Ledger } from '../ports/ledger.ts';
import type { Log } from '../ports/log.ts';
import type { Notices } from '../render/notices.ts';
import { sayOnce } from './once.ts';

/** A channel that cannot be posted in is told of again after a day. */
const DAY_MS = 24 * 3_600_000;

/** Where a message may stand: the first channel that takes it. */
export type Place = {
  readonly channels: readonly [string, ...string[]];
  /** Among them the incident's own: nobody is told when the bot is not in it. */
  readonly own?: string | undefined;
};

export type Places = ReturnType<typeof createPlaces>;

/** Posts messages that start a thread, each once, in the first of several channels that can be posted in. */
export function createPlaces(parts: {
  readonly chat: Chat;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly log: Log;
  readonly notices: Notices;
}) {
  const { chat, ledger, clock, log, notices } = parts;

  /** The message with the key, posted if it is not there yet; `since` is before it can have been. */
  async function open(place: Place, message: Message, key: string, since: EpochMicros): Promise<ThreadRef> {
    const refused = new Map<string, Failure>();
    const ref = await sayOnce(ledger, key, {
      look: () => firstOf(place, new Map(), (channel) => chat.find({ channel }, key, since)),
      act: async () => {
        const posted = await firstOf(place, refused, (channel) => chat.open(channel, message, key));
        if (posted !== undefined) return posted;
        throw (
          [...refused.values()].at(-1) ??
          new Failure('internal', 'There is no channel to post in.', 'Name one in causeway.yml.')
        );
      },
    });
    for (const [channel, failure] of refused) {
      log.warn({ channel, reason: failure.message }, 'A channel cannot be posted in');
      if (channel !== place.own)
        await tell(`unreachable:${channel}`, ref.channel, notices.unreachable(channel, failure));
    }
    return ref;
  }

  /** Says something once a day. */
  async function tell(subject: string, channel: string, message: Message): Promise<void> {
    const now = clock.now();
    const key = `${subject}:${Math.floor(now / (DAY_MS * 1_000))}`;
    await sayOnce(ledger, key, {
      look: () => chat.find({ channel }, key, now - DAY_MS * 1_000),
      act: () => chat.open(channel, message, key),
    });
  }

  return { open };
}

/** The first answer over the channels; what refuses for good is passed over, while a doubt or a delay is thrown. */
async function firstOf<Answer>(
  { channels }: Place,
  refused: Map<string, Failure>,
  ask: (channel: string) => Promise<Answer | undefined>,
): Promise<Answer | undefined> {
  for (const channel of channels) {
    try {
      const answer = await ask(channel);
      if (answer !== undefined) return answer;
    } catch (thrown) {
      const failure = Failure.from(thrown);
      if (failure.retryable || failure.kind === 'unauthorized') throw failure;
      refused.set(channel, failure);
    }
  }
  return undefined;
}
