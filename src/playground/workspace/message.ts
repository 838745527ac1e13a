import { z } from 'zod';
import { blocksSchema } from '../block-kit/blocks.ts';

const metadataSchema = z.object({ event_type: z.string(), event_payload: z.record(z.string(), z.unknown()) });
export type Metadata = z.infer<typeof metadataSchema>;

/**
 * A message as the playground keeps it: only what cannot be derived. Counts of a thread, profiles and links are made when
 * it is shown (`wire.ts`). It is never changed in place, so that a rendering may be remembered by identity.
 */
export const messageSchema = z
  .object({
    channel: z.string(),
    ts: z.string(),
    /** The first message of the thread; missing on first messages. */
    threadTs: z.string().optional(),
    user: z.string(),
    bot: z.boolean(),
    subtype: z.string().optional(),
    text: z.string(),
    blocks: blocksSchema.optional(),
    files: z.array(z.string()).optional(),
    metadata: metadataSchema.optional(),
    edited: z.object({ user: z.string(), ts: z.string() }).optional(),
    clientMsgId: z.string().optional(),
    /** Only this person sees it; such messages are never in the history. */
    onlyFor: z.string().optional(),
  })
  .readonly();
export type StoredMessage = z.infer<typeof messageSchema>;
export type Draft = Omit<StoredMessage, 'ts'>;

/**
 * A file on its way: `announced` (a place to send bytes to) → `uploaded` (bytes are there) → `completed` (told that they
 * are all there) → `processed` (Slack has looked at it: it has a type and may stand in a message).
 */
export const fileSchema = z
  .object({
    id: z.string(),
    status: z.enum(['announced', 'uploaded', 'completed', 'processed']),
    created: z.number(),
    name: z.string(),
    title: z.string(),
    size: z.number(),
    alt: z.string().optional(),
    mimetype: z.string(),
    filetype: z.string(),
    shares: z.array(z.object({ channel: z.string(), ts: z.string(), threadTs: z.string().optional() })),
  })
  .readonly();
export type StoredFile = z.infer<typeof fileSchema>;
