import { z } from 'zod';
import { TEAM } from '../workspace/identities.ts';
import type { StoredMessage } from '../workspace/message.ts';
import { type Wire, wireMessage } from '../workspace/wire.ts';
import { readContent, readMetadata } from './content.ts';
import { channelOf, joined, messageOf, speakable, threadOf } from './find.ts';
import { type Call, flag, ignored, type Method, method, nested, Refusal, word } from './method.ts';

const LONGEST_POST = 40_000;
const LONGEST_EDIT = 4_000;

/** Known to every method that writes; the playground draws messages one way only. */
const looks = {
  attachments: ignored,
  parse: ignored,
  link_names: ignored,
  mrkdwn: ignored,
  unfurl_links: ignored,
  unfurl_media: ignored,
  username: ignored,
  icon_emoji: ignored,
  icon_url: ignored,
  as_user: ignored,
};

const saying = { text: word.optional(), blocks: z.unknown().optional(), markdown_text: word.optional() };

function shown(message: StoredMessage, call: Call): Wire {
  const { workspace, files } = call.site;
  const replies = workspace.replies(message.channel, message.ts);
  return wireMessage(message, { workspace, files, origin: call.origin, metadata: true }, replies);
}

/** The bot's own message, which alone it may change. */
function own(call: Call, channelId: string, ts: string, refusal: string): StoredMessage {
  const message = messageOf(call, joined(channelOf(call, channelId)), ts);
  if (!message.bot) throw new Refusal(refusal);
  return message;
}

const postMessage = method({
  scopes: ['chat:write'],
  arguments: z.object({
    channel: word,
    thread_ts: word.optional(),
    reply_broadcast: flag.optional(),
    metadata: nested(z.unknown()).optional(),
    client_msg_id: word.optional(),
    draft_id: ignored,
    ...saying,
    ...looks,
  }),
  run(args, call) {
    const { workspace } = call.site;
    const channel = speakable(call, channelOf(call, args.channel, 'names-too'));
    const threadTs = threadOf(call, channel, args.thread_ts);
    const content = readContent(args, call.site, LONGEST_POST);
    const metadata = readMetadata(args.metadata);
    const message = workspace.post({
      channel: channel.id,
      user: workspace.bot.id,
      bot: true,
      ...content,
      ...(threadTs === undefined ? {} : { threadTs }),
      ...(metadata === undefined || metadata === null ? {} : { metadata }),
    });
    return { channel: channel.id, ts: message.ts, message: shown(message, call) };
  },
});

const update = method({
  scopes: ['chat:write'],
  arguments: z.object({
    channel: word,
    ts: word,
    metadata: nested(z.unknown()).optional(),
    reply_broadcast: ignored,
    file_ids: ignored,
    ...saying,
    ...looks,
  }),
  run(args, call) {
    const { workspace } = call.site;
    const before = own(call, args.channel, args.ts, 'cant_update_message');
    // Blocks that are not mentioned stay; an empty list takes them away.
    const content = readContent({ ...args, text: args.text ?? before.text }, call.site, LONGEST_EDIT);
    const blocks = content.blocks ?? before.blocks;
    const metadata = readMetadata(args.metadata);
    const { blocks: _, metadata: kept, ...rest } = before;
    const message = workspace.replace(before, {
      ...rest,
      text: content.text,
      ...(blocks === undefined || blocks.length === 0 ? {} : { blocks }),
      ...(metadata === undefined
        ? kept === undefined
          ? {}
          : { metadata: kept }
        : metadata === null
          ? {}
          : { metadata }),
      edited: { user: workspace.bot.id, ts: workspace.stamp() },
    });
    return { channel: message.channel, ts: message.ts, text: message.text, message: shown(message, call) };
  },
});

const remove = method({
  scopes: ['chat:write'],
  arguments: z.object({ channel: word, ts: word, as_user: ignored }),
  run(args, call) {
    const message = own(call, args.channel, args.ts, 'cant_delete_message');
    call.site.workspace.remove(message);
    return { channel: message.channel, ts: message.ts };
  },
});

const postEphemeral = method({
  scopes: ['chat:write'],
  arguments: z.object({ channel: word, user: word, thread_ts: word.optional(), ...saying, ...looks }),
  run(args, call) {
    const { workspace } = call.site;
    const channel = joined(channelOf(call, args.channel));
    const user = workspace.people.find((person) => person.id === args.user);
    if (user === undefined) throw new Refusal('user_not_in_channel');
    const threadTs = threadOf(call, channel, args.thread_ts);
    const content = readContent(args, call.site, LONGEST_POST);
    const message = workspace.post({
      channel: channel.id,
      user: workspace.bot.id,
      bot: true,
      onlyFor: user.id,
      ...content,
      ...(threadTs === undefined ? {} : { threadTs }),
    });
    return { message_ts: message.ts };
  },
});

const getPermalink = method({
  arguments: z.object({ channel: word, message_ts: word }),
  run(args, call) {
    const channel = channelOf(call, args.channel);
    const message = messageOf(call, channel, args.message_ts);
    return { channel: channel.id, permalink: permalink(call.origin, message) };
  },
});

/** A link to the page that opens the message's thread. */
export function permalink(origin: string, message: StoredMessage): string {
  const query = new URLSearchParams({ channel: message.channel, thread: message.threadTs ?? message.ts });
  return `${origin}/?${query}#m-${message.ts}`;
}

export const chatMethods: Readonly<Record<string, Method>> = {
  'chat.postMessage': postMessage,
  'chat.update': update,
  'chat.delete': remove,
  'chat.postEphemeral': postEphemeral,
  'chat.getPermalink': getPermalink,
};

/** Given to `auth.test` and to nobody else; here so that links are made in one file. */
export const teamUrl = (origin: string): Wire => ({ url: `${origin}/`, team: TEAM.name, team_id: TEAM.id });
