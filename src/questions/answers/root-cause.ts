import type { Line } from '../../model/message.ts';
import { hypothesisLine } from '../../render/card.ts';
import { headlineOf } from '../../render/headline.ts';
import { type Answerer, reply } from '../ask.ts';

/** What broke, why we say so, and what else it could be. */
export const rootCause: Answerer = (ask) => {
  const { speaker } = ask.words;
  const { verdict } = ask.answered.analysis;
  const [top, ...others] = verdict.hypotheses;
  const reasons: Line[] =
    top === undefined || verdict.kind === 'cannot-tell'
      ? verdict.missing.slice(0, 3).map((gap) => [...speaker.say('card.missing'), ...speaker.gap(gap)])
      : top.evidence.slice(0, 3).map((each) => speaker.evidence(each));
  const rest = verdict.kind === 'cannot-tell' ? verdict.hypotheses : others;
  const considered = rest.slice(0, 3).map((other) => hypothesisLine(speaker, other));
  const notes: Line[] =
    considered.length === 0 ? [speaker.say('answers.no-others')] : [speaker.say('answers.others'), ...considered];
  return {
    message: reply(ask, headlineOf(speaker, ask.answered), {
      items: reasons,
      notes,
      offer: ['evidence', 'compare', 'next'],
    }),
  };
};
