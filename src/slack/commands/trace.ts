import type { App } from '@slack/bolt';
import { draw } from '../blocks.ts';
import { spoken } from '../conversation.ts';
import { commandHelp, unclearTrace } from '../help.ts';
import { type Listening, tellByResponse } from '../listening.ts';
import { mustReach } from '../reach.ts';
import { findTraceId } from '../trace-id.ts';

/**
 * `/trace <id>`: acknowledged at once, then a card in the channel. What cannot be a trace is answered in the
 * acknowledgement itself, seen by nobody else.
 */
export function traceCommand(app: App, listening: Listening): void {
  app.command('/trace', async ({ ack, command, respond }) => {
    const text = spoken(command.text ?? '', listening.botUserId);
    if (/^(help|\?)?$/i.test(text)) return ack({ response_type: 'ephemeral', ...draw(commandHelp()) });

    const named = findTraceId(text);
    if (named.kind !== 'trace') {
      const why = named.kind === 'unusable' ? named.why : 'I see no trace id in that.';
      return ack({ response_type: 'ephemeral', ...draw(unclearTrace(why)) });
    }

    await ack();
    const tell = tellByResponse(respond);
    await listening.attend('/trace', tell, async () => {
      await mustReach(listening.call, command.channel_id);
      const { outcome } = await listening.intake.ask({
        kind: 'command',
        traceId: named.traceId,
        by: command.user_id,
        channel: command.channel_id,
        request: `command:${command.trigger_id}`,
      });
      if (outcome === 'duplicate') await tell(already(named.traceId));
    });
  });
}

function already(traceId: string) {
  const summary = `I am looking into ${traceId} already: its card is on the way, or in this channel.`;
  return { summary, parts: [{ kind: 'text', lines: [[summary]] }] } as const;
}
