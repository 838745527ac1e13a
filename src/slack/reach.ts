import { z } from 'zod';
import { Failure } from '../failure.ts';
import { isDoubt, slackCode } from './failures.ts';
import type { CallSlack } from './web-api.ts';

const info = z.object({
  channel: z.object({
    is_member: z.boolean().optional(),
    is_private: z.boolean().optional(),
    is_archived: z.boolean().optional(),
  }),
});

/**
 * Throws a `Failure` where the bot could not post. A command may be given in any channel, its card is posted much later by
 * a job, and by then nobody is there to be told. Where Slack cannot say, as for direct messages, the card is tried.
 */
export async function mustReach(call: CallSlack, channel: string): Promise<void> {
  try {
    const found = await call('conversations.info', { channel }, info);
    const { is_member, is_private, is_archived } = found.channel;
    if (!is_archived && !(is_private && is_member === false)) return;
  } catch (thrown) {
    if (!(thrown instanceof Failure) || isDoubt(thrown) || slackCode(thrown) !== 'channel_not_found') return;
  }
  throw new Failure(
    'misconfigured',
    'I cannot post in this channel.',
    'Invite me with /invite, or give me the trace in a channel that I am in.',
  );
}
