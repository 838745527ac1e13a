import type { Files } from './files.ts';
import { APP, TEAM } from './identities.ts';
import { isImage } from './image-type.ts';
import type { StoredFile, StoredMessage } from './message.ts';
import type { Workspace } from './workspace.ts';

/** JSON as it goes out; what comes in is parsed. */
export type Wire = Readonly<Record<string, unknown>>;

/** Where a message is shown to: links are made for this origin, as `http://127.0.0.1:3000`. */
export type Showing = {
  readonly workspace: Workspace;
  readonly files: Files;
  readonly origin: string;
  /** Slack keeps metadata back unless asked with `include_all_metadata`. */
  readonly metadata: boolean;
};

/** A message in Slack's own shape, with the counts of its thread. */
export function wireMessage(message: StoredMessage, showing: Showing, replies: readonly StoredMessage[]): Wire {
  const parent =
    message.threadTs === undefined ? undefined : showing.workspace.message(message.channel, message.threadTs);
  return {
    ...(message.subtype === undefined ? {} : { subtype: message.subtype }),
    user: message.user,
    type: 'message',
    ts: message.ts,
    ...(message.clientMsgId === undefined ? {} : { client_msg_id: message.clientMsgId }),
    ...(message.bot ? wireBot(showing.workspace) : {}),
    text: message.text,
    team: TEAM.id,
    ...(message.blocks === undefined ? {} : { blocks: message.blocks }),
    ...(message.files === undefined ? {} : { files: wireFiles(message.files, showing), upload: false }),
    ...(message.edited === undefined ? {} : { edited: message.edited }),
    ...(message.threadTs === undefined ? {} : { thread_ts: message.threadTs, parent_user_id: parent?.user }),
    ...(replies.length === 0 ? {} : wireThread(message.ts, replies)),
    ...(showing.metadata && message.metadata !== undefined ? { metadata: message.metadata } : {}),
    ...(message.onlyFor === undefined ? {} : { is_ephemeral: true }),
  };
}

function wireBot(workspace: Workspace): Wire {
  return {
    bot_id: APP.botId,
    app_id: APP.id,
    bot_profile: {
      id: APP.botId,
      app_id: APP.id,
      user_id: APP.userId,
      name: workspace.bot.realName,
      deleted: false,
      team_id: TEAM.id,
    },
  };
}

function wireThread(ts: string, replies: readonly StoredMessage[]): Wire {
  const users = [...new Set(replies.map((reply) => reply.user))];
  return {
    thread_ts: ts,
    reply_count: replies.length,
    reply_users_count: users.length,
    latest_reply: replies.at(-1)?.ts,
    reply_users: users,
    is_locked: false,
    subscribed: false,
  };
}

/** The replies of every thread of a channel, by the first message's `ts`. */
export function threads(said: readonly StoredMessage[]): ReadonlyMap<string, readonly StoredMessage[]> {
  const found = new Map<string, StoredMessage[]>();
  for (const message of said) {
    if (message.threadTs === undefined) continue;
    const thread = found.get(message.threadTs);
    if (thread === undefined) found.set(message.threadTs, [message]);
    else thread.push(message);
  }
  return found;
}

function wireFiles(ids: readonly string[], showing: Showing): Wire[] {
  return ids.map((id) => {
    const file = showing.files.get(id);
    return file === undefined ? { id, mode: 'tombstone' } : wireFile(file, showing.origin);
  });
}

/** Where the bytes of a file are fetched from, without the origin. */
export const filePath = (file: StoredFile): string => `/playground/files/${file.id}/${encodeURIComponent(file.name)}`;

export function wireFile(file: StoredFile, origin: string): Wire {
  const shares: Record<string, Wire[]> = {};
  for (const share of file.shares) {
    const places = shares[share.channel] ?? [];
    shares[share.channel] = places;
    places.push({ ts: share.ts, ...(share.threadTs === undefined ? {} : { thread_ts: share.threadTs }) });
  }
  return {
    id: file.id,
    created: file.created,
    timestamp: file.created,
    name: file.name,
    title: file.title,
    mimetype: file.mimetype,
    filetype: file.filetype,
    pretty_type: file.filetype.toUpperCase(),
    user: APP.userId,
    user_team: TEAM.id,
    editable: false,
    size: file.size,
    mode: 'hosted',
    is_external: false,
    is_public: file.shares.length > 0,
    ...(file.alt === undefined || !isImage(file.mimetype) ? {} : { alt_txt: file.alt }),
    url_private: origin + filePath(file),
    url_private_download: `${origin}${filePath(file)}?download=1`,
    permalink: origin + filePath(file),
    channels: Object.keys(shares),
    groups: [],
    ims: [],
    shares: file.shares.length === 0 ? {} : { public: shares },
    has_rich_preview: false,
    file_access: 'visible',
  };
}
