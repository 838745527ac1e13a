import type { Channel } from '../workspace/identities.ts';
import type { StoredMessage } from '../workspace/message.ts';
import { parseTs } from '../workspace/timestamp.ts';
import { type Call, Refusal } from './method.ts';

/** The channel, by id only for reading; `chat.postMessage` takes names too, as Slack does. */
export function channelOf(call: Call, reference: string, names: 'ids-only' | 'names-too' = 'ids-only'): Channel {
  const channel = call.site.workspace.channel(reference);
  if (channel === undefined || (names === 'ids-only' && channel.id !== reference))
    throw new Refusal('channel_not_found');
  return channel;
}

export function joined(channel: Channel): Channel {
  if (!channel.joined) throw new Refusal('not_in_channel');
  return channel;
}

/** The bot speaks in channels that it is in, and in other public ones with `chat:write.public`. */
export function speakable(call: Call, channel: Channel): Channel {
  const scopes = call.site.grant.scopes;
  return scopes?.includes('chat:write.public') === true ? channel : joined(channel);
}

export function messageOf(call: Call, channel: Channel, ts: string): StoredMessage {
  const message = call.site.workspace.message(channel.id, ts);
  if (message === undefined) throw new Refusal('message_not_found');
  return message;
}

/**
 * The thread to answer in. Slack asks for the parent's `ts`; what it does with a reply's `ts` is not documented, so the
 * playground refuses it where an app can notice.
 */
export function threadOf(call: Call, channel: Channel, threadTs: string | undefined): string | undefined {
  if (threadTs === undefined) return undefined;
  if (parseTs(threadTs) === undefined) throw new Refusal('invalid_thread_ts');
  const parent = call.site.workspace.message(channel.id, threadTs);
  if (parent === undefined || parent.threadTs !== undefined) throw new Refusal('thread_not_found');
  return threadTs;
}
