import { type Answerer, reply } from '../ask.ts';

/** What to look at, one step a hypothesis; deciding is for people. */
export const next: Answerer = (ask) => {
  const { speaker } = ask.words;
  const { verdict } = ask.answered.analysis;
  const steps = verdict.hypotheses.filter((each) => each.role === 'cause' || each.role === 'amplifier').slice(0, 3);
  const items =
    verdict.kind === 'cannot-tell' || steps.length === 0
      ? [speaker.say('card.next-cannot-tell'), ...steps.map((step) => speaker.nextStep(step))]
      : steps.map((step) => speaker.nextStep(step));
  return { message: reply(ask, speaker.say('answers.next'), { items, offer: ['evidence', 'affected', 'still'] }) };
};
