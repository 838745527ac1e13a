import type { App } from '@slack/bolt';
import { type Listening, tellInThread } from '../listening.ts';
import { button, buttonClick } from '../payloads.ts';
import { sentenceOf } from './sentences.ts';

/** The buttons of a card and "I can answer these": each is a question in the card's thread. */
export function questionButton(app: App, listening: Listening): void {
  app.action(/^(?!link\b)/, async ({ ack, action, body }) => {
    await ack();
    const { action_id, action_ts, value, url } = button.parse(action);
    if (url !== undefined) return;
    const { user, container, message } = buttonClick.parse(body);
    const threadTs = container.thread_ts ?? message?.thread_ts ?? container.message_ts;
    const channel = container.channel_id;
    const key = `${channel}:${container.message_ts}:${action_id}:${action_ts}`;

    const tell = tellInThread(listening, { channel, threadTs, user: user.id, key });
    await listening.attend('button', tell, async () => {
      const text = sentenceOf(action_id, value);
      const thread = { channel, ts: threadTs };
      const outcome =
        text === undefined
          ? 'not-ours'
          : await listening.questions.answer({ thread, text, by: user.id, key, addressed: true });
      if (outcome === 'not-ours') await tell(outOfUse());
    });
  });
}

function outOfUse() {
  const summary = 'I no longer know what this button belongs to. Ask me in the thread of a newer card, or use /trace.';
  return { summary, parts: [{ kind: 'text', lines: [[summary]] }] } as const;
}
