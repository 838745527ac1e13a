import type { Line } from '../../model/message.ts';
import { whetherStill } from '../../render/headline.ts';
import { count, name, share } from '../../render/speaker.ts';
import { type Answerer, reply } from '../ask.ts';

/** Who is hit: counts over the traces that were read, users as a lower bound. */
export const affected: Answerer = (ask) => {
  const { speaker } = ask.words;
  const { impact } = ask.answered.analysis;
  const numbers = { affected: count(impact.affected), examined: count(impact.examined) };
  const items: Line[] = [
    impact.entry === undefined
      ? speaker.say('answers.affected-requests', numbers)
      : speaker.say('answers.affected-entry', { ...numbers, entry: name(impact.entry) }),
    impact.users === undefined
      ? speaker.say('answers.affected-users-unknown')
      : speaker.say('answers.affected-users', { users: count(impact.users) }),
  ];
  const { traffic } = impact;
  if (traffic !== undefined) {
    const bounds = { share: share(traffic.share), low: share(traffic.low), high: share(traffic.high) };
    items.push(speaker.say(traffic.low < traffic.high ? 'answers.affected-traffic' : 'answers.affected-all', bounds));
  }
  const still = whetherStill(speaker, ask.answered);
  if (still) items.push(still);
  const notes = [speaker.say(traffic === undefined ? 'answers.affected-honest' : 'answers.affected-weighed')];
  return {
    message: reply(ask, speaker.say('answers.affected'), { items, notes, offer: ['still', 'root-cause', 'next'] }),
  };
};
