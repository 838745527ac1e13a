import type { Grant } from '../manifest.ts';
import type { Files } from '../workspace/files.ts';
import type { StoredMessage } from '../workspace/message.ts';
import { parseTs } from '../workspace/timestamp.ts';
import { type Wire, wireMessage } from '../workspace/wire.ts';
import type { Change, Workspace } from '../workspace/workspace.ts';
import { changedEvent, deletedEvent, eventFrame, mentionEvent, messageEvent } from './payloads.ts';
import type { SocketMode } from './socket-mode.ts';

/**
 * Tells the app what happens in its channels, its own doings too, as far as its manifest subscribes: a saying becomes a
 * `message` event, one that names the bot an `app_mention` as well, an edit a `message_changed`.
 */
export function announceChanges(workspace: Workspace, files: Files, grant: Grant, socket: SocketMode): () => void {
  const hears = (event: string) => grant.events?.includes(event) ?? true;
  return workspace.watch((change) => {
    const channel = workspace.channel(change.channel);
    if (channel?.joined !== true || (change.after ?? change.before)?.onlyFor !== undefined) return;
    const show = (message: StoredMessage, origin: string) =>
      wireMessage(message, { workspace, files, origin, metadata: true }, workspace.replies(channel.id, message.ts));
    for (const event of eventsOf(change, workspace, show)) {
      const subscription = event.mention ? 'app_mention' : 'message.channels';
      if (!hears(subscription)) continue;
      // Made once: a second delivery of the same event carries the same `event_id`.
      let frame: Wire | undefined;
      socket.publish((origin) => {
        frame ??= eventFrame(event.make(origin), parseTs(change.ts) ?? 0);
        return frame;
      });
    }
  });
}

type Show = (message: StoredMessage, origin: string) => Wire;
type Told = { readonly mention: boolean; make(origin: string): Wire };

function eventsOf(change: Change, workspace: Workspace, show: Show): readonly Told[] {
  const { before, after, channel } = change;
  if (after !== undefined && before !== undefined) {
    const ts = after.edited?.ts ?? workspace.stamp();
    return [{ mention: false, make: (origin) => changedEvent(channel, show(after, origin), show(before, origin), ts) }];
  }
  if (after !== undefined) {
    const said: Told = { mention: false, make: (origin) => messageEvent(after, show(after, origin)) };
    if (after.bot || !after.text.includes(`<@${workspace.bot.id}>`)) return [said];
    return [{ mention: true, make: (origin) => mentionEvent(after, show(after, origin)) }, said];
  }
  if (before === undefined) return [];
  const ts = workspace.stamp();
  return [{ mention: false, make: (origin) => deletedEvent(channel, show(before, origin), ts) }];
}
