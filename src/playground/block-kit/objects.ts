import { z } from 'zod';

/**
 * The small parts that blocks are made of, with the limits of Slack's reference (docs.slack.dev/reference/block-kit).
 * Every object is strict: Slack refuses a property that it does not know inside a block.
 */
const identifier = z.string().min(1).max(255);
export const blockId = identifier.optional();
export const actionId = identifier.optional();

export const plainText = (max: number) =>
  z.strictObject({ type: z.literal('plain_text'), text: z.string().min(1).max(max), emoji: z.boolean().optional() });

const mrkdwn = (max: number) =>
  z.strictObject({ type: z.literal('mrkdwn'), text: z.string().min(1).max(max), verbatim: z.boolean().optional() });

export const anyText = (max: number) => z.discriminatedUnion('type', [plainText(max), mrkdwn(max)]);

const fileId = z.string().regex(/^F[A-Z0-9]{8,}$/, 'must be a file id');
export const slackFile = z
  .strictObject({ id: fileId.optional(), url: z.string().max(3000).optional() })
  .refine((file) => (file.id === undefined) !== (file.url === undefined), 'must have either id or url');

const confirm = z.strictObject({
  title: plainText(100),
  text: anyText(300),
  confirm: plainText(30),
  deny: plainText(30),
  style: z.enum(['primary', 'danger']).optional(),
});

const option = z.strictObject({
  text: anyText(75),
  value: z.string().min(1).max(150),
  description: anyText(75).optional(),
  url: z.string().max(3000).optional(),
});

export const button = z.strictObject({
  type: z.literal('button'),
  text: plainText(75),
  action_id: actionId,
  value: z.string().max(2000).optional(),
  url: z.string().max(3000).optional(),
  style: z.enum(['primary', 'danger']).optional(),
  confirm: confirm.optional(),
  accessibility_label: z.string().max(75).optional(),
});

export const staticSelect = z.strictObject({
  type: z.literal('static_select'),
  action_id: actionId,
  placeholder: plainText(150).optional(),
  options: z.array(option).min(1).max(100),
  initial_option: option.optional(),
  confirm: confirm.optional(),
  focus_on_load: z.boolean().optional(),
});

export const overflow = z.strictObject({
  type: z.literal('overflow'),
  action_id: actionId,
  options: z.array(option).min(1).max(5),
  confirm: confirm.optional(),
});

export const imageElement = z.strictObject({
  type: z.literal('image'),
  image_url: z.string().max(3000).optional(),
  slack_file: slackFile.optional(),
  alt_text: z.string().max(2000),
});

/** What `rich_text` holds. Slack made it for people's own messages; apps may send it too. */
const style = z.looseObject({}).optional();
const richInline = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text'), text: z.string(), style }),
  z.strictObject({
    type: z.literal('link'),
    url: z.string(),
    text: z.string().optional(),
    unsafe: z.boolean().optional(),
    style,
  }),
  z.strictObject({ type: z.literal('user'), user_id: z.string(), style }),
  z.strictObject({ type: z.literal('channel'), channel_id: z.string(), style }),
  z.strictObject({ type: z.literal('usergroup'), usergroup_id: z.string(), style }),
  z.strictObject({ type: z.literal('broadcast'), range: z.enum(['here', 'channel', 'everyone']), style }),
  z.strictObject({ type: z.literal('emoji'), name: z.string(), unicode: z.string().optional(), style }),
  z.strictObject({
    type: z.literal('date'),
    timestamp: z.number().int(),
    format: z.string(),
    url: z.string().optional(),
    fallback: z.string().optional(),
    style,
  }),
]);
const richSection = z.strictObject({ type: z.literal('rich_text_section'), elements: z.array(richInline) });
const richPart = z.discriminatedUnion('type', [
  richSection,
  z.strictObject({
    type: z.literal('rich_text_list'),
    style: z.enum(['bullet', 'ordered']),
    elements: z.array(richSection),
    indent: z.number().int().optional(),
    offset: z.number().int().optional(),
    border: z.number().int().optional(),
  }),
  z.strictObject({
    type: z.literal('rich_text_quote'),
    elements: z.array(richInline),
    border: z.number().int().optional(),
  }),
  z.strictObject({
    type: z.literal('rich_text_preformatted'),
    elements: z.array(richInline),
    border: z.number().int().optional(),
    language: z.string().optional(),
  }),
]);
export const richText = z.strictObject({
  type: z.literal('rich_text'),
  block_id: blockId,
  elements: z.array(richPart).min(1),
});
