import { z } from 'zod';

/** The members of Slack's payloads that we use. Everything else stays at the door. */

export const mentionEvent = z.object({
  user: z.string().optional(),
  bot_id: z.string().optional(),
  text: z.string().default(''),
  channel: z.string(),
  ts: z.string(),
  thread_ts: z.string().optional(),
});

export const messageEvent = mentionEvent.extend({
  subtype: z.string().optional(),
  channel_type: z.string().optional(),
});

export const delivery = z.object({ event_id: z.string().optional() });

export const buttonClick = z.object({
  user: z.object({ id: z.string() }),
  container: z.object({ channel_id: z.string(), message_ts: z.string(), thread_ts: z.string().optional() }),
  message: z.object({ thread_ts: z.string().optional() }).optional(),
});

export const button = z.object({
  action_id: z.string(),
  action_ts: z.string(),
  value: z.string().optional(),
  url: z.string().optional(),
});

export const messageShortcut = z.object({
  trigger_id: z.string(),
  user: z.object({ id: z.string() }),
  channel: z.object({ id: z.string() }),
  message: z.object({
    ts: z.string(),
    thread_ts: z.string().optional(),
    text: z.string().default(''),
    blocks: z.unknown().optional(),
    attachments: z.unknown().optional(),
  }),
});
