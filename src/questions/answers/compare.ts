import type { Line } from '../../model/message.ts';
import type { Trace } from '../../model/trace.ts';
import { at } from '../../model/units.ts';
import { drawCulprit } from '../../render/culprit-picture.ts';
import { pieces } from '../../render/speaker.ts';
import { type Answerer, type Ask, exemplarOf, linkTo, reply, withoutSpans } from '../ask.ts';
import { wordsOf } from '../intent.ts';
import { waits } from './time.ts';

const LINES = 5;
/** Steps that differ by less, as a share of the whole difference, are noise. */
const WORTH_A_LINE = 0.05;

/** The suspect beside a healthy request of the same route: how much longer, in which steps, and both on one time scale. */
export const compare: Answerer = (ask) => {
  const suspect = exemplarOf(ask);
  if (!suspect) return withoutSpans(ask);
  const { speaker } = ask.words;
  const healthy = exemplarOf(ask, 'healthy');
  if (!healthy) return { message: reply(ask, speaker.say('answers.compare-none'), { offer: ['time', 'evidence'] }) };

  const slow = waits(suspect);
  const fast = waits(healthy);
  const headline = speaker.say('answers.compare', {
    suspect: traceName(ask, suspect),
    healthy: traceName(ask, healthy),
    slow: ask.state({ unit: 'us', value: slow.total }),
    fast: ask.state({ unit: 'us', value: fast.total }),
  });
  const items = differences(suspect, healthy, Math.abs(slow.total - fast.total))
    .slice(0, LINES)
    .map((difference) => differenceLine(ask, difference));
  const notes: Line[] = [];
  if (items.length === 0) notes.push(speaker.say('answers.compare-same'));
  if (wordsOf(ask.text).some((word) => PAST.has(word))) notes.push(speaker.say('answers.compare-past'));
  return {
    message: reply(ask, headline, { items, notes, offer: ['time', 'evidence'] }),
    draw: () => drawCulprit(ask.answered, ask.table, 'card', ask.words, 'healthy'),
  };
};

const PAST = new Set(['yesterday', 'week', 'month', 'before', 'deploy']);

type Side = { readonly trace: Trace; readonly row: number; readonly waited: number };
type Difference = { readonly slow?: Side; readonly fast?: Side; readonly by: number };

/** Steps by how much more or less they were waited for, the largest change first. */
function differences(suspect: Trace, healthy: Trace, whole: number): readonly Difference[] {
  const sides = new Map<string, { slow?: Side; fast?: Side }>();
  for (const [key, trace] of [['slow', suspect] as const, ['fast', healthy] as const]) {
    const { table } = trace;
    for (const { row, waited } of waits(trace).steps) {
      const place = `${table.text(at(table.service, row))} ${table.text(at(table.operation, row))}`;
      sides.set(place, { ...sides.get(place), [key]: { trace, row, waited } });
    }
  }
  return [...sides]
    .map(([place, { slow, fast }]) => ({
      place,
      by: (slow?.waited ?? 0) - (fast?.waited ?? 0),
      ...(slow && { slow }),
      ...(fast && { fast }),
    }))
    .filter(({ by }) => Math.abs(by) > whole * WORTH_A_LINE)
    .sort((a, b) => Math.abs(b.by) - Math.abs(a.by) || (a.place < b.place ? -1 : 1));
}

function differenceLine(ask: Ask, { slow, fast }: Difference): Line {
  const side = slow ?? fast;
  if (!side) return [];
  const { table } = side.trace;
  const took = (of: Side) => ask.state({ unit: 'us', value: of.waited }, linkTo(ask, of.trace, of.row));
  const place = {
    service: ask.state({ unit: 'name', value: table.text(at(table.service, side.row)) }),
    operation: ask.state({ unit: 'name', value: table.text(at(table.operation, side.row)) }),
  };
  const { say } = ask.words.speaker;
  if (slow && fast) return say('answers.compare-grown', { ...place, slow: took(slow), fast: took(fast) });
  if (slow) return say('answers.compare-new', { ...place, slow: took(slow) });
  return say('answers.compare-gone', { ...place, fast: took(side) });
}

function traceName(ask: Ask, trace: Trace) {
  const text = trace.traceId.slice(0, 12);
  ask.state({ unit: 'name', value: text });
  const url = ask.words.speaker.linkTo(trace.traceId);
  return pieces(url === undefined ? { code: text } : { link: url, text });
}
