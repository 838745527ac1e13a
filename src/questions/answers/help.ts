import type { AskedIntent, Words } from '../../render/words.ts';
import { message, questionButtons } from '../../render/words.ts';
import type { Answer } from '../ask.ts';

const OFFERED = [
  'root-cause',
  'evidence',
  'time',
  'errors',
  'affected',
  'compare',
  'picture',
  'still',
  'next',
  'lineage',
] as const satisfies readonly AskedIntent[];

/** What can be asked, as buttons; when a question fitted two things alike, these two only. */
export function help(words: Words, why: 'asked' | 'unsure', between: readonly string[] = []): Answer {
  const narrowed = OFFERED.filter((intent) => between.includes(intent));
  const offered = narrowed.length > 1 ? narrowed : OFFERED;
  const headline = words.speaker.say(why === 'asked' ? 'answers.help' : 'answers.help-unsure');
  return { message: message(headline, [{ kind: 'buttons', buttons: questionButtons(words.speaker, offered) }]) };
}
