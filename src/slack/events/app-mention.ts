import type { App } from '@slack/bolt';
import { keyOf, type Saying, takeUp, threadOf } from '../conversation.ts';
import { type Listening, tellInThread } from '../listening.ts';
import { delivery, mentionEvent } from '../payloads.ts';

/** "@Causeway …" in a channel. Other bots are not answered, so that two of them never talk to each other. */
export function appMention(app: App, listening: Listening): void {
  app.event('app_mention', async ({ event, body }) => {
    const { user, bot_id, thread_ts, channel, ts, text } = mentionEvent.parse(event);
    const { event_id } = delivery.parse(body);
    if (user === undefined || bot_id !== undefined) return;
    if (event_id !== undefined && !listening.isNew(event_id)) return;

    const place = thread_ts === undefined ? {} : { threadTs: thread_ts };
    const saying: Saying = { channel, ts, ...place, text, user, addressed: true };
    const tell = tellInThread(listening, { channel, threadTs: threadOf(saying), user, key: keyOf(saying) });
    await listening.attend('app_mention', tell, () => takeUp(listening, saying));
  });
}
