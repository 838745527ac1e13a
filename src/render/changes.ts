import type { Answered } from '../model/investigation.ts';
import type { Line, Piece } from '../model/message.ts';
import { safeName } from './names.ts';
import { joinStrings } from './sentences.ts';
import { pieces, type Speaker } from './speaker.ts';

/**
 * What was changed about when it began, in one line: beside a verdict, never a part of it. Where the traces blame the very
 * version that the change brought, the line says so instead of telling of the deploy a second time.
 */
export function changeLines(speaker: Speaker, { changes = [] }: Pick<Answered, 'changes'>): readonly Line[] {
  const [change] = changes;
  if (change === undefined) return [];
  const text = safeName(change.title, 80);
  const title: Piece = change.link === undefined ? { bold: text } : { link: change.link, text };
  const phrase = change.corroborates
    ? 'card.change-blamed'
    : change.before < 0
      ? 'card.change-after'
      : 'card.change-before';
  const fillings = { title: pieces(title), apart: speaker.quantity({ unit: 'us', value: Math.abs(change.before) }) };
  return [joinStrings(speaker.say(phrase, fillings))];
}
