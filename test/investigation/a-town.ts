import { Failure } from '../../src/failure.ts';
import type { ThreadRef } from '../../src/model/investigation.ts';
import type { Message } from '../../src/model/message.ts';
import type { Chat } from '../../src/ports/chat.ts';

export type Said = {
  readonly ref: ThreadRef;
  readonly key: string;
  message: Message;
  edits: number;
  readonly thread?: string;
};

/** A chat in memory: channels that are there, and what was said in them. */
export function aTown(
  channels: readonly string[],
): Chat & { readonly said: readonly Said[]; summaries(channel: string): readonly string[] } {
  const said: Said[] = [];
  const post = (channel: string, message: Message, key: string, thread?: string): ThreadRef => {
    if (!channels.includes(channel))
      throw new Failure('not-found', `There is no channel #${channel}.`, 'Invite the bot.');
    const ref = { channel, ts: `${said.length + 1}.0` };
    said.push({ ref, key, message, edits: 0, ...(thread === undefined ? {} : { thread }) });
    return ref;
  };
  return {
    said,
    summaries: (channel) =>
      said
        .filter(({ ref, thread }) => ref.channel === channel && thread === undefined)
        .map(({ message }) => message.summary),
    open: async (channel, message, key) => post(channel, message, key),
    reply: async (thread, message, key) => post(thread.channel, message, key, thread.ts),
    amend: async (ref, message) => {
      const found = said.find((one) => one.ref.ts === ref.ts);
      if (found === undefined) throw new Failure('not-found', 'The message is gone.', 'Nothing to do.');
      found.message = message;
      found.edits += 1;
    },
    upload: async () => ({ id: 'F1' }),
    find: async (where, key) => said.find((one) => one.key === key && one.ref.channel === where.channel)?.ref,
    permalink: async (ref) => `https://chat.example/${ref.channel}/${ref.ts}`,
  };
}
