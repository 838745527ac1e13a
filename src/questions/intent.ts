import { PHRASES_BY_INTENT, WHOLE_BY_INTENT } from './phrase-table.ts';

/** What a question in a thread is about. */
export const INTENTS = [
  'root-cause',
  'evidence',
  'time',
  'errors',
  'affected',
  'compare',
  'picture',
  'still',
  'next',
  'feedback',
  'feedback-yes',
  'feedback-no',
  'lineage',
  'help',
] as const;
export type Intent = (typeof INTENTS)[number];

/** `unsure`: nothing in the table fits, or two things fit alike; whoever answers says what it can. */
export type Reading = { readonly intent: Intent } | { readonly intent: 'unsure'; readonly between: readonly Intent[] };

/** Words allowed between two words of a phrase: "where did *all of the* time go". */
const GAP = 3;
/** Longer sayings are conversation, not questions to a bot. */
const MOST_WORDS = 40;

/**
 * The intent of a saying, by a table of phrases: case, punctuation, mentions and single typing mistakes do not matter. The
 * phrase with the most words wins; phrases of different intents with equally many are no answer. Pure.
 */
export function readIntent(text: string): Reading {
  const asked = /^\s*ask:([a-z-]+)\s*$/.exec(text)?.[1];
  const named = INTENTS.find((intent) => intent === asked);
  if (named) return { intent: named };

  const words = wordsOf(text).map(correct);
  if (words.length === 0 || words.length > MOST_WORDS) return { intent: 'unsure', between: [] };
  const saying = words.filter((word) => !POLITE.has(word)).join(' ');
  for (const intent of INTENTS) if (WHOLE_BY_INTENT[intent].includes(saying)) return { intent };

  let best = 0;
  let found: Intent[] = [];
  for (const intent of INTENTS) {
    for (const phrase of PHRASES_BY_INTENT[intent]) {
      const steps = phrase.split(' ');
      if (steps.length < best || !occurs(steps, words)) continue;
      if (steps.length > best) found = [];
      best = steps.length;
      if (!found.includes(intent)) found.push(intent);
    }
  }
  const [only] = found;
  return only !== undefined && found.length === 1 ? { intent: only } : { intent: 'unsure', between: found };
}

/** Lower-case words without mentions, addresses, mark-up and punctuation; "what's" is `whats`. */
export function wordsOf(text: string): readonly string[] {
  return text
    .slice(0, 2_000)
    .normalize('NFKC')
    .toLowerCase()
    .replace(/<[@#!][^>]*>|<?https?:\/\/[^\s>]*>?/g, ' ')
    .replace(/(^|\s)@[\w.-]+/g, ' ')
    .replace(/[’‘'´`]/g, '')
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '');
}

/** Words that change nothing. */
const POLITE = new Set([
  'please',
  'pls',
  'plz',
  'hey',
  'hi',
  'ok',
  'okay',
  'so',
  'and',
  'but',
  'now',
  'causeway',
  'thanks',
  'bot',
  'then',
]);

/** Every word of the tables, for typing mistakes. */
const VOCABULARY: ReadonlySet<string> = new Set(
  INTENTS.flatMap((intent) => [...PHRASES_BY_INTENT[intent], ...WHOLE_BY_INTENT[intent]]).flatMap((phrase) =>
    phrase.split(/[ |]/),
  ),
);

/**
 * A word with one typing mistake becomes the word of the tables that was meant, if only one can be: two letters swapped, or,
 * in words of five letters and more, one letter too many, too few or wrong.
 */
function correct(word: string): string {
  if (word.length < 3 || word.length > 20 || VOCABULARY.has(word)) return word;
  const meant = [...VOCABULARY].filter(
    (known) => isSwapped(word, known) || (known.length >= 5 && isOneLetterOff(word, known)),
  );
  return meant.length === 1 && meant[0] !== undefined ? meant[0] : word;
}

function isSwapped(a: string, b: string): boolean {
  if (a.length !== b.length) return false;
  const at = firstDifference(a, b);
  return a[at] === b[at + 1] && a[at + 1] === b[at] && a.slice(at + 2) === b.slice(at + 2);
}

function isOneLetterOff(a: string, b: string): boolean {
  const at = firstDifference(a, b);
  if (a.length === b.length) return a.slice(at + 1) === b.slice(at + 1);
  return a.length === b.length + 1 ? a.slice(at + 1) === b.slice(at) : a.slice(at) === b.slice(at + 1);
}

function firstDifference(a: string, b: string): number {
  let at = 0;
  while (at < a.length && at < b.length && a[at] === b[at]) at += 1;
  return at;
}

/** Whether the steps (`word` or `word|other`) come in this order, at most `GAP` other words between two. */
function occurs(steps: readonly string[], words: readonly string[]): boolean {
  const alternatives = steps.map((step) => step.split('|'));
  for (let first = 0; first < words.length; first += 1) {
    let position = first;
    let matched = 0;
    for (const [index, step] of alternatives.entries()) {
      const until = index === 0 ? first + 1 : position + GAP + 1;
      const found = words.findIndex((word, at) => at >= position && at < until && step.includes(word));
      if (found < 0) break;
      position = found + 1;
      matched += 1;
    }
    if (matched === steps.length) return true;
  }
  return false;
}
