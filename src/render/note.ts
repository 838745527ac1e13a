import type { Component } from '../model/finding.ts';
import type { Answered } from '../model/investigation.ts';
import type { Line, Message, Part } from '../model/message.ts';
import { type IncidentNote, NOTE_LIMIT, type NoteFacts, noteMark } from '../model/note.ts';
import { nextOf, reasonsOf } from './card.ts';
import { headlineOf, stateOf } from './headline.ts';
import { withoutSecrets } from './names.ts';
import { lineText } from './plain-text.ts';
import { pieces, type Speaker } from './speaker.ts';

/** A phone shows about so many reasons before it folds a note. */
const REASONS = 3;

/** What is known of a note beside the verdict. */
export type NoteExtras = {
  readonly key: string;
  readonly changed: boolean;
  /** It stands on the incident of another alert, for which the same investigation answers. */
  readonly beside?: boolean;
  readonly permalink?: string;
};

/**
 * The verdict in a few plain lines. Reasons give way when it gets too long; what looks like an address or a secret is left out
 * even where the card may show it, since nobody can take a note back.
 *
 * ```
 *   Causeway: Cause: auth does not answer before its callers give up.
 *   31 of 40 examined POST /checkout requests affected, since 03:09:07 UTC
 *   - 31 calls ended after 1.0 s without an answer (in 31 of 40; healthy: 0 of 60)
 *   Next: look at auth.
 *   Confidence: high.
 *   Thread: https://acme.slack.com/archives/C01/p1790000000000000
 *   [causeway 3f9a2b7c1d20]
 * ```
 */
export function incidentNote(speaker: Speaker, answered: Answered, extras: NoteExtras): IncidentNote {
  let text = textWith(speaker, answered, extras, REASONS);
  for (let reasons = REASONS - 1; reasons >= 0 && text.length > NOTE_LIMIT; reasons -= 1) {
    text = textWith(speaker, answered, extras, reasons);
  }
  return { key: extras.key, text, facts: factsOf(speaker, answered, extras) };
}

/** The part of a note that states something, as a message: it is held to its evidence like every other. */
export function noteClaims(speaker: Speaker, answered: Answered): Message {
  const parts: Part[] = claims(speaker, answered, REASONS).map((line) => ({ kind: 'text', lines: [line] }));
  return { summary: lineText(headlineOf(speaker, answered)), parts };
}

function claims(speaker: Speaker, answered: Answered, reasons: number): readonly Line[] {
  return [
    stateOf(speaker, answered),
    ...reasonsOf(speaker, answered, reasons)
      .slice(0, reasons)
      .map((reason): Line => ['- ', ...reason]),
    nextOf(speaker, answered),
    speaker.say(`card.confidence-${answered.analysis.verdict.confidence}`),
  ];
}

function textWith(speaker: Speaker, answered: Answered, extras: NoteExtras, reasons: number): string {
  const headline = pieces(...headlineOf(speaker, answered));
  const first = speaker.say(extras.changed ? 'note.changed' : extras.beside ? 'note.beside' : 'note.first', {
    headline,
  });
  const said = [first, ...claims(speaker, answered, reasons)].map((line) => withoutSecrets(lineText(line)));
  const { permalink } = extras;
  const thread = permalink === undefined ? [] : [lineText(speaker.say('note.thread', { link: pieces(permalink) }))];
  return [...said, ...thread, noteMark(extras.key)].join('\n');
}

function factsOf(speaker: Speaker, answered: Answered, { changed, permalink }: NoteExtras): NoteFacts {
  const { verdict, impact } = answered.analysis;
  const top = verdict.kind === 'cannot-tell' ? undefined : verdict.hypotheses[0];
  return {
    investigation: answered.id,
    verdict: verdict.kind,
    confidence: verdict.confidence,
    changed,
    headline: withoutSecrets(lineText(headlineOf(speaker, answered))),
    ...(top === undefined ? {} : { mechanism: top.mechanism }),
    services: top === undefined ? [] : servicesOf(top.component),
    affected: impact.affected,
    examined: impact.examined,
    ...(impact.since === undefined ? {} : { since: impact.since }),
    answeredAt: answered.answeredAt,
    ...(permalink === undefined ? {} : { permalink }),
  };
}

function servicesOf(component: Component): readonly string[] {
  switch (component.kind) {
    case 'service':
    case 'operation':
      return [component.service];
    case 'edge':
      return [component.from, component.to];
    case 'attribute':
      return component.services;
  }
}
