import { z } from 'zod';
import type { ResponseTarget } from '../socket/one-time-keys.ts';
import { readContent } from '../web-api/content.ts';
import { flag, Refusal, type Site } from '../web-api/method.ts';

const answerSchema = z.object({
  text: z.string().optional(),
  blocks: z.unknown().optional(),
  response_type: z.enum(['ephemeral', 'in_channel']).default('ephemeral'),
  replace_original: flag.optional(),
  delete_original: flag.optional(),
  thread_ts: z.string().optional(),
});

/**
 * Does what an app asks through its acknowledgement of a command or through a `response_url`: says something to the person
 * or to the channel, or puts something else in the place of the message that was clicked. Throws a `Refusal`.
 */
export function answerFromApp(raw: unknown, target: ResponseTarget, site: Site): void {
  const given = typeof raw === 'string' ? { text: raw } : raw;
  if (given === undefined || given === null) return;
  const parsed = answerSchema.safeParse(given);
  if (!parsed.success) throw new Refusal('invalid_payload');
  const answer = parsed.data;
  const { workspace } = site;
  const clicked = target.messageTs === undefined ? undefined : original(target.channel, target.messageTs, site);
  if (answer.delete_original === true && clicked !== undefined) {
    workspace.remove(clicked);
    return;
  }
  if (answer.text === undefined && answer.blocks === undefined) return;
  const content = readContent(answer, site, 40_000);
  if (answer.replace_original === true && clicked !== undefined) {
    const { blocks: _, ...rest } = clicked;
    workspace.replace(clicked, { ...rest, ...content, edited: { user: workspace.bot.id, ts: workspace.stamp() } });
    return;
  }
  const threadTs = answer.thread_ts ?? target.threadTs;
  workspace.post({
    channel: target.channel,
    user: workspace.bot.id,
    bot: true,
    ...content,
    ...(answer.response_type === 'ephemeral' ? { onlyFor: target.person } : {}),
    ...(threadTs === undefined ? {} : { threadTs }),
  });
}

const original = (channel: string, ts: string, site: Site) =>
  site.workspace.message(channel, ts) ?? site.workspace.whisper(channel, ts);
