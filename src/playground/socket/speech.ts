import type { z } from 'zod';
import type { richText } from '../block-kit/objects.ts';
import type { Workspace } from '../workspace/workspace.ts';

type RichText = z.infer<typeof richText>;
type Inline = Extract<RichText['elements'][number], { type: 'rich_text_section' }>['elements'][number];

/** What a person typed, as Slack passes it on: marked-up text and the same as `rich_text`. */
export type Speech = { readonly text: string; readonly blocks: [RichText] };

const TOKEN =
  /<@(?<userId>[UW][A-Z0-9]+)(?:\|[^>]*)?>|<#(?<channelId>C[A-Z0-9]+)(?:\|[^>]*)?>|(?<url>https?:\/\/[^\s<>|]+)|(?<![\w@.])@(?<handle>[A-Za-z][\w-]*(?:\.\w+)*)|(?<![\w#&/])#(?<name>[a-z0-9][a-z0-9_-]*)/g;

export const escapeText = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/**
 * Turns names into references as Slack's composer does: `@Causeway` becomes `<@U…>`, `#payments` becomes `<#C…|payments>`,
 * an address becomes `<https://…>`, and `&`, `<`, `>` are escaped. Names that nobody has stay words.
 */
export function readSpeech(typed: string, workspace: Workspace): Speech {
  const elements: Inline[] = [];
  let text = '';
  let plain = '';
  const flush = () => {
    if (plain === '') return;
    elements.push({ type: 'text', text: plain });
    text += escapeText(plain);
    plain = '';
  };
  let from = 0;
  for (const match of typed.matchAll(TOKEN)) {
    plain += typed.slice(from, match.index);
    from = match.index + match[0].length;
    const reference = resolve(match.groups ?? {}, workspace);
    if (reference === undefined) {
      plain += match[0];
      continue;
    }
    flush();
    elements.push(reference.element);
    text += reference.text;
  }
  plain += typed.slice(from);
  flush();
  return {
    text,
    blocks: [{ type: 'rich_text', block_id: 'speech', elements: [{ type: 'rich_text_section', elements }] }],
  };
}

type Groups = Readonly<Record<string, string | undefined>>;

function resolve(found: Groups, workspace: Workspace): { readonly element: Inline; readonly text: string } | undefined {
  const handle = found.userId ?? found.handle;
  if (handle !== undefined) {
    const person = workspace.person(handle);
    if (person === undefined) return undefined;
    return { element: { type: 'user', user_id: person.id }, text: `<@${person.id}>` };
  }
  const name = found.channelId ?? found.name;
  if (name !== undefined) {
    const channel = workspace.channel(name);
    if (channel === undefined) return undefined;
    return { element: { type: 'channel', channel_id: channel.id }, text: `<#${channel.id}|${channel.name}>` };
  }
  const url = found.url ?? '';
  return { element: { type: 'link', url }, text: `<${escapeText(url)}>` };
}
