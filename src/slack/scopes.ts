/**
 * The Web API methods we call and the bot scopes each needs (docs.slack.dev, the method pages). A test holds this table
 * against the calls in this folder and against `manifest.yml`, so that we ask a workspace for nothing we do not use.
 */
export const METHOD_SCOPES = {
  'auth.test': [],
  'chat.postMessage': ['chat:write'],
  'chat.update': ['chat:write'],
  'chat.delete': ['chat:write'],
  'chat.postEphemeral': ['chat:write'],
  'chat.getPermalink': [],
  'conversations.list': ['channels:read', 'groups:read'],
  'conversations.info': ['channels:read', 'groups:read'],
  'conversations.join': ['channels:join'],
  'conversations.history': ['channels:history', 'groups:history', 'im:history'],
  'conversations.replies': ['channels:history', 'groups:history', 'im:history'],
  'files.getUploadURLExternal': ['files:write'],
  'files.completeUploadExternal': ['files:write'],
  'files.info': ['files:read'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

/** What the app listens to and the scope without which Slack sends nothing. */
export const EVENT_SCOPES = {
  app_mention: ['app_mentions:read'],
  'message.channels': ['channels:history'],
  'message.groups': ['groups:history'],
  'message.im': ['im:history'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

/** `/trace` and the message shortcut. */
const COMMAND_SCOPES = ['commands'] as const;

/** Every bot scope the app needs, sorted. */
export const SCOPES: readonly string[] = [
  ...new Set([...Object.values(METHOD_SCOPES).flat(), ...Object.values(EVENT_SCOPES).flat(), ...COMMAND_SCOPES]),
].sort();
