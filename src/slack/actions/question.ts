import type { App } from '@slack/bolt';
import { type Listening, tellInThread } from '../listening.ts';
import { button, buttonClick } from '../payloads.ts';

/**
 * Every button of ours. Its value is the sentence it stands for, so that a click and a question in the thread take the
 * same way. A button that opens a page tells of its click too and only wants to hear that it arrived.
 */
export function questionButton(app: App, listening: Listening): void {
  app.action(/^/, async ({ ack, action, body }) => {
    await ack();
    const { action_id, action_ts, value, url } = button.parse(action);
    if (url !== undefined) return;
    const { user, container, message } = buttonClick.parse(body);
    const threadTs = container.thread_ts ?? message?.thread_ts ?? container.message_ts;
    const channel = container.channel_id;
    const key = `${channel}:${container.message_ts}:${action_id}:${action_ts}`;

    const tell = tellInThread(listening, { channel, threadTs, user: user.id, key });
    await listening.attend('button', tell, async () => {
      const thread = { channel, ts: threadTs };
      const outcome =
        value === undefined
          ? 'not-ours'
          : await listening.questions.answer({ thread, text: value, by: user.id, key, addressed: true });
      if (outcome === 'not-ours') await tell(outOfUse());
    });
  });
}

function outOfUse() {
  const summary = 'I no longer know what this button belongs to. Ask me in the thread of a newer card, or use /trace.';
  return { summary, parts: [{ kind: 'text', lines: [[summary]] }] } as const;
}
