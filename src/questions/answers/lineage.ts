import { lineageHeadline } from '../../render/headline.ts';
import { completeness, sections } from '../../render/lineage.ts';
import { lineText } from '../../render/plain-text.ts';
import { type Answerer, reply } from '../ask.ts';

const LINES = 15;

/** Where the requests of one person came from, which way they took, what they touched. It accuses nobody. */
export const lineage: Answerer = (ask) => {
  const { speaker } = ask.words;
  const found = ask.answered.analysis.lineage;
  if (found === undefined) return { message: reply(ask, speaker.say('answers.lineage-none'), { offer: ['affected'] }) };
  const headline = lineageHeadline(speaker, found);
  return {
    message: {
      summary: lineText(headline),
      parts: [
        { kind: 'headline', line: headline },
        ...sections(speaker, found, LINES),
        { kind: 'note', line: completeness(speaker, found) },
      ],
    },
  };
};
