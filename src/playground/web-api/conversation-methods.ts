import { z } from 'zod';
import { APP, type Channel, type Person, TEAM } from '../workspace/identities.ts';
import type { StoredMessage } from '../workspace/message.ts';
import { parseTs } from '../workspace/timestamp.ts';
import { threads, type Wire, wireMessage } from '../workspace/wire.ts';
import { channelOf, joined } from './find.ts';
import { type Call, count, flag, ignored, type Method, method, Refusal, word } from './method.ts';

const READ = ['channels:history', 'groups:history'];

const paging = {
  cursor: word.optional(),
  limit: count.default(100),
  oldest: word.optional(),
  latest: word.optional(),
  inclusive: flag.default(false),
  include_all_metadata: flag.default(false),
};
type Paging = {
  readonly cursor?: string | undefined;
  readonly limit: number;
  readonly oldest?: string | undefined;
  readonly latest?: string | undefined;
  readonly inclusive: boolean;
};

function bound(ts: string | undefined, error: string): number | undefined {
  if (ts === undefined || ts === '') return undefined;
  const at = parseTs(ts);
  if (at === undefined) throw new Refusal(error);
  return at;
}

/** Messages between `oldest` and `latest`; the ends themselves only when `inclusive`. */
function within(messages: readonly StoredMessage[], args: Paging): readonly StoredMessage[] {
  const oldest = bound(args.oldest, 'invalid_ts_oldest');
  const latest = bound(args.latest, 'invalid_ts_latest');
  return messages.filter((message) => {
    const at = parseTs(message.ts) ?? 0;
    if (oldest !== undefined && (args.inclusive ? at < oldest : at <= oldest)) return false;
    return latest === undefined || (args.inclusive ? at <= latest : at < latest);
  });
}

/** One page and the way to the next; a cursor says how many came before, in base64 as Slack's do. */
function page<T>(items: readonly T[], args: Pick<Paging, 'cursor' | 'limit'>) {
  if (args.limit < 1 || args.limit > 1000) throw new Refusal('invalid_limit');
  const from = args.cursor === undefined || args.cursor === '' ? 0 : readCursor(args.cursor);
  const end = from + args.limit;
  const more = end < items.length;
  return {
    items: items.slice(from, end),
    has_more: more,
    response_metadata: { next_cursor: more ? Buffer.from(`next:${end}`).toString('base64') : '' },
  };
}

function readCursor(cursor: string): number {
  const match = /^next:(\d+)$/.exec(Buffer.from(cursor, 'base64').toString());
  if (match === null) throw new Refusal('invalid_cursor');
  return Number(match[1]);
}

function show(
  messages: readonly StoredMessage[],
  said: readonly StoredMessage[],
  call: Call,
  metadata: boolean,
): Wire[] {
  const { workspace, files } = call.site;
  const replies = threads(said);
  const showing = { workspace, files, origin: call.origin, metadata };
  return messages.map((message) => wireMessage(message, showing, replies.get(message.ts) ?? []));
}

const history = method({
  scopes: READ,
  arguments: z.object({ channel: word, ...paging }),
  run(args, call) {
    const channel = joined(channelOf(call, args.channel));
    const said = call.site.workspace.said(channel.id);
    const roots = within(
      said.filter((message) => message.threadTs === undefined),
      args,
    );
    const { items, ...rest } = page(roots.toReversed(), args);
    return { messages: show(items, said, call, args.include_all_metadata), pin_count: 0, ...rest };
  },
});

const replies = method({
  scopes: READ,
  arguments: z.object({ channel: word, ts: word, ...paging }),
  run(args, call) {
    const channel = joined(channelOf(call, args.channel));
    const said = call.site.workspace.said(channel.id);
    const parent = call.site.workspace.message(channel.id, args.ts);
    if (parent === undefined) throw new Refusal('thread_not_found');
    const answers = within(
      said.filter((message) => message.threadTs === args.ts),
      args,
    );
    // The parent leads every page's list, whatever the bounds say.
    const { items, ...rest } = page(answers, { ...args, limit: Math.max(1, args.limit - 1) });
    return { messages: show([parent, ...items], said, call, args.include_all_metadata), ...rest };
  },
});

function wireChannel(channel: Channel): Wire {
  return {
    id: channel.id,
    name: channel.name,
    name_normalized: channel.name,
    is_channel: true,
    is_group: false,
    is_im: false,
    is_mpim: false,
    is_private: false,
    is_archived: false,
    is_general: channel.name === 'general',
    is_member: channel.joined,
    context_team_id: TEAM.id,
    topic: { value: '', creator: '', last_set: 0 },
    purpose: { value: channel.purpose, creator: '', last_set: 0 },
  };
}

const info = method({
  scopes: ['channels:read', 'groups:read'],
  arguments: z.object({ channel: word, include_locale: ignored, include_num_members: ignored }),
  run: (args, call) => ({ channel: wireChannel(channelOf(call, args.channel)) }),
});

const list = method({
  scopes: ['channels:read', 'groups:read'],
  arguments: z.object({
    cursor: word.optional(),
    limit: count.default(100),
    types: ignored,
    exclude_archived: ignored,
  }),
  run(args, call) {
    const { items, response_metadata } = page(call.site.workspace.channels, args);
    return { channels: items.map(wireChannel), response_metadata };
  },
});

const join = method({
  scopes: ['channels:join'],
  arguments: z.object({ channel: word }),
  run(args, call) {
    const channel = channelOf(call, args.channel);
    call.site.workspace.join(channel.id);
    return { channel: wireChannel({ ...channel, joined: true }) };
  },
});

function wirePerson(person: Person): Wire {
  const [firstName] = person.realName.split(' ');
  return {
    id: person.id,
    team_id: TEAM.id,
    name: person.name,
    real_name: person.realName,
    deleted: false,
    is_bot: person.bot,
    is_app_user: false,
    tz: 'Etc/UTC',
    tz_offset: 0,
    profile: {
      real_name: person.realName,
      display_name: person.name,
      first_name: firstName,
      ...(person.bot ? { bot_id: APP.botId, api_app_id: APP.id } : {}),
    },
  };
}

const userInfo = method({
  scopes: ['users:read'],
  arguments: z.object({ user: word, include_locale: ignored }),
  run(args, call) {
    const person = call.site.workspace.people.find((one) => one.id === args.user);
    if (person === undefined) throw new Refusal('user_not_found');
    return { user: wirePerson(person) };
  },
});

export const conversationMethods: Readonly<Record<string, Method>> = {
  'conversations.history': history,
  'conversations.replies': replies,
  'conversations.info': info,
  'conversations.list': list,
  'conversations.join': join,
  'users.info': userInfo,
};
