import type { Quantity } from '../model/finding.ts';
import type { Answered } from '../model/investigation.ts';
import type { Line, Message, Part, Picture } from '../model/message.ts';
import type { SpanTable, Trace } from '../model/trace.ts';
import { at } from '../model/units.ts';
import { lineText } from '../render/plain-text.ts';
import type { Filling } from '../render/sentences.ts';
import { type AskedIntent, questionButtons, type Words } from '../render/words.ts';
import { findTrace } from '../trace/build.ts';
import { wordsOf } from './intent.ts';

/** A question with everything an answer may draw on: what was worked out, and the spans that were kept. */
export type Ask = {
  readonly text: string;
  readonly answered: Answered;
  /** The cited traces; of size zero when nothing was kept. */
  readonly table: SpanTable;
  readonly words: Words;
  /** Says a number or a name that this answer read from the spans, and remembers it as a ground of the answer. */
  state(quantity: Quantity, url?: string): Filling;
};

/** What is said, and a picture that is drawn only if the words went well. */
export type Answer = { readonly message: Message; readonly draw?: () => Promise<Picture | undefined> };

/** One intent's answer. Pure: same question, investigation and spans, same answer. */
export type Answerer = (ask: Ask) => Answer;

/** An answer in the usual order: the sentence, at most a few lines, a caveat, what to ask next. */
export function reply(
  ask: Ask,
  headline: Line,
  body: { readonly items?: readonly Line[]; readonly notes?: readonly Line[]; readonly offer?: readonly AskedIntent[] },
): Message {
  const parts: Part[] = [{ kind: 'headline', line: headline }];
  if (body.items && body.items.length > 0) parts.push({ kind: 'list', items: body.items });
  for (const line of body.notes ?? []) parts.push({ kind: 'note', line });
  if (body.offer && body.offer.length > 0) {
    parts.push({ kind: 'buttons', buttons: questionButtons(ask.words.speaker, body.offer) });
  }
  return { summary: lineText(headline), parts };
}

/** The most telling trace, if its spans are still there. */
export function exemplarOf(ask: Ask, which: 'suspect' | 'healthy' = 'suspect'): Trace | undefined {
  const id = ask.answered.analysis.exemplar?.[which];
  return id === undefined ? undefined : findTrace(ask.table, id);
}

/** Why there is no trace to talk about. */
export function withoutSpans(ask: Ask): Answer {
  const { speaker } = ask.words;
  const known = ask.answered.analysis.exemplar !== undefined;
  const line = speaker.say(known ? 'answers.spans-gone' : 'answers.no-exemplar');
  return { message: reply(ask, line, { offer: ['root-cause', 'evidence', 'affected'] }) };
}

/** A service that the question names, by its name or by all the words of it (`only errors from payment service`). */
export function serviceNamedIn(ask: Ask, trace: Trace): string | undefined {
  const asked = new Set(wordsOf(ask.text).flatMap((word) => [word, word.replace(/s$/, '')]));
  const services = new Set<string>();
  for (let row = trace.from; row < trace.to; row += 1) services.add(trace.table.text(at(trace.table.service, row)));
  const named = [...services].sort().filter((service) => {
    const telling = wordsOf(service).filter((word) => word !== 'service' && word !== 'svc');
    return telling.length > 0 && telling.every((word) => asked.has(word) || asked.has(word.replace(/s$/, '')));
  });
  return named.length === 1 ? named[0] : undefined;
}

/** Service and operation of a span as fillings, remembered as grounds. */
export function placeOf(
  ask: Ask,
  trace: Trace,
  row: number,
): { readonly service: Filling; readonly operation: Filling } {
  const { table } = trace;
  return {
    service: ask.state({ unit: 'name', value: table.text(at(table.service, row)) }),
    operation: ask.state({ unit: 'name', value: table.text(at(table.operation, row)) }),
  };
}

export function linkTo(ask: Ask, trace: Trace, row: number): string | undefined {
  return ask.words.speaker.linkTo(trace.traceId, trace.table.spanId(row));
}
