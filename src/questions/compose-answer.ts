import type { Quantity } from '../model/finding.ts';
import type { Answered } from '../model/investigation.ts';
import type { SpanTable } from '../model/trace.ts';
import { assertGrounded, groundsOf } from '../render/grounding.ts';
import type { Words } from '../render/words.ts';
import { help } from './answers/help.ts';
import { ANSWERS } from './answers/index.ts';
import type { Answer } from './ask.ts';
import { readIntent } from './intent.ts';

/**
 * The answer to a saying about an answered investigation. Pure.
 *
 * @throws Failure `internal` when it would state what stands neither in evidence nor in the spans
 */
export function composeAnswer(text: string, answered: Answered, table: SpanTable, words: Words): Answer {
  const reading = readIntent(text);
  if (reading.intent === 'unsure') return help(words, 'unsure', reading.between);
  const stated: Quantity[] = [];
  const answer = ANSWERS[reading.intent]({
    text,
    answered,
    table,
    words,
    state(quantity, url) {
      stated.push(quantity);
      return words.speaker.quantity(quantity, url);
    },
  });
  const grounds = groundsOf(answered, words.speaker.personal);
  assertGrounded(answer.message, { ...grounds, quantities: [...grounds.quantities, ...stated] });
  return answer;
}
