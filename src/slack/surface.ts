import { z } from 'zod';
import { Failure } from '../failure.ts';
import type { ThreadRef } from '../model/investigation.ts';
import type { Message } from '../model/message.ts';
import type { EpochMicros } from '../model/units.ts';
import { MINUTE, SECOND } from '../model/units.ts';
import type { Chat } from '../ports/chat.ts';
import type { Clock } from '../ports/clock.ts';
import { draw } from './blocks.ts';
import { type Channels, channels } from './channels.ts';
import { slackCode } from './failures.ts';
import { LIMITS } from './limits.ts';
import { upload } from './upload.ts';
import type { CallSlack } from './web-api.ts';

/** Names our messages in their metadata; the payload holds the key. */
const EVENT_TYPES = { open: 'causeway_card', reply: 'causeway_reply' } as const;

const posted = z.object({
  channel: z.string(),
  ts: z.string(),
  message: z.object({ thread_ts: z.string().optional() }),
});
const done = z.object({});
const link = z.object({ permalink: z.string() });
const messages = z.object({
  messages: z.array(
    z.object({
      ts: z.string(),
      user: z.string().optional(),
      metadata: z.object({ event_type: z.string(), event_payload: z.record(z.string(), z.unknown()) }).optional(),
    }),
  ),
  has_more: z.boolean().optional(),
  response_metadata: z.object({ next_cursor: z.string().optional() }).optional(),
});

/** Slack's clock and ours need not agree; a message that seems to be older by this much is still looked at. */
const CLOCK_MARGIN = 2 * MINUTE;
const PAGE = 200;
const MAX_PAGES = 15;

export type SurfaceOptions = {
  readonly call: CallSlack;
  readonly clock: Clock;
  /** The bot's own user id: only its messages count as ours. */
  readonly botUserId: string;
};

/** Slack as a `Chat`. */
export function slackSurface({ call, clock, botUserId }: SurfaceOptions): Chat {
  const directory = channels(call, clock);

  async function post(channel: string, message: Message, key: string, threadTs?: string) {
    const { text, blocks } = draw(message);
    return call(
      'chat.postMessage',
      {
        channel,
        text,
        blocks,
        ...(threadTs === undefined ? {} : { thread_ts: threadTs }),
        metadata: metadata(threadTs === undefined ? EVENT_TYPES.open : EVENT_TYPES.reply, key),
        unfurl_links: false,
        unfurl_media: false,
      },
      posted,
    );
  }

  return {
    async open(channel, message, key) {
      const id = await directory.idOf(channel);
      try {
        const answer = await joining(call, id, () => post(id, message, key));
        return { channel: answer.channel, ts: answer.ts };
      } catch (thrown) {
        forgetIfGone(directory, channel, thrown);
        throw thrown;
      }
    },

    async amend(ref, message) {
      const { text, blocks } = draw(message);
      await call('chat.update', { channel: ref.channel, ts: ref.ts, text, blocks }, done);
    },

    async reply(thread, message, key) {
      const answer = await joining(call, thread.channel, () => post(thread.channel, message, key, thread.ts));
      if (answer.message.thread_ts === thread.ts) return { channel: answer.channel, ts: answer.ts };
      await removeStray(call, answer);
      throw new Failure(
        'not-found',
        'The message that the thread hangs on is gone.',
        'Somebody deleted it; ask again in the channel.',
      );
    },

    upload: (picture) => upload(call, picture),

    async find(where, key, since) {
      const oldest = slackTime(since - CLOCK_MARGIN);
      const place =
        where.thread === undefined
          ? { channel: await directory.idOf(where.channel) }
          : { channel: where.thread.channel, ts: where.thread.ts };
      const ts = await search(call, { ...place, oldest }, key, botUserId);
      return ts === undefined ? undefined : { channel: place.channel, ts };
    },

    async permalink(ref: ThreadRef) {
      try {
        const answer = await call('chat.getPermalink', { channel: ref.channel, message_ts: ref.ts }, link);
        return answer.permalink;
      } catch (thrown) {
        if (thrown instanceof Failure && thrown.kind === 'not-found') return undefined;
        throw thrown;
      }
    },
  };
}

function metadata(eventType: string, key: string) {
  if (key.length > LIMITS.metadataKey) {
    throw new Failure('too-large', 'The key of a message is too long.', 'This is a bug in Causeway: please report it.');
  }
  return { event_type: eventType, event_payload: { key } };
}

/** A public channel can be entered without being asked in; where that is not so, the first refusal stands. */
async function joining<Answer>(call: CallSlack, channel: string, act: () => Promise<Answer>): Promise<Answer> {
  try {
    return await act();
  } catch (thrown) {
    if (!(thrown instanceof Failure) || slackCode(thrown) !== 'not_in_channel') throw thrown;
    try {
      await call('conversations.join', { channel }, done);
    } catch {
      throw thrown;
    }
    return act();
  }
}

function forgetIfGone(directory: Channels, channel: string, thrown: unknown): void {
  const code = thrown instanceof Failure ? slackCode(thrown) : undefined;
  if (code === 'channel_not_found' || code === 'is_archived') directory.forget(channel);
}

/**
 * Slack posts a reply at the top of the channel, and says ok, when the parent was deleted meanwhile. Ours is taken away
 * again; when even that fails, the failure that follows tells of it.
 */
async function removeStray(call: CallSlack, stray: { readonly channel: string; readonly ts: string }): Promise<void> {
  try {
    await call('chat.delete', { channel: stray.channel, ts: stray.ts }, done);
  } catch (thrown) {
    throw new Failure(
      'not-found',
      'The message that the thread hangs on is gone, and the reply now stands in the channel by itself.',
      'Delete it by hand, and ask again in the channel.',
      { cause: thrown },
    );
  }
}

function slackTime(time: EpochMicros): string {
  return (Math.max(time, 0) / SECOND).toFixed(6);
}

/**
 * The message of ours that carries the key, newest first in a channel, oldest first in a thread. To have read only a part
 * and say "not there" would post a second card, so an end that was not reached is a failure.
 */
async function search(
  call: CallSlack,
  where: { readonly channel: string; readonly ts?: string; readonly oldest: string },
  key: string,
  botUserId: string,
): Promise<string | undefined> {
  const method = where.ts === undefined ? 'conversations.history' : 'conversations.replies';
  let cursor: string | undefined;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const answer = await call(method, { ...where, include_all_metadata: true, limit: PAGE, cursor }, messages);
    const found = answer.messages.find(
      ({ user, metadata }) => metadata?.event_payload.key === key && (user === undefined || user === botUserId),
    );
    if (found !== undefined) return found.ts;
    cursor = answer.response_metadata?.next_cursor || undefined;
    if (cursor === undefined) return undefined;
  }
  throw new Failure(
    'busy',
    `More than ${MAX_PAGES * PAGE} messages since then: it cannot be told whether ours is among them.`,
    'It is tried again; look into the channel whether the card is there.',
  );
}
