import type { Answered } from '../model/investigation.ts';
import { headlineOf, lineageHeadline, lineageOf, stateOf } from './headline.ts';
import { lineText } from './plain-text.ts';
import type { Speaker } from './speaker.ts';

/** What stands on the picture and what is read aloud in its place. */
export type PictureWords = {
  readonly title: string;
  readonly subtitle: string;
  readonly alt: string;
  /** What the frame around the culprit is called. */
  readonly marker: string;
};

export function pictureWords(speaker: Speaker, answered: Answered): PictureWords {
  const { verdict, impact } = answered.analysis;
  const lineage = lineageOf(answered);
  const headline = lineage ? lineageHeadline(speaker, lineage) : headlineOf(speaker, answered);
  const [, ...sentence] = lineText(headline).split(': ');
  const title = sentence.join(': ');
  return {
    // A sentence may begin with a name, which is not ours to capitalise.
    title: verdict.kind === 'cannot-tell' || lineage ? title.charAt(0).toUpperCase() + title.slice(1) : title,
    subtitle: impact.entry ?? '',
    alt: lineage ? lineText(headline) : `${lineText(headline)} ${lineText(stateOf(speaker, answered))}`,
    marker: lineText(speaker.say(verdict.kind === 'cause' ? 'card.marker-cause' : 'card.marker-suspect')),
  };
}
