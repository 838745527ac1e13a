import type { Answered, Following, Investigation } from '../model/investigation.ts';
import type { Button, Line, Message, Part, PictureRef, Piece } from '../model/message.ts';
import type { Hypothesis } from '../model/verdict.ts';
import { changeLines } from './changes.ts';
import { headlineOf, looksHealthy, stateOf } from './headline.ts';
import { historyOf } from './history.ts';
import { safeName } from './names.ts';
import { pictureWords } from './picture-words.ts';
import { lineText } from './plain-text.ts';
import { joinStrings } from './sentences.ts';
import { code, count, pieces, type Speaker } from './speaker.ts';

/** Pages that the team or the alert named. */
export type CardLinks = {
  readonly runbook?: string;
  readonly dashboard?: string;
  readonly owner?: string;
  readonly alert?: string;
};

export type CardExtras = {
  readonly picture?: PictureRef;
  readonly links?: CardLinks;
  /** Alerts that this card answers beside its own. */
  readonly following?: Following;
};

/** A card is read on a phone at night: longer than this and nobody does. Buttons and addresses of links do not count. */
export const CARD_LIMIT = 900;
const EVIDENCE_LINES = 3;
/** Of how the traces were found; who wants all of it asks how we know. */
const NOTES_LIMIT = 160;
/** Of the alert's own title: enough to tell two alerts apart whose traces say the same, or nothing. */
const TITLE_LIMIT = 80;
/** What is left of a name when nothing else helps. */
const SHORT_NAME = 24;

/**
 * The verdict: what broke, how bad, why we think so, what to do next. When it gets too long, evidence lines give way first
 * and the ends of long names after them.
 */
export function verdictCard(speaker: Speaker, answered: Answered, extras: CardExtras): Message {
  let card = cardWith(speaker, answered, extras, EVIDENCE_LINES);
  for (let lines = EVIDENCE_LINES - 1; lines > 0 && lengthOf(card) > CARD_LIMIT; lines -= 1) {
    card = cardWith(speaker, answered, extras, lines);
  }
  return lengthOf(card) > CARD_LIMIT ? withShortNames(cardWith(speaker, answered, extras, 1, SHORT_NAME)) : card;
}

function cardWith(
  speaker: Speaker,
  answered: Answered,
  extras: CardExtras,
  lines: number,
  titleLimit = TITLE_LIMIT,
): Message {
  const headline = headlineOf(speaker, answered);
  const about = aboutOf(speaker, answered, titleLimit);
  const state = joinStrings([...about, ...stateOf(speaker, answered, extras.following)]);
  const links = linksOf(speaker, answered, extras.links ?? {});
  const reasons = reasonsOf(speaker, answered, lines);
  const history = historyOf(speaker, answered, extras.following);
  const changes = changeLines(speaker, answered);
  const parts: Part[] = [
    { kind: 'headline', line: headline },
    { kind: 'text', lines: [state] },
    ...(reasons.length > 0 ? [{ kind: 'list' as const, items: reasons }] : []),
    ...(changes.length > 0 ? [{ kind: 'text' as const, lines: changes }] : []),
    ...(history.length > 0 ? [{ kind: 'text' as const, lines: history }] : []),
    { kind: 'text', lines: [nextOf(speaker, answered), ...(links.length > 0 ? [links] : [])] },
    ...(extras.picture
      ? [{ kind: 'picture' as const, file: extras.picture, alt: pictureWords(speaker, answered).alt }]
      : []),
    { kind: 'note', line: chosenOf(speaker, answered) },
    { kind: 'buttons', buttons: buttonsOf(speaker, answered) },
  ];
  return { summary: `${lineText(headline)} ${lineText(state)}`, parts };
}

/** At most `lines` reasons: the cause's own evidence, and what made it worse or stands beside it. */
export function reasonsOf(speaker: Speaker, { analysis }: Answered, lines: number): readonly Line[] {
  const { verdict } = analysis;
  const [top, ...others] = verdict.hypotheses;
  if (verdict.kind === 'cannot-tell' || top === undefined) {
    const gaps = verdict.missing.map((gap) => [...speaker.say('card.missing'), ...speaker.gap(gap)]);
    const leads = verdict.hypotheses.map((lead) => [
      ...speaker.say('card.lead'),
      ...speaker.headline(lead.mechanism, lead.component),
    ]);
    return [...gaps.slice(0, Math.max(1, lines - Math.min(1, leads.length))), ...leads]
      .slice(0, lines)
      .map(joinStrings);
  }
  const worse = others.find((other) => other.role === 'amplifier');
  const second = worse ?? others.find((other) => other.role === 'cause');
  const own = top.evidence.slice(0, second && lines > 1 ? lines - 1 : lines).map((each) => speaker.evidence(each));
  if (second === undefined || lines < 2) return own;
  const word = speaker.say(worse ? 'card.made-worse' : 'card.also');
  const said = worse ? speaker.evidence(second.evidence[0]) : speaker.headline(second.mechanism, second.component);
  return [...own, joinStrings([...word, ...said])];
}

/** `Next: look at auth …`: the one step that the verdict asks for. */
export function nextOf(speaker: Speaker, answered: Answered): Line {
  const { verdict } = answered.analysis;
  const top = verdict.hypotheses[0];
  const step =
    verdict.kind === 'cannot-tell' || top === undefined
      ? speaker.say(looksHealthy(answered) ? 'card.next-nothing-wrong' : 'card.next-cannot-tell')
      : speaker.nextStep(top);
  return [{ bold: lineText(speaker.say('card.next')).trim() }, ' ', ...step];
}

function linksOf(speaker: Speaker, answered: Answered, links: CardLinks): Line {
  const { exemplar } = answered.analysis;
  const all = [
    [links.runbook, 'card.link-runbook'],
    [links.dashboard, 'card.link-dashboard'],
    [links.owner, 'card.link-owner'],
    [links.alert, 'card.link-alert'],
    [exemplar && speaker.linkTo(exemplar.suspect), 'card.link-trace'],
  ] as const;
  const line: Piece[] = [];
  for (const [url, phrase] of all) {
    if (url === undefined || !/^https?:\/\//i.test(url)) continue;
    if (line.length > 0) line.push(' · ');
    line.push({ link: url, text: lineText(speaker.say(phrase)) });
  }
  return line;
}

/** Small print: how the traces were chosen. Never a share of all traffic, which nobody here knows. */
export function chosenOf(speaker: Speaker, { analysis, gathering }: Answered): Line {
  const numbers = {
    suspects: count(gathering.suspects),
    baseline: count(gathering.baseline),
    spans: count(gathering.spans),
    backend: pieces(safeName(gathering.backend, 60)),
  };
  const chosen = speaker.say(gathering.baseline === 0 ? 'card.chosen-no-baseline' : 'card.chosen', numbers);
  const confidence = speaker.say(`card.confidence-${analysis.verdict.confidence}`);
  return joinStrings([...chosen, ...shortly(gathering.notes).map((note) => ` ${note}.`), ' ', ...confidence]);
}

/** As many notes as the small print has room for, at least the first: they come with what weakens the verdict before the rest. */
function shortly(notes: readonly string[]): readonly string[] {
  const said: string[] = [];
  let room = NOTES_LIMIT;
  for (const note of notes.map((note) => safeName(note, 120))) {
    room -= note.length;
    if (room < 0 && said.length > 0) break;
    said.push(note);
  }
  return said;
}

function buttonsOf(speaker: Speaker, { analysis }: Answered): readonly Button[] {
  const label = (phrase: Parameters<Speaker['say']>[0]) => lineText(speaker.say(phrase));
  return [
    ...(analysis.exemplar?.healthy === undefined
      ? []
      : [{ action: 'ask:compare', label: label('card.button-compare') }]),
    ...(analysis.exemplar === undefined ? [] : [{ action: 'ask:picture', label: label('card.button-picture') }]),
    { action: 'ask:affected', label: label('card.button-affected') },
    { action: 'ask:evidence', label: label('card.button-evidence') },
    { action: 'ask:feedback', label: label('card.button-feedback') },
  ].map((button) => ({ ...button, value: button.label }));
}

/** `Checkout error rate above 5 % · `, before what is known of it; nothing where a person asked. */
export function aboutOf(speaker: Speaker, { trigger }: Answered, limit = TITLE_LIMIT): Line {
  if (trigger.kind !== 'alert') return [];
  return speaker.say('card.about', { title: pieces({ bold: safeName(trigger.alert.title, limit) }) });
}

/** What an investigation is about, in the words of whoever asked for it. */
export function subjectOf({ trigger }: Investigation): Piece {
  return trigger.kind === 'alert' ? { bold: safeName(trigger.alert.title, 120) } : code(trigger.traceId);
}

function withShortNames(card: Message): Message {
  const short = (line: Line): Line =>
    line.map((piece) =>
      typeof piece === 'object' && 'code' in piece ? { code: safeName(piece.code, SHORT_NAME) } : piece,
    );
  const parts = card.parts.map((part): Part => {
    if (part.kind === 'headline' || part.kind === 'note') return { ...part, line: short(part.line) };
    if (part.kind === 'text') return { ...part, lines: part.lines.map(short) };
    return part.kind === 'list' ? { ...part, items: part.items.map(short) } : part;
  });
  return { ...card, parts };
}

/** Characters that a person reads. */
export function lengthOf(message: Message): number {
  let length = 0;
  for (const part of message.parts) {
    if (part.kind === 'headline' || part.kind === 'note') length += lineText(part.line).length;
    else if (part.kind === 'text') for (const line of part.lines) length += lineText(line).length;
    else if (part.kind === 'list') for (const item of part.items) length += lineText(item).length;
  }
  return length;
}

/** One sentence a hypothesis, as `H2` in the thread. */
export function hypothesisLine(speaker: Speaker, { id, mechanism, component }: Hypothesis): Line {
  return speaker.say('answers.other', {
    id: pieces({ bold: id }),
    headline: pieces(...speaker.headline(mechanism, component)),
  });
}
