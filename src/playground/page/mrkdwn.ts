import { createElement, Fragment, type ReactNode } from 'react';
import { drawDate, safeAddress } from './text-parts.ts';

/** Who and what a reference in a message stands for. */
export type Names = { person(id: string): string; channel(id: string): string };

const INLINE =
  /`(?<code>[^`\n]+)`|<(?<reference>[^<>\n]+)>|(?<![\w*])\*(?<bold>[^\s*]|[^\s*][^*\n]*?[^\s*])\*(?![\w*])|(?<!\w)_(?<italic>[^\s_]|[^\s_][^\n]*?\S)_(?!\w)|(?<![\w~])~(?<strike>[^\s~]|[^\s~][^~\n]*?[^\s~])~(?![\w~])|:(?<emoji>[a-z0-9_+-]+):|(?<address>https?:\/\/[^\s<>|`*~]*[^\s<>|`*~.,;:!?)\]}'"])/g;

const EMOJI: Readonly<Record<string, string>> = {
  bell: '🔔',
  bulb: '💡',
  chart_with_upwards_trend: '📈',
  eyes: '👀',
  hourglass: '⏳',
  hourglass_flowing_sand: '⏳',
  information_source: 'ℹ️',
  large_green_circle: '🟢',
  large_yellow_circle: '🟡',
  link: '🔗',
  mag: '🔍',
  red_circle: '🔴',
  rotating_light: '🚨',
  thumbsdown: '👎',
  thumbsup: '👍',
  warning: '⚠️',
  wave: '👋',
  white_check_mark: '✅',
  x: '❌',
};

const DEEPEST = 4;

/**
 * Slack's mark-up as React draws it. Everything that is not mark-up stays the text it is: React escapes it. The library's
 * own reader of mark-up drops lines that begin with `<div>`, `#` or `|`, so it never sees any.
 */
export function drawMrkdwn(text: string, names: Names): ReactNode {
  const parts = text.split('```').map((part, at, all) => {
    const closed = at % 2 === 1 && at < all.length - 1;
    if (closed) return createElement('pre', { key: at }, unescapeText(part.replace(/^\n/, '')));
    const opened = at % 2 === 1 ? '```' : '';
    const words = at > 0 && opened === '' ? part.replace(/^\n/, '') : part;
    return createElement(Fragment, { key: at }, drawLines(opened + words, names));
  });
  return createElement('div', { className: 'text' }, parts);
}

/** Neighbouring lines that begin with `&gt;` become one quotation. */
function drawLines(text: string, names: Names): ReactNode[] {
  const drawn: ReactNode[] = [];
  let quoted: string[] = [];
  let plain: string[] = [];
  const flush = () => {
    if (plain.length > 0) {
      drawn.push(createElement(Fragment, { key: drawn.length }, drawInline(plain.join('\n'), names, 0)));
    }
    if (quoted.length > 0) {
      drawn.push(createElement('blockquote', { key: drawn.length }, drawInline(quoted.join('\n'), names, 0)));
    }
    plain = [];
    quoted = [];
  };
  for (const line of text.split('\n')) {
    const isQuoted = line.startsWith('&gt;');
    if (isQuoted ? plain.length > 0 : quoted.length > 0) flush();
    if (isQuoted) quoted.push(line.slice(4).trimStart());
    else plain.push(line);
  }
  flush();
  return drawn;
}

function drawInline(text: string, names: Names, depth: number): ReactNode[] {
  const drawn: ReactNode[] = [];
  let from = 0;
  for (const match of text.matchAll(INLINE)) {
    if (match.index > from) drawn.push(unescapeText(text.slice(from, match.index)));
    from = match.index + match[0].length;
    drawn.push(createElement(Fragment, { key: match.index }, drawToken(match[0], match.groups ?? {}, names, depth)));
  }
  if (from < text.length) drawn.push(unescapeText(text.slice(from)));
  return drawn;
}

type Groups = Readonly<Record<string, string | undefined>>;

function drawToken(token: string, found: Groups, names: Names, depth: number): ReactNode {
  if (found.code !== undefined) return createElement('code', null, unescapeText(found.code));
  if (found.reference !== undefined) return drawReference(found.reference, names);
  if (found.address !== undefined) return drawReference(found.address, names);
  if (found.emoji !== undefined) return EMOJI[found.emoji] ?? token;
  const inner = found.bold ?? found.italic ?? found.strike;
  if (inner === undefined || depth >= DEEPEST) return unescapeText(token);
  const tag = found.bold === undefined ? (found.italic === undefined ? 's' : 'em') : 'strong';
  return createElement(tag, null, drawInline(inner, names, depth + 1));
}

/** What stands between `<` and `>`: a person, a channel, a call to everybody, a date or an address. */
function drawReference(reference: string, names: Names): ReactNode {
  const bar = reference.indexOf('|');
  const target = bar < 0 ? reference : reference.slice(0, bar);
  const label = bar < 0 ? undefined : unescapeText(reference.slice(bar + 1));
  const mention = (text: string) => createElement('span', { className: 'mention' }, text);
  if (target.startsWith('@')) return mention(`@${names.person(target.slice(1))}`);
  if (target.startsWith('#')) return mention(`#${names.channel(target.slice(1))}`);
  if (target.startsWith('!date^')) {
    const [, timestamp, format, link] = target.split('^');
    return drawDate(timestamp ?? '', unescapeText(format ?? ''), label, link);
  }
  if (target.startsWith('!')) return mention(label ?? `@${target.slice(1).split('^')[0]}`);
  const address = safeAddress(unescapeText(target));
  const words = label ?? unescapeText(target);
  if (address === undefined) return words;
  return createElement('a', { href: address, target: '_blank', rel: 'noopener noreferrer' }, words);
}

export const unescapeText = (text: string): string =>
  text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
