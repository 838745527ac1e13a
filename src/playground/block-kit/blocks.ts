import { z } from 'zod';
import {
  anyText,
  blockId,
  button,
  imageElement,
  overflow,
  plainText,
  richText,
  slackFile,
  staticSelect,
} from './objects.ts';

const accessory = z.discriminatedUnion('type', [button, staticSelect, overflow, imageElement]);

const section = z
  .strictObject({
    type: z.literal('section'),
    block_id: blockId,
    text: anyText(3000).optional(),
    fields: z.array(anyText(2000)).min(1).max(10).optional(),
    accessory: accessory.optional(),
    expand: z.boolean().optional(),
  })
  .refine((block) => block.text !== undefined || block.fields !== undefined, 'must have text or fields');

const image = z
  .strictObject({
    type: z.literal('image'),
    block_id: blockId,
    image_url: z.string().max(3000).optional(),
    slack_file: slackFile.optional(),
    alt_text: z.string().min(1).max(2000),
    title: plainText(2000).optional(),
  })
  .refine(
    (block) => (block.image_url === undefined) !== (block.slack_file === undefined),
    'must have either image_url or slack_file',
  );

const cell = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('raw_text'), text: z.string() }),
  z.strictObject({ type: z.literal('raw_number'), value: z.number(), text: z.string().optional() }),
  richText,
]);

const table = z.strictObject({
  type: z.literal('table'),
  block_id: blockId,
  rows: z.array(z.array(cell).min(1).max(20)).min(1).max(100),
  column_settings: z
    .array(
      z
        .strictObject({ align: z.enum(['left', 'center', 'right']).optional(), is_wrapped: z.boolean().optional() })
        .nullable(),
    )
    .max(20)
    .optional(),
});

/**
 * The blocks that a message may hold here, each with Slack's limits. What is missing from the list (modals' inputs, video,
 * charts and cards) is refused as an unsupported type: nobody should believe it was tried.
 */
const block = z.discriminatedUnion('type', [
  section,
  image,
  table,
  richText,
  z.strictObject({ type: z.literal('header'), block_id: blockId, text: plainText(150) }),
  z.strictObject({ type: z.literal('divider'), block_id: blockId }),
  z.strictObject({
    type: z.literal('context'),
    block_id: blockId,
    elements: z
      .array(z.union([anyText(2000), imageElement]))
      .min(1)
      .max(10),
  }),
  z.strictObject({
    type: z.literal('actions'),
    block_id: blockId,
    elements: z
      .array(z.discriminatedUnion('type', [button, staticSelect, overflow]))
      .min(1)
      .max(25),
  }),
  z.strictObject({ type: z.literal('markdown'), block_id: blockId, text: z.string().min(1).max(12_000) }),
]);

export const blocksSchema = z.array(block).max(50);
export type Block = z.infer<typeof block>;
export type ActionElement = Extract<Block, { type: 'actions' }>['elements'][number];
export type Table = Extract<Block, { type: 'table' }>;

/** Every element of a message that can be pressed, with the block it stands in. */
export function* pressable(
  blocks: readonly Block[],
): Generator<{ readonly block: Block; readonly element: ActionElement }> {
  for (const block of blocks) {
    if (block.type === 'actions') for (const element of block.elements) yield { block, element };
    if (block.type === 'section' && block.accessory !== undefined && block.accessory.type !== 'image') {
      yield { block, element: block.accessory };
    }
  }
}
