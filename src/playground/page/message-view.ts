import { createElement, type ReactNode } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import type { Files } from '../workspace/files.ts';
import { isImage } from '../workspace/image-type.ts';
import type { StoredMessage } from '../workspace/message.ts';
import { parseTs } from '../workspace/timestamp.ts';
import { filePath } from '../workspace/wire.ts';
import type { Workspace } from '../workspace/workspace.ts';
import { type Drawing, drawBlocks } from './blocks.ts';
import { drawMrkdwn, type Names, unescapeText } from './mrkdwn.ts';
import { drawDate } from './text-parts.ts';

/** Draws messages as HTML, each once for every state it is in. */
export class MessageView {
  readonly #workspace: Workspace;
  readonly #files: Files;
  readonly #drawn = new WeakMap<StoredMessage, { readonly state: string; readonly html: string }>();

  constructor(workspace: Workspace, files: Files) {
    this.#workspace = workspace;
    this.#files = files;
  }

  /** One `<article>`; the element's id is `m-<ts>`. */
  html(message: StoredMessage, replies: readonly StoredMessage[]): string {
    const files = (message.files ?? []).map((id) => this.#files.get(id)?.status ?? 'gone');
    const state = [replies.length, replies.at(-1)?.ts, ...files].join(' ');
    const known = this.#drawn.get(message);
    if (known?.state === state) return known.html;
    const html = renderToStaticMarkup(this.#article(message, replies))
      // The library gives every message the same element id; its style sheet is served without it.
      .replaceAll(' id="slack_blocks_to_jsx"', '')
      .replace(/<link rel="preload"[^>]*>/g, '');
    this.#drawn.set(message, { state, html });
    return html;
  }

  #article(message: StoredMessage, replies: readonly StoredMessage[]): ReactNode {
    const author = this.#workspace.people.find((person) => person.id === message.user);
    const name = author?.realName ?? message.user;
    const seconds = String(Math.floor((parseTs(message.ts) ?? 0) / 1_000_000));
    return createElement(
      'article',
      {
        id: `m-${message.ts}`,
        className: message.onlyFor === undefined ? 'message' : 'message whisper',
        'data-ts': message.ts,
        'data-channel': message.channel,
        'data-thread': message.threadTs ?? message.ts,
        'data-links': this.#links(message),
        'aria-label': `${name}: ${unescapeText(message.text.slice(0, 120))}`,
      },
      createElement('span', { className: `face tone-${toneOf(message.user)}`, 'aria-hidden': true }, initials(name)),
      createElement(
        'div',
        { className: 'body' },
        message.onlyFor === undefined ? null : createElement('p', { className: 'hint' }, 'Only visible to you'),
        createElement(
          'header',
          null,
          createElement('strong', null, name),
          message.bot ? createElement('span', { className: 'badge' }, 'app') : null,
          createElement(
            'a',
            { className: 'when', href: threadAddress(message) },
            drawDate(seconds, '{time}', undefined, undefined),
          ),
        ),
        this.#content(message),
        this.#attachments(message),
        message.edited === undefined ? null : createElement('p', { className: 'edited' }, '(edited)'),
        threadSummary(message, replies),
      ),
    );
  }

  #content(message: StoredMessage): ReactNode {
    if (message.blocks === undefined || message.blocks.length === 0) {
      return message.text === '' ? null : drawMrkdwn(message.text, this.#names);
    }
    return drawBlocks(message.blocks, this.#drawing(message));
  }

  #attachments(message: StoredMessage): ReactNode {
    return (message.files ?? []).map((id) => {
      const file = this.#files.get(id);
      if (file === undefined) return createElement('p', { key: id, className: 'gone' }, 'This file is no longer kept.');
      const address = filePath(file);
      const inside = isImage(file.mimetype)
        ? createElement('img', { src: address, alt: file.alt ?? file.title, loading: 'lazy' })
        : file.title;
      return createElement(
        'figure',
        { key: id, className: 'picture' },
        createElement('figcaption', null, file.title),
        createElement('a', { href: address, target: '_blank', rel: 'noopener noreferrer' }, inside),
      );
    });
  }

  readonly #names: Names = {
    person: (id) => this.#workspace.people.find((person) => person.id === id)?.realName ?? id,
    channel: (id) => this.#workspace.channel(id)?.name ?? id,
  };

  #drawing(message: StoredMessage): Drawing {
    return {
      names: this.#names,
      fileAddress: ({ id, url }) => {
        const file = this.#files.get(id ?? /\/files\/(F[A-Z0-9]+)\//.exec(url ?? '')?.[1] ?? '');
        return file === undefined ? undefined : filePath(file);
      },
      elementId: (blockId, actionId) => elementId(message.ts, blockId, actionId),
    };
  }

  /** Where the buttons of a message lead, by element id: the page's script opens them at the click. */
  #links(message: StoredMessage): string | undefined {
    const links: Record<string, string> = {};
    for (const block of message.blocks ?? []) {
      const elements =
        block.type === 'actions'
          ? block.elements
          : block.type === 'section' && block.accessory?.type === 'button'
            ? [block.accessory]
            : [];
      for (const element of elements) {
        if (element.type !== 'button' || element.url === undefined || !/^https?:\/\//.test(element.url)) continue;
        links[elementId(message.ts, block.block_id ?? '', element.action_id ?? '')] = element.url;
      }
    }
    return Object.keys(links).length === 0 ? undefined : JSON.stringify(links);
  }
}

/** The page's script takes it apart again to know what was pressed. */
const elementId = (ts: string, blockId: string, actionId: string): string =>
  ['press', ts, encodeURIComponent(blockId), encodeURIComponent(actionId)].join('/');

const threadAddress = (message: StoredMessage): string =>
  `/?${new URLSearchParams({ channel: message.channel, thread: message.threadTs ?? message.ts })}`;

function threadSummary(message: StoredMessage, replies: readonly StoredMessage[]): ReactNode {
  if (message.threadTs !== undefined || message.onlyFor !== undefined) return null;
  const count = replies.length;
  const words = count === 0 ? 'Reply in thread' : `${count} ${count === 1 ? 'reply' : 'replies'}`;
  const className = count === 0 ? 'thread-link quiet' : 'thread-link';
  return createElement('a', { className, href: threadAddress(message) }, words);
}

function initials(name: string): string {
  const words = name.split(/\s+/).filter((word) => word !== '');
  return words
    .map((word) => [...word][0] ?? '')
    .slice(0, 2)
    .join('')
    .toUpperCase();
}

/** One of six colours, always the same for the same person. */
function toneOf(id: string): number {
  let sum = 0;
  for (const character of id) sum += character.codePointAt(0) ?? 0;
  return sum % 6;
}
