import type { RespondFn } from '@slack/bolt';
import { z } from 'zod';
import { Failure } from '../failure.ts';
import type { Message } from '../model/message.ts';
import type { Chat } from '../ports/chat.ts';
import type { Intake } from '../ports/intake.ts';
import type { Log } from '../ports/log.ts';
import type { Questions } from '../ports/questions.ts';
import { draw } from './blocks.ts';
import { redacted } from './bolt-logger.ts';
import type { CallSlack } from './web-api.ts';

/** What every listener works with. */
export type Listening = {
  readonly intake: Intake;
  readonly questions: Questions;
  readonly chat: Chat;
  readonly call: CallSlack;
  readonly botUserId: string;
  /** False for a delivery that was seen before: Slack sends an event again when our acknowledgement was lost. */
  isNew(delivery: string): boolean;
  /**
   * Does the work of one listener. Whatever it throws is told to the person and logged in one line; it never reaches Bolt,
   * which would only log it.
   */
  attend(listener: string, tell: Tell, work: () => Promise<void>): Promise<void>;
};

/** How the person who waits hears of something. */
export type Tell = (message: Message) => Promise<void>;

/** Work that was acknowledged and goes on; Bolt's own stop waits for none of it. */
export type InFlight = {
  readonly size: number;
  track(work: Promise<void>): Promise<void>;
  /** Resolves when all is done or the time is up, with how much was left. */
  drain(limitMs: number): Promise<number>;
};

export function inFlight(): InFlight {
  const going = new Set<Promise<void>>();
  return {
    get size() {
      return going.size;
    },
    async track(work) {
      going.add(work);
      try {
        await work;
      } finally {
        going.delete(work);
      }
    },
    async drain(limitMs) {
      const deadline = Promise.withResolvers<void>();
      const timer = setTimeout(deadline.resolve, limitMs);
      const all = async () => {
        while (going.size > 0) await Promise.allSettled(going);
      };
      await Promise.race([all(), deadline.promise]);
      clearTimeout(timer);
      return going.size;
    },
  };
}

/** Remembers the last deliveries, so many that an hour of Slack's retries is covered in a busy workspace. */
export function deliveries(limit = 5_000): (delivery: string) => boolean {
  const seen = new Set<string>();
  return (delivery) => {
    if (seen.has(delivery)) return false;
    seen.add(delivery);
    const oldest = seen.values().next();
    if (seen.size > limit && !oldest.done) seen.delete(oldest.value);
    return true;
  };
}

/** See `Listening.attend`. */
export function attendant(log: Log, going: InFlight): Listening['attend'] {
  return (listener, tell, work) =>
    going.track(
      (async () => {
        try {
          await work();
        } catch (thrown) {
          const failure = Failure.from(thrown);
          log.warn({ part: 'slack', listener, kind: failure.kind }, redacted(failure.message));
          await telling(log, listener, () => tell(failureMessage(failure)));
        }
      })(),
    );
}

async function telling(log: Log, listener: string, tell: () => Promise<void>): Promise<void> {
  try {
    await tell();
  } catch (thrown) {
    const failure = Failure.from(thrown);
    log.error(
      { part: 'slack', listener, kind: failure.kind },
      `A person could not be told of a failure: ${redacted(failure.message)}`,
    );
  }
}

/** A failure as a person reads it: what happened, and what to do. */
export function failureMessage(failure: Failure): Message {
  const happened = redacted(failure.message);
  return {
    summary: `${happened} ${failure.hint}`,
    parts: [{ kind: 'text', lines: [[{ bold: happened }], [redacted(failure.hint)]] }],
  };
}

/** Tells in the thread, and when nothing can be posted there, only to the person. */
export function tellInThread(
  listening: Pick<Listening, 'chat' | 'call'>,
  where: { readonly channel: string; readonly threadTs: string; readonly user: string; readonly key: string },
): Tell {
  return async (message) => {
    try {
      await listening.chat.reply({ channel: where.channel, ts: where.threadTs }, message, `tell:${where.key}`);
    } catch {
      await tellAlone(listening, where)(message);
    }
  };
}

/** Tells only the person, by the address that came with their command: it works where the bot is not a member. */
export function tellByResponse(respond: RespondFn): Tell {
  return async (message) => {
    await respond({ response_type: 'ephemeral', replace_original: false, ...draw(message) });
  };
}

/** Tells only the person, where they are. */
function tellAlone(
  listening: Pick<Listening, 'call'>,
  where: { readonly channel: string; readonly threadTs?: string; readonly user: string },
): Tell {
  return async (message) => {
    const { text, blocks } = draw(message);
    const thread = where.threadTs === undefined ? {} : { thread_ts: where.threadTs };
    const args = { channel: where.channel, user: where.user, text, blocks, ...thread };
    await listening.call('chat.postEphemeral', args, nothing);
  };
}

const nothing = z.object({});
