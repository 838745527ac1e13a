import { culpritOf, isSameCulprit } from '../model/culprit.ts';
import type { Answered, Following, Investigation } from '../model/investigation.ts';
import type { Line } from '../model/message.ts';
import { headlineOf, lineageHeadline, lineageOf } from './headline.ts';
import { safeMessage, safeName } from './names.ts';
import { lineText } from './plain-text.ts';
import { joinStrings } from './sentences.ts';
import { count, pieces, type Speaker } from './speaker.ts';

/** Titles of other people's alerts are cut here; three of them stand in one line. */
const TITLE = 60;
const FIX = 120;

/** What the card tells of other alerts and of other times. A line each, and none where there is nothing to tell. */
export function historyOf(speaker: Speaker, answered: Answered, following?: Following): readonly Line[] {
  const { before, seenBefore, fixedBy } = answered;
  const lines: Line[] = [];
  if (before !== undefined && !isSameCulprit(before, culpritOf(answered.analysis)))
    lines.push(notBefore(speaker, answered));
  const woken = alsoWoke(speaker, following, isExplained(answered) ? 'card.also-woke' : 'card.also-fired');
  if (woken !== undefined) lines.push(woken);
  if (seenBefore !== undefined) {
    const times = speaker.say('card.seen-before', {
      times: count(seenBefore.times),
      at: pieces({ time: seenBefore.at, style: 'date-time' }),
    });
    const thread = seenBefore.link && [
      ' (',
      { link: seenBefore.link, text: lineText(speaker.say('card.link-thread')) },
      ')',
    ];
    const fix = seenBefore.fixedBy && speaker.say('card.then-fixed-by', { fix: fixOf(seenBefore.fixedBy) });
    lines.push(joinStrings([...times, ...(thread || []), ...(fix ? ['; ', ...fix] : []), '.']));
  }
  if (fixedBy !== undefined) lines.push(speaker.say('card.fixed-by', { fix: fixOf(fixedBy) }));
  return lines;
}

/** `Also woke: 3 alerts (checkout errors, gateway 5xx, …).` Where nothing is explained, nothing is said to have woken them. */
export function alsoWoke(
  speaker: Speaker,
  following: Following | undefined,
  phrase: 'card.also-woke' | 'card.also-fired' = 'card.also-fired',
): Line | undefined {
  if (following === undefined || following.alerts === 0) return undefined;
  const { alerts, titles } = following;
  const named = titles.map((title) => safeName(title, TITLE)).join(', ');
  const all = alerts > titles.length ? `${named}, …` : named;
  return speaker.say(phrase, { alerts: count(alerts), titles: pieces(all) });
}

/** One line in place of a card, for an alert that another's card answers. */
export function sameCause(
  speaker: Speaker,
  follower: Investigation,
  leader: Investigation,
  link: string | undefined,
): Line {
  const fillings = { subject: subject(follower), other: subject(leader) };
  const said = sayWhy();
  const thread = link && [' ', { link, text: lineText(speaker.say('card.link-thread')) }];
  return joinStrings([...said, ...(thread || [])]);

  function sayWhy(): Line {
    if (isLookedAtWith(follower)) return speaker.say('card.one-look', fillings);
    if (follower.status !== 'answered' || leader.status !== 'answered') return speaker.say('card.part-of', fillings);
    const [of, to] = [culpritOf(follower.analysis), culpritOf(leader.analysis)];
    if (of === undefined && to !== undefined) return speaker.say('card.beside', fillings);
    const lineage = lineageOf(leader);
    if (lineage !== undefined && of === undefined && lineageOf(follower) !== undefined)
      return speaker.say('card.same-cause', { ...fillings, verdict: pieces(...lineageHeadline(speaker, lineage)) });
    if (of === undefined) return speaker.say('card.beside-unexplained', fillings);
    if (!isSameCulprit(of, to)) return speaker.say('card.part-of', fillings);
    return speaker.say('card.same-cause', { ...fillings, verdict: pieces(...headlineOf(speaker, leader)) });
  }
}

/** Alerts beside a cause, and the titles of the first of them. */
export type Beside = { readonly alerts: number; readonly titles: readonly string[] };

/** What is said in a thread of alerts that fired beside its cause and that their own traces do not explain. */
export function besideCause(speaker: Speaker, follower: Investigation, leader: Investigation, said: Beside): Line {
  if (said.alerts < 2) return sameCause(speaker, follower, leader, undefined);
  const named = said.titles.map((title) => safeName(title, TITLE)).join(', ');
  const titles = pieces(said.alerts > said.titles.length ? `${named}, …` : named);
  return speaker.say('card.beside-many', { alerts: count(said.alerts), titles, other: subject(leader) });
}

/** It has no look of its own, and not because it became a part of the other. */
function isLookedAtWith({ status, trigger, resolvedAt }: Investigation): boolean {
  return (
    status !== 'answered' && resolvedAt === undefined && trigger.kind === 'alert' && trigger.alert.service === undefined
  );
}

/** The one reply that a trouble gets which came back as another. */
export function otherThanBefore(speaker: Speaker, answered: Answered): Line {
  return joinStrings([
    ...speaker.say('card.another', { now: pieces(...headlineOf(speaker, answered)) }),
    ' ',
    ...notBefore(speaker, answered),
  ]);
}

function notBefore(speaker: Speaker, { before }: Answered): Line {
  if (before === undefined || before === null) return speaker.say('card.before-unknown');
  return speaker.say('card.before', { before: pieces(...speaker.headline(before.mechanism, before.component)) });
}

/** Whether the card says what it was. */
function isExplained(answered: Answered): boolean {
  return culpritOf(answered.analysis) !== undefined || lineageOf(answered) !== undefined;
}

function fixOf(text: string) {
  return pieces(safeMessage(text, FIX));
}

function subject({ trigger }: Investigation) {
  const text = trigger.kind === 'alert' ? trigger.alert.title : trigger.traceId;
  return pieces(safeName(text, TITLE));
}
