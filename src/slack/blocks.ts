import type { types } from '@slack/bolt';
import type { Button, Line, Message, Part } from '../model/message.ts';
import { buttonRows } from './buttons.ts';
import { LIMITS } from './limits.ts';
import { clip, clipEscaped, ELLIPSIS, literal, mrkdwn, plain, unmarked } from './mrkdwn.ts';

type Block = types.KnownBlock;

/** A message as the Web API takes it. `text` is what notifications and screen readers get. */
export type Drawn = { readonly text: string; readonly blocks: Block[] };

/**
 * Draws a message in Block Kit, within every limit of Slack whatever the message holds. When it is too long, pictures and
 * buttons stay, the text is cut from the end, and a note says so.
 */
export function draw(message: Message): Drawn {
  const drafts = message.parts.flatMap(draftsOf);
  const firstTable = drafts.findIndex((draft) => draft.kind === 'table');
  const settled = drafts.map((draft, index) =>
    draft.kind === 'table' && index !== firstTable ? prose(tableLines(draft.rows)) : draft,
  );
  return { text: summary(message), blocks: arrange(settled) };
}

/** The summary as `text`, which chat.update refuses beyond 4,000 characters; never empty, for Slack wants some text. */
function summary(message: Message): string {
  const said = plain(message.summary).trim();
  const headline = message.parts.find((part) => part.kind === 'headline');
  const fallback = headline?.kind === 'headline' ? unmarked(headline.line).trim() : '';
  return clipEscaped(literal(said || fallback || 'A message from Causeway'), LIMITS.summary);
}

/** A block before it is known how much room there is. Only text may shrink. */
type Draft =
  | { readonly kind: 'fixed'; readonly block: Block; readonly cost: number }
  | { readonly kind: 'prose'; readonly lines: readonly Line[] }
  | { readonly kind: 'note'; readonly line: Line }
  | { readonly kind: 'table'; readonly rows: readonly (readonly string[])[]; readonly cost: number };

function draftsOf(part: Part): readonly Draft[] {
  switch (part.kind) {
    case 'headline':
      return headline(part.line);
    case 'text':
      return part.lines.length === 0 ? [] : [prose(part.lines)];
    case 'list':
      return part.items.length === 0 ? [] : [prose(part.items.map((item) => ['• ', ...item]))];
    case 'note':
      return [{ kind: 'note', line: part.line }];
    case 'picture':
      return [picture(part.file.id, part.alt)];
    case 'table':
      return table(part.header, part.rows);
    case 'buttons':
      return actions(part.buttons);
  }
}

function prose(lines: readonly Line[]): Draft {
  return { kind: 'prose', lines };
}

/** A header holds plain text only; a headline with a link, code or a time, or a long one, becomes a section in bold. */
function headline(line: Line): readonly Draft[] {
  const isPlain = line.every((piece) => typeof piece === 'string' || 'bold' in piece);
  const text = unmarked(line).trim();
  if (text === '') return [];
  if (isPlain && text.length <= LIMITS.header) {
    return [{ kind: 'fixed', block: { type: 'header', text: { type: 'plain_text', text } }, cost: text.length }];
  }
  return [prose([line.flatMap((piece) => (typeof piece === 'string' && piece.trim() !== '' ? bold(piece) : [piece]))])];
}

/** Bold, with the spaces around it kept outside, where Slack wants them. */
function bold(text: string): Line {
  const [, before = '', inner = '', after = ''] = /^(\s*)(.*?)(\s*)$/s.exec(text) ?? [];
  return [before, { bold: inner }, after];
}

function picture(id: string, alt: string): Draft {
  const altText = clip(plain(alt).trim(), LIMITS.altText) || 'A picture of the trace';
  return {
    kind: 'fixed',
    block: { type: 'image', slack_file: { id }, alt_text: altText },
    cost: altText.length,
  };
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): readonly Draft[] {
  const columns = Math.min(Math.max(header.length, rows[0]?.length ?? 0), LIMITS.tableColumns);
  if (columns === 0) return [];
  const kept: (readonly string[])[] = [];
  let size = 0;
  for (const row of [header, ...rows]) {
    const cells = Array.from({ length: columns }, (_, column) => clip(plain(row[column] ?? ''), LIMITS.section) || '–');
    const cost = cells.reduce((sum, cell) => sum + cell.length, 0);
    if (kept.length === LIMITS.tableRows || size + cost > LIMITS.tableText) break;
    kept.push(cells);
    size += cost;
  }
  if (kept.length === 0) return [];
  const dropped = rows.length + 1 - kept.length;
  const note: readonly Draft[] = dropped > 0 ? [{ kind: 'note', line: [`${ELLIPSIS} and ${dropped} more rows`] }] : [];
  return [{ kind: 'table', rows: kept, cost: size }, ...note];
}

/** A table where Slack takes no second one: a line a row. */
function tableLines(rows: readonly (readonly string[])[]): readonly Line[] {
  return rows.map((row, index) => (index === 0 ? [{ bold: row.join(' · ') }] : [row.join(' · ')]));
}

function actions(buttons: readonly Button[]): readonly Draft[] {
  return buttonRows(buttons).map((elements) => ({
    kind: 'fixed',
    block: { type: 'actions', elements: [...elements] },
    cost: elements.reduce((sum, { text }) => sum + text.text.length, 0),
  }));
}

const SHORTENED = 'Shortened to fit Slack’s limits.';

/** Gives fixed blocks their room first, then fills what is left with text in order. */
function arrange(drafts: readonly Draft[]): Block[] {
  const isRigid = (draft: Draft) => draft.kind === 'fixed' || draft.kind === 'table';
  const rigid = drafts.filter(isRigid).slice(0, LIMITS.blocks - 2);
  const rigidCost = rigid.reduce((sum, draft) => sum + ('cost' in draft ? draft.cost : 0), 0);
  const overfull = rigidCost > LIMITS.message - LIMITS.section;
  let room = LIMITS.message - SHORTENED.length - (overfull ? 0 : rigidCost);
  let spare = LIMITS.blocks - 1 - rigid.length;
  let shortened = false;

  const blocks: Block[] = [];
  for (const draft of drafts) {
    if (draft.kind === 'fixed' || draft.kind === 'table') {
      const isIn = rigid.includes(draft) && (!overfull || draft.cost <= room);
      if (isIn) blocks.push(draft.kind === 'fixed' ? draft.block : tableBlock(draft.rows));
      if (isIn && overfull) room -= draft.cost;
      shortened ||= !isIn;
      continue;
    }
    const lines = draft.kind === 'note' ? [draft.line] : draft.lines;
    const filled = fill(lines, room, spare);
    shortened ||= filled.cut;
    for (const text of filled.texts) {
      room -= text.length;
      spare -= 1;
      blocks.push(draft.kind === 'note' ? context(text) : section(text));
    }
  }
  return shortened ? [...blocks, context(SHORTENED)] : blocks;
}

/** Lines packed into texts of at most a section each, at most `spare` of them and `room` characters in all. */
function fill(lines: readonly Line[], room: number, spare: number): { texts: readonly string[]; cut: boolean } {
  const texts: string[] = [];
  let left = room;
  let cut = false;
  for (const line of lines) {
    const whole = mrkdwn(line, Number.POSITIVE_INFINITY);
    const last = texts.at(-1);
    const joins = last !== undefined && last.length + 1 + whole.length <= LIMITS.section;
    const limit = Math.min(left - 1, LIMITS.section);
    cut ||= whole.length > limit || (!joins && texts.length >= spare);
    if (limit < 1 || (!joins && texts.length >= spare)) break;
    const text = whole.length <= limit ? whole : mrkdwn(line, limit);
    if (joins) texts[texts.length - 1] = `${last}\n${text}`;
    else texts.push(text);
    left -= text.length + 1;
  }
  return { texts: texts.filter((text) => text.trim() !== ''), cut };
}

/** `verbatim` keeps Slack from turning names, channels and addresses in the data into links and mentions. */
function section(text: string): Block {
  return { type: 'section', text: { type: 'mrkdwn', text, verbatim: true } };
}

function context(text: string): Block {
  return { type: 'context', elements: [{ type: 'mrkdwn', text, verbatim: true }] };
}

function tableBlock(rows: readonly (readonly string[])[]): Block {
  return { type: 'table', rows: rows.map((row) => row.map((text) => ({ type: 'raw_text', text }))) };
}
