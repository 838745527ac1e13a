import type { Answered } from '../model/investigation.ts';
import type { Line, Message, Part, Piece } from '../model/message.ts';
import type { Lineage } from '../model/verdict.ts';
import { aboutOf, type CardExtras } from './card.ts';
import { lineageHeadline, whenOf } from './headline.ts';
import { safeName } from './names.ts';
import { pictureWords } from './picture-words.ts';
import { lineText } from './plain-text.ts';
import { joinStrings } from './sentences.ts';
import { code, count, name, pieces, type Speaker } from './speaker.ts';

/** So many origins, hops and data in the card; the thread has more. */
const CARD_LINES = 3;

/** A card about somebody's requests: origin, way and data. It accuses nobody. */
export function lineageCard(speaker: Speaker, answered: Answered, lineage: Lineage, extras: CardExtras): Message {
  const headline = lineageHeadline(speaker, lineage);
  const runbook = extras.links?.runbook;
  const requests = speaker.say('lineage.requests', { requests: count(lineage.requests) });
  const lines: Line[] = [joinStrings([...aboutOf(speaker, answered), ...requests, ...whenOf(speaker, answered)])];
  const { suspects, baseline, backend } = answered.gathering;
  const numbers = { suspects: count(suspects), baseline: count(baseline), backend: pieces(safeName(backend, 60)) };
  const parts: Part[] = [
    { kind: 'headline', line: headline },
    { kind: 'text', lines },
    ...sections(speaker, lineage, CARD_LINES),
    {
      kind: 'text',
      lines: [
        speaker.say('lineage.next'),
        ...(runbook === undefined ? [] : [[{ link: runbook, text: lineText(speaker.say('card.link-runbook')) }]]),
      ],
    },
    ...(extras.picture
      ? [{ kind: 'picture' as const, file: extras.picture, alt: pictureWords(speaker, answered).alt }]
      : []),
    {
      kind: 'note',
      line: joinStrings([...completeness(speaker, lineage), ' ', ...speaker.say('lineage.chosen', numbers)]),
    },
    {
      kind: 'buttons',
      buttons: (['lineage', 'affected', 'picture'] as const).map((intent) => {
        const label = lineText(speaker.say(`answers.ask-${intent}`));
        return { action: `ask:${intent}`, label, value: label };
      }),
    },
  ];
  return { summary: lineText(headline), parts };
}

/** Origins, hops and data as lists of at most `most` lines each, the rest counted. */
export function sections(speaker: Speaker, lineage: Lineage, most: number): readonly Part[] {
  const linked = (value: number, of: { readonly traceId: string; readonly spanId: string }) =>
    count(value, speaker.linkTo(of.traceId, of.spanId));
  const origins = lineage.origins.map((origin) => {
    const fillings = { entry: name(origin.entry), count: linked(origin.count, origin) };
    return origin.address === undefined
      ? speaker.say('lineage.origin', fillings)
      : speaker.say('lineage.origin-address', { ...fillings, address: name(speaker.personal(origin.address)) });
  });
  const hops = lineage.hops.map((hop) =>
    speaker.say('lineage.hop', {
      from: name(hop.from),
      to: name(hop.to),
      operation: name(hop.operation),
      count: linked(hop.count, hop),
    }),
  );
  const data = lineage.data.map((datum) => {
    const fillings = {
      service: name(datum.service),
      effect: pieces(...speaker.say(`lineage.effect-${datum.effect}`)),
      target: name(datum.target),
      store: name(datum.store),
      operations: linked(datum.operations, datum),
    };
    if (datum.rows === undefined) return speaker.say('lineage.datum', fillings);
    const rows = linked(datum.rows, datum);
    if (datum.usualRows === undefined) return speaker.say('lineage.datum-rows', { ...fillings, rows });
    return speaker.say('lineage.datum-usual', { ...fillings, rows, usualRows: count(datum.usualRows) });
  });
  return [
    ...section(speaker, 'lineage.origins', origins, most),
    ...section(speaker, 'lineage.hops', hops, most),
    ...section(speaker, 'lineage.data', data, most),
  ];
}

function section(
  speaker: Speaker,
  title: 'lineage.origins' | 'lineage.hops' | 'lineage.data',
  lines: readonly (readonly Piece[])[],
  most: number,
): readonly Part[] {
  const shown: Line[] = lines.slice(0, most).map((line) => line);
  if (lines.length > most) shown.push(speaker.say('lineage.more', { more: count(lines.length - most) }));
  if (lines.length === 0) shown.push(speaker.say('lineage.nothing'));
  return [
    { kind: 'text', lines: [[{ bold: lineText(speaker.say(title)) }]] },
    { kind: 'list', items: shown },
  ];
}

/** What the list cannot know. */
export function completeness(speaker: Speaker, { silent }: Lineage): Line {
  const complete = speaker.say('lineage.complete');
  if (silent.length === 0) return complete;
  const services = silent.slice(0, 5).flatMap((service, index) => [...(index === 0 ? [] : [', ']), code(service)]);
  const told = speaker.say('lineage.silent', { services: pieces(...services), count: count(silent.length) });
  return joinStrings([...told, ' ', ...complete]);
}
