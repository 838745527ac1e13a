import { createElement, Fragment, type ReactNode } from 'react';
import { type Block as DrawnBlock, Message } from 'slack-blocks-to-jsx';
import { z } from 'zod';
import type { Block } from '../block-kit/blocks.ts';
import { drawMrkdwn, type Names } from './mrkdwn.ts';
import { drawDate, safeAddress } from './text-parts.ts';

/** What drawing needs to know beyond the blocks. */
export type Drawing = {
  readonly names: Names;
  /** The address of a picture that the workspace holds. */
  fileAddress(reference: { readonly id?: string | undefined; readonly url?: string | undefined }): string | undefined;
  /** A name for an element of the page, no other element's, made from its `action_id`. */
  elementId(blockId: string, actionId: string): string;
};

type Text = { readonly type: 'plain_text' | 'mrkdwn'; readonly text: string };
type Image = Extract<Block, { type: 'image' }>;

/**
 * Draws blocks with the library, which knows Slack's layout, but lets it read no text: every text is drawn here and stands
 * in the block as a mention of a person that does not exist,
 *
 *     "*Cause* <div>"  →  <@T0>  →  library draws the block, asks who T0 is  →  our drawing of the text
 *
 * because the library reads even plain text as mark-up, and loses lines that look like HTML, headings or tables.
 */
export function drawBlocks(blocks: readonly Block[], drawing: Drawing): ReactNode {
  return blocks.map((block, at) => createElement(Fragment, { key: block.block_id ?? at }, drawBlock(block, drawing)));
}

/** Our blocks went through our own schema; the library's type of them is wider and is taken as it is. */
const drawable = z.custom<DrawnBlock>((block) => typeof block === 'object' && block !== null);

function drawBlock(block: Block, drawing: Drawing): ReactNode {
  if (block.type === 'image') return drawPicture(block, drawing);
  const texts: ReactNode[] = [];
  const stand = (node: ReactNode): string => `<@T${texts.push(node) - 1}>`;
  const plain = <T extends Text>(text: T): T => ({
    ...text,
    // In a verbatim text the library would leave the stand-in as it is.
    verbatim: undefined,
    text: stand(text.type === 'plain_text' ? text.text : drawMrkdwn(text.text, drawing.names)),
  });
  return createElement(Message, {
    withoutWrapper: true,
    theme: 'light',
    name: '',
    logo: '',
    blocks: [drawable.parse(standIn(block, plain, stand, drawing))],
    hooks: {
      user: ({ id }) => {
        const index = /^T(\d+)$/.exec(id)?.[1];
        if (index !== undefined) return texts[Number(index)];
        return createElement('span', { className: 'mention' }, `@${drawing.names.person(id)}`);
      },
      channel: ({ id }) => createElement('span', { className: 'mention' }, `#${drawing.names.channel(id)}`),
      date: ({ timestamp, format, fallback, link }) =>
        drawDate(String(timestamp), format, fallback || undefined, link ?? undefined),
      link: ({ href, children }) => {
        const address = safeAddress(href);
        if (address === undefined) return children;
        return createElement('a', { href: address, target: '_blank', rel: 'noopener noreferrer' }, children);
      },
    },
  });
}

type Plain = <T extends Text>(text: T) => T;

/** The same block with every text replaced. */
function standIn(block: Exclude<Block, Image>, plain: Plain, stand: (node: ReactNode) => string, drawing: Drawing) {
  const named = { ...block, block_id: undefined };
  switch (named.type) {
    case 'section':
      return {
        ...named,
        text: named.text === undefined ? undefined : plain(named.text),
        fields: named.fields?.map(plain),
        accessory:
          named.accessory === undefined
            ? undefined
            : named.accessory.type === 'image'
              ? { ...named.accessory, ...addressed(named.accessory, drawing) }
              : pressable(named.accessory, block.block_id ?? '', plain, drawing),
      };
    case 'header':
      return { ...named, text: plain(named.text) };
    case 'context':
      return {
        ...named,
        elements: named.elements.map((element) =>
          element.type === 'image' ? { ...element, ...addressed(element, drawing) } : plain(element),
        ),
      };
    case 'actions':
      return {
        ...named,
        elements: named.elements.map((element) => pressable(element, block.block_id ?? '', plain, drawing)),
      };
    case 'table':
      return {
        ...named,
        rows: named.rows.map((row) =>
          row.map((cell) => {
            if (cell.type === 'rich_text') return cell;
            const text = cell.type === 'raw_text' ? cell.text : (cell.text ?? String(cell.value));
            return { type: 'raw_text', text: text === '' ? ' ' : stand(text) };
          }),
        ),
      };
    case 'divider':
    case 'rich_text':
    case 'markdown':
      return named;
  }
}

type Pressable = Extract<Block, { type: 'actions' }>['elements'][number];

function pressable(element: Pressable, blockId: string, plain: Plain, drawing: Drawing) {
  const action_id = drawing.elementId(blockId, element.action_id ?? '');
  if (element.type === 'button') return { ...element, action_id, text: plain(element.text) };
  return { ...element, action_id };
}

type Pictured = {
  readonly image_url?: string | undefined;
  readonly slack_file?: { readonly id?: string | undefined; readonly url?: string | undefined } | undefined;
};

/** The library draws addresses only. */
function addressed(image: Pictured, drawing: Drawing) {
  const address = image.slack_file === undefined ? image.image_url : drawing.fileAddress(image.slack_file);
  return { image_url: address ?? '', slack_file: undefined };
}

/** A picture in its own frame: small in the message, whole when it is followed. */
function drawPicture(image: Image, drawing: Drawing): ReactNode {
  const address = addressed(image, drawing).image_url;
  const title = image.title === undefined ? null : createElement('figcaption', null, image.title.text);
  if (safeAddress(address) === undefined || address === '') {
    return createElement('p', { className: 'gone' }, `This picture is no longer kept: ${image.alt_text}`);
  }
  return createElement(
    'figure',
    { className: 'picture' },
    title,
    createElement(
      'a',
      { href: address, target: '_blank', rel: 'noopener noreferrer' },
      createElement('img', { src: address, alt: image.alt_text, loading: 'lazy' }),
    ),
  );
}
