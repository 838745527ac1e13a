import { actionName } from '../buttons.ts';

/**
 * What each button of a card stands for, in the words a person would use in the thread, so that a click and a question
 * take the same way. `ask` carries its sentence as its value.
 */
const SENTENCES: Readonly<Record<string, string>> = {
  compare: 'compare with a healthy trace',
  'full-picture': 'show the full picture',
  affected: 'who is affected?',
  evidence: 'how do you know?',
  'feedback-yes': 'this was right',
  'feedback-no': 'this was wrong',
};

/** The sentence a button stands for; undefined when we know no such button. */
export function sentenceOf(actionId: string, value: string | undefined): string | undefined {
  const name = actionName(actionId);
  return name === 'ask' ? value : SENTENCES[name];
}
