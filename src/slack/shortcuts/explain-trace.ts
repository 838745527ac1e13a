import type { App } from '@slack/bolt';
import { spoken } from '../conversation.ts';
import { unclearTrace } from '../help.ts';
import { type Listening, tellByResponse } from '../listening.ts';
import { messageShortcut } from '../payloads.ts';
import { mustReach } from '../reach.ts';
import { findTraceId, type Named } from '../trace-id.ts';

/** "Explain this trace" on a message: the card goes into that message's thread. */
export function explainTrace(app: App, listening: Listening): void {
  app.shortcut({ type: 'message_action', callback_id: 'explain_trace' }, async ({ ack, body, respond }) => {
    await ack();
    const { user, channel, message, trigger_id } = messageShortcut.parse(body);
    const threadTs = message.thread_ts ?? message.ts;
    const tell = tellByResponse(respond);
    await listening.attend('explain_trace', tell, async () => {
      const named = traceIn(message, listening.botUserId);
      if (named.kind !== 'trace') return tell(unclearTrace('I see no trace id in that message.'));
      await mustReach(listening.call, channel.id);
      await listening.intake.ask({
        kind: 'mention',
        traceId: named.traceId,
        by: user.id,
        channel: channel.id,
        threadTs,
        request: `shortcut:${trigger_id}`,
      });
    });
  });
}

/** Alerts that other bots post hold their links in blocks and attachments rather than in the text. */
function traceIn(message: { text: string; blocks?: unknown; attachments?: unknown }, botUserId: string): Named {
  const inText = findTraceId(spoken(message.text, botUserId));
  return inText.kind === 'trace' ? inText : findTraceId(JSON.stringify([message.blocks, message.attachments]));
}
