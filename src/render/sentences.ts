import type { Piece } from '../model/message.ts';

/**
 * A sentence of `templates/messages` taken apart: text, and places that are filled when it is said.
 *
 *     {service} failed {count} {count|time|times}
 *
 * `{count|time|times}` is the first word when the number in that place is one, else the second.
 */
export type Sentence = readonly SentencePart[];
type SentencePart =
  | string
  | { readonly place: string }
  | { readonly place: string; readonly one: string; readonly many: string };

/** What fills a place: pieces, and the number behind them where a word depends on it. */
export type Filling = { readonly pieces: readonly Piece[]; readonly number?: number };

const PLACE = /\{([a-zA-Z][\w.-]*)(?:\|([^|{}]*)\|([^|{}]*))?\}/g;

/** Takes a sentence apart; `undefined` when a brace stands where none belongs. */
export function parseSentence(text: string): Sentence | undefined {
  const parts: SentencePart[] = [];
  let end = 0;
  for (const match of text.matchAll(PLACE)) {
    const [whole, place = '', one, many] = match;
    if (match.index > end) parts.push(text.slice(end, match.index));
    parts.push(one === undefined || many === undefined ? { place } : { place, one, many });
    end = match.index + whole.length;
  }
  if (end < text.length) parts.push(text.slice(end));
  return parts.some((part) => typeof part === 'string' && /[{}]/.test(part)) ? undefined : parts;
}

/** Names of the places, each once. */
export function placesOf(sentence: Sentence): readonly string[] {
  return [...new Set(sentence.flatMap((part) => (typeof part === 'string' ? [] : [part.place])))];
}

/** Whether the text itself states a number, which only evidence may. */
export function statesNumber(sentence: Sentence): boolean {
  return sentence.some((part) =>
    /\d/.test(typeof part === 'string' ? part : 'one' in part ? part.one + part.many : ''),
  );
}

/** The sentence with its places filled; `undefined` when a filling is missing. */
export function fillSentence(
  sentence: Sentence,
  fillings: Readonly<Record<string, Filling>>,
): readonly Piece[] | undefined {
  const pieces: Piece[] = [];
  for (const part of sentence) {
    if (typeof part === 'string') {
      pieces.push(part);
      continue;
    }
    const filling = Object.hasOwn(fillings, part.place) ? fillings[part.place] : undefined;
    if (!filling) return undefined;
    if ('one' in part) pieces.push(filling.number === 1 ? part.one : part.many);
    else pieces.push(...filling.pieces);
  }
  return joinStrings(pieces);
}

/** Neighbouring plain strings become one, so that messages compare well. */
export function joinStrings(pieces: readonly Piece[]): readonly Piece[] {
  const joined: Piece[] = [];
  for (const piece of pieces) {
    const before = joined.at(-1);
    if (typeof piece === 'string' && typeof before === 'string') joined[joined.length - 1] = before + piece;
    else if (piece !== '') joined.push(piece);
  }
  return joined;
}
