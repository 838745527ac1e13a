import { z } from 'zod';
import { pressable } from '../block-kit/blocks.ts';
import { FieldFailure } from '../door.ts';
import { clickPayload } from '../socket/payloads.ts';
import { PEOPLE } from '../workspace/identities.ts';
import { wireMessage } from '../workspace/wire.ts';
import { channelNamed, personNamed, type Stage, unanswered } from './speaking.ts';

export const clickSchema = z.object({
  channel: z.string().min(1),
  ts: z.string().min(1),
  action_id: z.string().min(1),
  /** Needed only where two blocks of a message use the same action. */
  block_id: z.string().min(1).optional(),
  /** The option of a menu. */
  value: z.string().optional(),
  user: z.string().min(1).optional(),
});
export type Click = z.infer<typeof clickSchema>;

/** Presses a button of a message as a person; resolves when the app has acknowledged it. */
export async function click(asked: Click, stage: Stage): Promise<{ readonly ok: true; readonly url?: string }> {
  const { workspace, site, keys } = stage;
  const channel = channelNamed(asked.channel, workspace);
  const person = personNamed(asked.user ?? PEOPLE[0]?.name ?? '', workspace);
  const message = workspace.message(channel.id, asked.ts) ?? workspace.whisper(channel.id, asked.ts);
  if (message === undefined) {
    throw new FieldFailure(
      'not-found',
      'ts',
      `ts: no message "${asked.ts}" in #${channel.name}.`,
      'Read the channel first.',
    );
  }
  const elements = [...pressable(message.blocks ?? [])];
  const found = elements.find(
    ({ block, element }) =>
      element.action_id === asked.action_id && (asked.block_id === undefined || block.block_id === asked.block_id),
  );
  if (found === undefined) {
    const known = elements.map(({ element }) => element.action_id).join(', ') || 'none';
    throw new FieldFailure(
      'not-found',
      'action_id',
      `action_id: the message has no "${asked.action_id}".`,
      `The message has: ${known}.`,
    );
  }
  const at = workspace.stamp();
  const receipt = await stage.socket.ask('interactive', (origin) =>
    clickPayload({
      ...found,
      message,
      wire: wireMessage(
        message,
        { workspace, files: site.files, origin, metadata: true },
        workspace.replies(channel.id, message.ts),
      ),
      chosen: asked.value,
      channel,
      person,
      at,
      responseUrl:
        origin +
        keys.responsePath({
          channel: channel.id,
          person: person.id,
          messageTs: message.ts,
          ...(message.threadTs === undefined ? {} : { threadTs: message.threadTs }),
        }),
      triggerId: keys.trigger(),
    }),
  );
  if (receipt.status !== 'acknowledged') throw unanswered(receipt.status, 'the click');
  const url = found.element.type === 'button' ? found.element.url : undefined;
  return { ok: true, ...(url === undefined ? {} : { url }) };
}
