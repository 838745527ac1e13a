import { z } from 'zod';
import type { Block } from '../block-kit/blocks.ts';
import { checkBlocks } from '../block-kit/check-blocks.ts';
import { isImage } from '../workspace/image-type.ts';
import type { Metadata } from '../workspace/message.ts';
import { filePath } from '../workspace/wire.ts';
import { Refusal, type Site } from './method.ts';

export type Content = { readonly text: string; readonly blocks?: Block[] };

/**
 * What a message says, refused as Slack refuses it. `longest` is 40,000 characters for a new message and 4,000 for an edit.
 */
export function readContent(
  said: { readonly text?: string | undefined; readonly blocks?: unknown; readonly markdown_text?: string | undefined },
  site: Site,
  longest: number,
): Content {
  if (said.markdown_text !== undefined) return readMarkdown(said.markdown_text, said.text, said.blocks);
  const text = said.text ?? '';
  if (text.length > longest) throw new Refusal('msg_too_long');
  const blocks = said.blocks === undefined ? undefined : readBlocks(said.blocks, site);
  if (text.trim() === '' && (blocks === undefined || blocks.length === 0)) throw new Refusal('no_text');
  return { text, ...(blocks === undefined ? {} : { blocks }) };
}

function readMarkdown(markdown: string, text: string | undefined, blocks: unknown): Content {
  if (text !== undefined || blocks !== undefined) throw new Refusal('markdown_text_conflict');
  if (markdown.length > 12_000) throw new Refusal('msg_too_long');
  if (markdown.trim() === '') throw new Refusal('no_text');
  return { text: markdown, blocks: [{ type: 'markdown', block_id: 'blk0', text: markdown }] };
}

export function readBlocks(raw: unknown, site: Site): Block[] {
  const verdict = checkBlocks(raw, (reference) => usable(reference, site));
  if ('error' in verdict) throw new Refusal(verdict.error, verdict.messages, { errors: verdict.messages });
  return verdict.blocks;
}

/** Slack takes an image only once it has looked at it, which is some time after the upload was completed. */
function usable(
  reference: { readonly id?: string | undefined; readonly url?: string | undefined },
  site: Site,
): boolean {
  const id = reference.id ?? /\/files\/(F[A-Z0-9]+)\//.exec(reference.url ?? '')?.[1];
  const file = id === undefined ? undefined : site.files.get(id);
  if (file === undefined || file.status !== 'processed' || !isImage(file.mimetype)) return false;
  return reference.url === undefined || reference.url.endsWith(filePath(file));
}

const metadataShape = z.strictObject({
  event_type: z.string().min(1).max(255),
  event_payload: z.record(z.string(), z.unknown()),
  entities: z.array(z.unknown()).optional(),
});

/** Metadata of at most 16 KB; undefined where none was given, null where `{}` asks to take it away. */
export function readMetadata(raw: unknown): Metadata | null | undefined {
  if (raw === undefined) return undefined;
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) throw new Refusal('invalid_metadata_format');
  if (Object.keys(raw).length === 0) return null;
  const parsed = metadataShape.safeParse(raw);
  if (!parsed.success) throw new Refusal('invalid_metadata_schema');
  if (JSON.stringify(raw).length > 16_384) throw new Refusal('metadata_too_large');
  return { event_type: parsed.data.event_type, event_payload: parsed.data.event_payload };
}
