import type { Line } from '../../model/message.ts';
import { hypothesisLine } from '../../render/card.ts';
import { safeName } from '../../render/names.ts';
import { count, pieces } from '../../render/speaker.ts';
import { type Answerer, reply } from '../ask.ts';

/** Everything the verdict rests on, how sure it is and why, how the traces shown were chosen, and what would change it. */
export const evidence: Answerer = (ask) => {
  const { speaker } = ask.words;
  const { gathering, analysis } = ask.answered;
  const { verdict, findings } = analysis;
  const rests = (verdict.hypotheses.length > 0 ? verdict.hypotheses : findings).flatMap((each) => each.evidence);
  const items = [...new Set(rests)].slice(0, 8).map((each) => speaker.evidence(each));
  const sure = {
    confidence: pieces(...speaker.say(`card.confidence-${verdict.confidence}`)),
    baseline: count(gathering.baseline),
  };
  const notes: Line[] = [
    speaker.say(gathering.baseline > 0 ? 'answers.evidence-sure' : 'answers.evidence-unsure', sure),
  ];
  notes.push(...[...(verdict.factors ?? []), ...(analysis.exemplar?.chosen ?? [])].map((said) => speaker.gap(said)));
  notes.push(...gathering.notes.map((note): Line => [`${safeName(note, 300)}.`]));
  const others = verdict.hypotheses.slice(1, 4).map((other) => hypothesisLine(speaker, other));
  if (others.length > 0) notes.push(speaker.say('answers.others'), ...others);
  if (verdict.missing.length > 0) {
    notes.push(speaker.say('answers.evidence-limits'), ...verdict.missing.slice(0, 3).map((gap) => speaker.gap(gap)));
  }
  const headline = speaker.say(items.length > 0 ? 'answers.evidence' : 'answers.evidence-none');
  return { message: reply(ask, headline, { items, notes, offer: ['compare', 'time', 'errors'] }) };
};
