import type { Component, Evidence, Mechanism, Quantity } from '../model/finding.ts';
import type { Piece } from '../model/message.ts';
import type { EpochMicros, SpanId, TraceId } from '../model/units.ts';
import type { Gap, Hypothesis } from '../model/verdict.ts';
import { formatCount, formatNumber, formatRatio } from './format.ts';
import { safeName } from './names.ts';
import type { PhraseName } from './phrases.ts';
import { type Filling, fillSentence, joinStrings, type Sentence } from './sentences.ts';
import type { Templates } from './templates.ts';

/** Names longer than this are cut in messages: a card holds about 900 characters in all. */
const NAME_LIMIT = 60;

export type SpeakerOptions = {
  readonly templates: Templates;
  /** A page for a span in the team's own tracing tool; undefined where there is none. */
  linkTo(traceId: TraceId, spanId?: SpanId): string | undefined;
  /** How a personal value is shown: a keyed hash, or the value where the config allows it. */
  personal(value: string): string;
};

export type Fillings = Readonly<Record<string, Filling>>;

/** Turns model values into pieces of messages; nothing else makes text out of numbers. */
export type Speaker = ReturnType<typeof createSpeaker>;

export function createSpeaker({ templates, linkTo, personal }: SpeakerOptions) {
  const say = (phrase: PhraseName, fillings: Fillings = {}): readonly Piece[] =>
    fill(templates.phrase(phrase), fillings);

  function quantity(value: Quantity, url?: string): Filling {
    switch (value.unit) {
      case 'name':
        return name(value.value);
      case 'personal':
        return name(personal(value.value));
      case 'time':
        return time(value.value);
      default: {
        const text = formatNumber(value) ?? '';
        return { pieces: [url === undefined ? text : { link: url, text }], number: value.value };
      }
    }
  }

  function component(of: Component): Filling {
    switch (of.kind) {
      case 'service':
        return name(of.service);
      case 'operation':
        return { pieces: [code(of.service), ' ', code(of.operation)] };
      case 'edge':
        return { pieces: [code(of.from), ' → ', code(of.to)] };
      case 'attribute': {
        const services = of.services
          .slice(0, 3)
          .flatMap((service, index) => [index === 0 ? ' on ' : ', ', code(service)]);
        return { pieces: [code(`${of.key}=${of.value}`), ...services, ...(of.services.length > 3 ? [' …'] : [])] };
      }
    }
  }

  /** The claim's sentence. One that the templates do not know is said as its name and values: told plainly, never dropped. */
  function claim(from: Evidence | Gap, sentence: Sentence | undefined): readonly Piece[] {
    const url = 'traceId' in from ? linkTo(from.traceId, from.spanIds[0]) : undefined;
    const counts: Record<string, Quantity> = {};
    if ('counts' in from) {
      for (const [key, value] of Object.entries(from.counts ?? {})) counts[key] = { unit: 'count', value };
    }
    const values = { ...counts, ...from.values };
    const fillings = Object.fromEntries(Object.entries(values).map(([key, value]) => [key, quantity(value, url)]));
    const said = sentence && fillSentence(sentence, fillings);
    if (said) return said;
    const pairs = Object.entries(from.values).flatMap(([key, value]) => [
      `, ${safeName(key, 30)} `,
      ...quantity(value, url).pieces,
    ]);
    return joinStrings([from.claim.replaceAll('-', ' '), ...pairs]);
  }

  /** An evidence in one line: the claim, then in how many traces it was seen. */
  function evidence(of: Evidence): readonly Piece[] {
    const said = claim(of, templates.claim(of.claim));
    const { counts } = of;
    const sentence = templates.claim(of.claim);
    const tells = (place: string) =>
      sentence?.some((part) => typeof part !== 'string' && part.place === place) ?? false;
    if (counts === undefined || counts.of <= 1 || tells('with') || tells('of')) return said;
    const numbers = { with: count(counts.with), of: count(counts.of) };
    const seen =
      counts.baselineWith === undefined || counts.baselineOf === undefined
        ? say('card.counts', numbers)
        : say('card.counts-healthy', {
            ...numbers,
            baselineWith: count(counts.baselineWith),
            baselineOf: count(counts.baselineOf),
          });
    const last = said.at(-1);
    // A sentence keeps its full stop behind the counts.
    const stop = typeof last === 'string' && last.endsWith('.') ? '.' : '';
    const open = stop === '' ? said : [...said.slice(0, -1), String(last).slice(0, -1)];
    return joinStrings([...open, ' (', ...seen, `)${stop}`]);
  }

  return {
    say,
    quantity,
    component,
    evidence,
    gap: (of: Gap) => claim(of, templates.gap(of.claim)),
    headline: (mechanism: Mechanism, of: Component) =>
      fill(templates.headline(mechanism), { component: component(of) }),
    nextStep: (of: Hypothesis) => fill(templates.nextStep(of.mechanism), { component: component(of.component) }),
    linkTo,
    personal,
  };
}

export function code(text: string): Piece {
  return { code: safeName(text, NAME_LIMIT) };
}

export function name(text: string): Filling {
  return { pieces: [code(text)] };
}

export function count(value: number, url?: string): Filling {
  const text = formatCount(value);
  return { pieces: [url === undefined ? text : { link: url, text }], number: value };
}

export function share(value: number): Filling {
  return { pieces: [formatRatio(value)], number: value };
}

export function time(value: EpochMicros): Filling {
  return { pieces: [{ time: value, style: 'time' }] };
}

export function pieces(...of: readonly Piece[]): Filling {
  return { pieces: of };
}

/** The sentence as far as it can be said: templates were checked at start, so a place without filling is our own mistake. */
function fill(sentence: Sentence, fillings: Fillings): readonly Piece[] {
  const said = fillSentence(sentence, fillings);
  if (said) return said;
  throw new TypeError(`A sentence lacks one of its fillings; there are ${Object.keys(fillings).join(', ') || 'none'}`);
}
