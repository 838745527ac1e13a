import type { Answered, Following, Investigation } from '../model/investigation.ts';
import type { Button, Line, Message, Part, PictureRef } from '../model/message.ts';
import type { IncidentNote } from '../model/note.ts';
import { type CardExtras, subjectOf, verdictCard } from './card.ts';
import { findingMessages } from './findings.ts';
import { assertGrounded, groundsOf } from './grounding.ts';
import { headlineOf, lineageHeadline, lineageOf } from './headline.ts';
import { alsoWoke, type Beside, besideCause, otherThanBefore, sameCause } from './history.ts';
import { lineageCard } from './lineage.ts';
import { safeName } from './names.ts';
import { incidentNote, type NoteExtras, noteClaims } from './note.ts';
import { type PictureWords, pictureWords } from './picture-words.ts';
import { lineText } from './plain-text.ts';
import { count, createSpeaker, pieces, type Speaker, type SpeakerOptions } from './speaker.ts';

/** What the bot says. Pure: the same investigation gives the same message. */
export type Words = {
  /** The card at once, before anything is known; with `found` as soon as traces are in. */
  looking(
    investigation: Investigation,
    found?: { readonly traces?: number; readonly following?: Following | undefined },
  ): Message;
  /** The verdict, or a lineage where that was asked for. Also after a recheck, a resolve or a repeat: the same card as it stands now. */
  card(answered: Answered, extras: CardExtras): Message;
  /** One reply a finding. */
  findings(answered: Answered): readonly Message[];
  fullPicture(answered: Answered, picture: PictureRef): Message;
  /** Why the card says something else than before; undefined where nothing was amended. */
  amended(answered: Answered): Message | undefined;
  failed(
    investigation: Extract<Investigation, { status: 'failed' }>,
    options: { readonly again: boolean; readonly following?: Following | undefined },
  ): Message;
  /** For the thread, when the alert came back with another culprit. */
  another(answered: Answered, picture?: PictureRef): Message;
  /** In place of a card, when the other one's card answers. */
  sameCause(follower: Investigation, leader: Investigation, link: string | undefined): Message;
  /** For the leader's thread: alerts beside its cause whose own traces do not show why, the follower among them. */
  beside(follower: Investigation, leader: Investigation, said: Beside): Message;
  /** What is left in the incident itself. */
  note(answered: Answered, extras: NoteExtras): IncidentNote;
  /** Told in the thread when a note could not be left. */
  noteFailed(place: string, failure: { readonly message: string; readonly hint: string }): Message;
  picture(answered: Answered): PictureWords;
  readonly speaker: Speaker;
};

/** @throws Failure `internal` (from the functions) when a message would state what stands in no evidence */
export function createWords(options: SpeakerOptions): Words {
  const speaker = createSpeaker(options);
  const grounded = (message: Message, answered: Answered, following?: Following) => {
    assertGrounded(message, groundsOf(answered, options.personal, following));
    return message;
  };

  return {
    speaker,
    looking(investigation, found) {
      const subject = pieces(subjectOf(investigation));
      const headline = speaker.say('card.looking', { subject });
      const step =
        found?.traces === undefined
          ? speaker.say('card.looking-step')
          : speaker.say('card.looking-found', { traces: count(found.traces) });
      return message(headline, [...notes(alsoWoke(speaker, found?.following)), { kind: 'note', line: step }]);
    },
    card(answered, extras) {
      const lineage = lineageOf(answered);
      return grounded(
        lineage ? lineageCard(speaker, answered, lineage, extras) : verdictCard(speaker, answered, extras),
        answered,
        extras.following,
      );
    },
    findings: (answered) => findingMessages(speaker, answered).map((each) => grounded(each, answered)),
    fullPicture(answered, picture) {
      const { alt } = pictureWords(speaker, answered);
      return grounded(message(speaker.say('card.full-picture'), [{ kind: 'picture', file: picture, alt }]), answered);
    },
    amended(answered) {
      if (answered.amended === undefined) return undefined;
      const { spans, traces } = answered.amended;
      const lineage = lineageOf(answered);
      const headline = lineage ? lineageHeadline(speaker, lineage) : headlineOf(speaker, answered);
      const verdict = pieces(...headline);
      const said = speaker.say('card.late-spans', { spans: count(spans), traces: count(traces), verdict });
      return grounded(message(said, []), answered);
    },
    another(answered, picture) {
      const line = otherThanBefore(speaker, answered);
      const { alt } = pictureWords(speaker, answered);
      return grounded(message(line, picture === undefined ? [] : [{ kind: 'picture', file: picture, alt }]), answered);
    },
    sameCause: (follower, leader, link) => message(sameCause(speaker, follower, leader, link), []),
    beside: (follower, leader, said) => message(besideCause(speaker, follower, leader, said), []),
    failed(investigation, { again, following }) {
      const { setback } = investigation;
      const subject = pieces(subjectOf(investigation));
      return message(speaker.say('card.failed', { subject }), [
        { kind: 'text', lines: [[safeName(setback.message, 300)], [safeName(setback.hint, 300)]] },
        ...notes(alsoWoke(speaker, following)),
        { kind: 'note', line: speaker.say(again ? 'card.failed-again' : 'card.failed-final') },
      ]);
    },
    note(answered, extras) {
      grounded(noteClaims(speaker, answered), answered);
      return incidentNote(speaker, answered, extras);
    },
    noteFailed(place, { message: what, hint }) {
      const headline = speaker.say('note.failed', { place: pieces(safeName(place, 60)) });
      return message(headline, [{ kind: 'text', lines: [[safeName(what, 300)], [safeName(hint, 300)]] }]);
    },
    picture: (answered) => pictureWords(speaker, answered),
  };
}

function notes(line: Line | undefined): readonly Part[] {
  return line === undefined ? [] : [{ kind: 'note', line }];
}

/** A message whose summary is its headline. */
export function message(headline: Line, parts: readonly Part[]): Message {
  return { summary: lineText(headline), parts: [{ kind: 'headline', line: headline }, ...parts] };
}

/** Buttons that ask a question, each with the words that it stands for. */
export function questionButtons(speaker: Speaker, intents: readonly AskedIntent[]): readonly Button[] {
  return intents.map((intent) => {
    const label = lineText(speaker.say(`answers.ask-${intent}`));
    return { action: `ask:${intent}`, label, value: label };
  });
}

export type AskedIntent =
  | 'root-cause'
  | 'evidence'
  | 'time'
  | 'errors'
  | 'affected'
  | 'compare'
  | 'picture'
  | 'still'
  | 'next'
  | 'feedback'
  | 'lineage';
