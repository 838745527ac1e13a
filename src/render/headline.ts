import type { Answered, Following } from '../model/investigation.ts';
import type { Line, Piece } from '../model/message.ts';
import { MINUTE, type Micros } from '../model/units.ts';
import type { Lineage } from '../model/verdict.ts';
import { lineText } from './plain-text.ts';
import { joinStrings } from './sentences.ts';
import { code, count, name, pieces, type Speaker, time } from './speaker.ts';

/** `Cause auth does not answer before its callers give up.` */
export function headlineOf(speaker: Speaker, answered: Answered): Line {
  const { verdict } = answered.analysis;
  const top = verdict.hypotheses[0];
  if (verdict.kind === 'cannot-tell' || top === undefined) {
    return [
      { bold: lineText(speaker.say('card.cannot-tell')) },
      ' ',
      ...speaker.say(looksHealthy(answered) ? 'card.nothing-wrong' : 'card.cannot-tell-sentence'),
    ];
  }
  const word = speaker.say(verdict.kind === 'cause' ? 'card.cause' : 'card.suspect');
  const shared = top.qualifier
    ? [' ', ...speaker.say('card.qualifier', { key: name(top.qualifier.key), value: name(top.qualifier.value) })]
    : [];
  return joinStrings([{ bold: lineText(word) }, ' ', ...speaker.headline(top.mechanism, top.component), ...shared]);
}

/** `31 of 40 examined POST /checkout requests affected, since 03:09, ongoing at 03:16 (9 of 12 requests)` */
export function stateOf(speaker: Speaker, answered: Answered, following?: Following): Line {
  const { impact } = answered.analysis;
  const parts: (readonly Piece[])[] = [];
  const numbers = { affected: count(impact.affected), examined: count(impact.examined) };
  if (impact.examined === 0) parts.push(speaker.say('card.unexamined'));
  else if (impact.affected === 0) parts.push(speaker.say('card.unaffected', numbers));
  else if (impact.entry === undefined) parts.push(speaker.say('card.affected', numbers));
  else parts.push(speaker.say('card.affected-entry', { ...numbers, entry: name(impact.entry) }));

  return joinStrings([...parts.flat(), ...whenOf(speaker, answered, following)]);
}

/** `, since 03:09, ongoing at 03:16 (9 of 12 requests), fired again 2 times`: what follows the counts. */
export function whenOf(speaker: Speaker, answered: Answered, following?: Following): readonly Piece[] {
  const { impact } = answered.analysis;
  const parts: (readonly Piece[])[] = [];
  if (impact.since !== undefined && impact.affected > 0)
    parts.push(speaker.say('card.since', { since: time(impact.since) }));
  const now = whetherStill(speaker, answered);
  if (now) parts.push(now);
  const { acknowledgedAt, escalatedAt, resolvedAt, flapping } = answered;
  if (resolvedAt === undefined && escalatedAt !== undefined)
    parts.push(speaker.say('card.escalated', { at: time(escalatedAt) }));
  if (resolvedAt === undefined && acknowledgedAt !== undefined)
    parts.push(speaker.say('card.acknowledged', { at: time(acknowledgedAt) }));
  const repeats = answered.repeats + (following?.repeats ?? 0);
  if (flapping !== undefined) {
    const during = speaker.quantity({ unit: 'us', value: flapping.during });
    parts.push(speaker.say('card.flapping', { times: count(flapping.times), during }));
  } else if (repeats > 0) parts.push(speaker.say('card.repeats', { repeats: count(repeats) }));
  return parts.flatMap((part) => [', ', ...part]);
}

/** Trouble seen so shortly before the verdict goes on as far as anybody can tell; the first recheck comes soon after. */
const JUST_NOW: Micros = MINUTE;

/** What is known of now: the alert's own end before the latest recheck before the last trace that showed it. */
export function whetherStill(speaker: Speaker, answered: Answered): readonly Piece[] | undefined {
  const { impact } = answered.analysis;
  const latest = answered.rechecks.at(-1);
  if (answered.resolvedAt !== undefined) return speaker.say('card.resolved', { at: time(answered.resolvedAt) });
  if (latest !== undefined) {
    const fillings = { at: time(latest.at), affected: count(latest.affected), examined: count(latest.examined) };
    if (latest.examined === 0) return speaker.say('card.quiet', fillings);
    return speaker.say(latest.affected > 0 ? 'card.ongoing' : 'card.stopped', fillings);
  }
  if (impact.lastSeen === undefined || impact.affected === 0) return undefined;
  const isAlert = answered.trigger.kind === 'alert';
  const justNow = isAlert && impact.lastSeen >= answered.answeredAt - JUST_NOW;
  return speaker.say(justNow ? 'card.seen-now' : 'card.last-seen', { at: time(impact.lastSeen) });
}

/** Nothing was found, and nothing is missing either: the trouble is not in the traces. */
export function looksHealthy({ analysis }: Answered): boolean {
  const { verdict, impact } = analysis;
  return (
    verdict.hypotheses.length === 0 && verdict.missing.length === 0 && impact.affected === 0 && impact.examined > 0
  );
}

/** The lineage, where one was asked for and nothing is broken. */
export function lineageOf({ analysis }: Answered): Lineage | undefined {
  return analysis.verdict.hypotheses.length === 0 ? analysis.lineage : undefined;
}

/** `Lineage: what the requests of user.id 4f2a… did` */
export function lineageHeadline(speaker: Speaker, { actor }: Lineage): Line {
  const who = pieces(code(actor.key), ' ', code(speaker.personal(actor.value)));
  const word = lineText(speaker.say('lineage.headline-word'));
  return [{ bold: word }, ' ', ...speaker.say('lineage.headline', { actor: who })];
}
