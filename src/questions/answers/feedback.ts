import { lineText } from '../../render/plain-text.ts';
import { pieces } from '../../render/speaker.ts';
import { type Answer, type Answerer, type Ask, reply } from '../ask.ts';

/** Asks whether the verdict was right, with two buttons. */
export const feedback: Answerer = (ask) => {
  const { speaker } = ask.words;
  const message = reply(ask, speaker.say('answers.feedback'), {});
  const button = (action: string, label: 'answers.ask-yes' | 'answers.ask-no') => {
    const text = lineText(speaker.say(label));
    return { action: `ask:${action}`, label: text, value: text };
  };
  const buttons = [button('feedback-yes', 'answers.ask-yes'), button('feedback-no', 'answers.ask-no')];
  return { message: { ...message, parts: [...message.parts, { kind: 'buttons', buttons }] } };
};

export const feedbackYes: Answerer = (ask) => noted(ask, 'answers.feedback-yes');
export const feedbackNo: Answerer = (ask) => noted(ask, 'answers.feedback-no');

function noted(ask: Ask, answer: 'answers.feedback-yes' | 'answers.feedback-no'): Answer {
  const { speaker } = ask.words;
  const headline = speaker.say('answers.feedback-noted', { answer: pieces(...speaker.say(answer)) });
  const notes = answer === 'answers.feedback-no' ? [speaker.say('answers.feedback-what')] : [];
  return { message: reply(ask, headline, { notes }) };
}
