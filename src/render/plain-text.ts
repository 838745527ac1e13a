import type { Line, Message, Part, Piece } from '../model/message.ts';
import { formatUtc } from './format.ts';

/** A message for a terminal: no colours, links in brackets, pictures as their words. */
export function plainText(message: Message): string {
  const blocks = message.parts.map(partText).filter((block) => block !== '');
  return `${blocks.join('\n\n').replace(/\n{3,}/g, '\n\n')}\n`;
}

/** A line without any mark-up; times in UTC. */
export function lineText(line: Line, links: 'shown' | 'hidden' = 'hidden'): string {
  return line.map((piece) => pieceText(piece, links)).join('');
}

function partText(part: Part): string {
  switch (part.kind) {
    case 'headline':
    case 'note':
      return lineText(part.line, 'hidden');
    case 'text':
      return part.lines.map((line) => lineText(line, 'shown')).join('\n');
    case 'list':
      return part.items.map((item) => `  • ${lineText(item, 'hidden')}`).join('\n');
    case 'picture':
      return `[picture: ${part.alt}]`;
    case 'table':
      return tableText([part.header, ...part.rows]);
    case 'buttons':
      return '';
  }
}

function pieceText(piece: Piece, links: 'shown' | 'hidden'): string {
  if (typeof piece === 'string') return piece;
  if ('bold' in piece) return piece.bold;
  if ('code' in piece) return piece.code;
  if ('link' in piece) {
    // A linked number reads on without its page; a link that stands for itself is of no use without one.
    return links === 'shown' && !/^[\d−<>]/.test(piece.text) ? `${piece.text} (${piece.link})` : piece.text;
  }
  return piece.style === 'time' ? `${formatUtc(piece.time).slice(11)}` : formatUtc(piece.time);
}

function tableText(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, [...cell].length);
  }
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - [...cell].length))
      .join('  ')
      .trimEnd();
  return rows.map(line).join('\n');
}
