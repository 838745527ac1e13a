import type { App } from '@slack/bolt';
import { keyOf, mentions, questionOf, type Saying, takeUp, threadOf } from '../conversation.ts';
import { type Listening, tellInThread } from '../listening.ts';
import { delivery, messageEvent } from '../payloads.ts';

/** Subtypes that are still a person saying something; all others are edits, joins and the like. */
const SAID = new Set([undefined, 'file_share', 'thread_broadcast']);

/**
 * What is said in threads and to the bot directly. In a channel only threads are listened to, and talk in threads that are
 * not ours is left alone: `Questions` knows which are. A direct message is always meant for the bot.
 *
 * A mention arrives here too, beside its `app_mention`; both become the same question, and only the other one speaks up
 * where there is nothing to answer from.
 */
export function message(app: App, listening: Listening): void {
  app.event('message', async ({ event, body }) => {
    const parsed = messageEvent.safeParse(event);
    // An edit or a deletion holds the message one level deeper and has no text of its own.
    if (!parsed.success) return;
    const { user, bot_id, subtype, thread_ts, channel, channel_type, ts, text } = parsed.data;
    const { event_id } = delivery.parse(body);
    if (!SAID.has(subtype) || user === undefined || bot_id !== undefined || user === listening.botUserId) return;
    if (event_id !== undefined && !listening.isNew(event_id)) return;

    const isDirect = channel_type === 'im';
    const addressed = isDirect || mentions(text, listening.botUserId);
    const place = thread_ts === undefined ? {} : { threadTs: thread_ts };
    const saying: Saying = { channel, ts, ...place, text, user, addressed };
    const tell = tellInThread(listening, { channel, threadTs: threadOf(saying), user, key: keyOf(saying) });
    await listening.attend('message', tell, async () => {
      if (isDirect) return takeUp(listening, saying);
      if (thread_ts !== undefined && text.trim() !== '') {
        await listening.questions.answer(questionOf(saying, listening.botUserId));
      }
    });
  });
}
