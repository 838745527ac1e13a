import type { Trace } from '../../model/trace.ts';
import { at } from '../../model/units.ts';
import { criticalPath } from '../../trace/critical-path.ts';
import { type Answerer, type Ask, exemplarOf, linkTo, placeOf, reply, withoutSpans } from '../ask.ts';

const LINES = 5;
/** Below this share of the whole, a step is part of "everything else". */
const WORTH_A_LINE = 0.02;

/** Where the time went: what the request waited for, most first, adding up to the whole. */
export const time: Answerer = (ask) => {
  const trace = exemplarOf(ask);
  if (!trace) return withoutSpans(ask);
  const { speaker } = ask.words;
  const { total, steps } = waits(trace);
  const told = steps.filter((step) => step.waited >= total * WORTH_A_LINE).slice(0, LINES);
  const items = told.map((step) =>
    speaker.say('answers.time-row', {
      ...placeOf(ask, trace, step.row),
      waited: ask.state({ unit: 'us', value: step.waited }, linkTo(ask, trace, step.row)),
    }),
  );
  const rest = total - told.reduce((sum, step) => sum + step.waited, 0);
  if (rest > 0) items.push(speaker.say('answers.time-rest', { waited: ask.state({ unit: 'us', value: rest }) }));
  const headline = speaker.say('answers.time', { total: ask.state({ unit: 'us', value: total }) });
  return { message: reply(ask, headline, { items, offer: offersFor(ask) }) };
};

function offersFor(ask: Ask) {
  return ask.answered.analysis.exemplar?.healthy === undefined
    ? (['picture', 'errors'] as const)
    : (['compare', 'picture', 'errors'] as const);
}

type Step = { readonly row: number; readonly waited: number };

/** Time on the critical path by service and operation; the longest span of each stands for it. */
export function waits(trace: Trace): { readonly total: number; readonly steps: readonly Step[] } {
  const { table } = trace;
  const byPlace = new Map<string, { row: number; most: number; waited: number }>();
  let total = 0;
  for (const section of criticalPath(table, trace.ordinal)) {
    const length = section.end - section.start;
    total += length;
    const place = `${at(table.service, section.row)} ${at(table.operation, section.row)}`;
    const step = byPlace.get(place) ?? { row: section.row, most: length, waited: 0 };
    if (length > step.most) {
      step.row = section.row;
      step.most = length;
    }
    step.waited += length;
    byPlace.set(place, step);
  }
  const steps = [...byPlace.values()].sort((a, b) => b.waited - a.waited || a.row - b.row);
  return { total, steps };
}
