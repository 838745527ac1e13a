import type { Line } from '../../model/message.ts';
import { stateOf } from '../../render/headline.ts';
import { type Answerer, reply } from '../ask.ts';

/** Since when, and whether it goes on, as of the last look. */
export const still: Answerer = (ask) => {
  const { speaker } = ask.words;
  const { answered } = ask;
  const known = answered.rechecks.length > 0 || answered.resolvedAt !== undefined;
  const notes: Line[] = known ? [] : [speaker.say('answers.still-unknown')];
  return {
    message: reply(ask, speaker.say('answers.still'), {
      items: [stateOf(speaker, answered)],
      notes,
      offer: ['affected', 'next'],
    }),
  };
};
