import { drawCulprit } from '../../render/culprit-picture.ts';
import { type Answerer, exemplarOf, reply, withoutSpans } from '../ask.ts';

/** The most telling trace at full size. */
export const picture: Answerer = (ask) => {
  if (!exemplarOf(ask)) return withoutSpans(ask);
  return {
    message: reply(ask, ask.words.speaker.say('answers.picture'), {}),
    draw: () => drawCulprit(ask.answered, ask.table, 'full', ask.words),
  };
};
