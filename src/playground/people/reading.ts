import { threads, type Wire, wireMessage } from '../workspace/wire.ts';
import { channelNamed, type Stage } from './speaking.ts';

/**
 * What stands in a channel, newest last, in Slack's own shape; every message with its `replies` and `files`. What one
 * person alone can see is apart, under `ephemeral`.
 */
export function readChannel(reference: string, origin: string, stage: Stage): Wire {
  const { workspace, site } = stage;
  const channel = channelNamed(reference, workspace);
  const said = workspace.said(channel.id);
  const replies = threads(said);
  const showing = { workspace, files: site.files, origin, metadata: true };
  const show = (message: (typeof said)[number]): Wire => {
    const thread = replies.get(message.ts) ?? [];
    const wire = wireMessage(message, showing, thread);
    return { files: [], ...wire, ...(message.threadTs === undefined ? { replies: thread.map(show) } : {}) };
  };
  return {
    channel: { id: channel.id, name: channel.name },
    messages: said.filter((message) => message.threadTs === undefined).map(show),
    ephemeral: workspace.whispers(channel.id).map(show),
  };
}
