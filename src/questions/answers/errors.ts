import { Flag, type Trace } from '../../model/trace.ts';
import { at, byteAt } from '../../model/units.ts';
import { safeMessage } from '../../render/names.ts';
import { pieces } from '../../render/speaker.ts';
import { type Answerer, exemplarOf, linkTo, placeOf, reply, serviceNamedIn, withoutSpans } from '../ask.ts';

const LINES = 5;

/** Where errors began in the most telling trace, of one service if the question names one. */
export const errors: Answerer = (ask) => {
  const trace = exemplarOf(ask);
  if (!trace) return withoutSpans(ask);
  const { speaker } = ask.words;
  const { table } = trace;
  const named = serviceNamedIn(ask, trace);
  const failed = failedRows(trace).filter((row) => named === undefined || table.text(at(table.service, row)) === named);
  if (failed.length === 0) {
    const headline =
      named === undefined
        ? speaker.say('answers.errors-none')
        : speaker.say('answers.errors-none-service', { service: ask.state({ unit: 'name', value: named }) });
    return { message: reply(ask, headline, { offer: ['time', 'root-cause'] }) };
  }
  const began = failed.filter((row) => !childrenOf(trace, row).some((child) => isFailed(trace, child)));
  const alike = [...sameErrors(trace, began.length > 0 ? began : failed)].slice(0, LINES);
  const told = alike.reduce((sum, rows) => sum + rows.length, 0);
  const items = alike.map(([row, ...others]) => {
    const times =
      others.length === 0
        ? []
        : speaker.say('answers.error-times', { times: ask.state({ unit: 'count', value: others.length + 1 }) });
    const place = placeOf(ask, trace, row);
    const text = messageOf(trace, row);
    if (text === undefined) return [...speaker.say('answers.error-row', place), ...times];
    const safe = safeMessage(text);
    ask.state({ unit: 'name', value: safe });
    const url = linkTo(ask, trace, row);
    const message = pieces(url === undefined ? safe : { link: url, text: safe });
    return [...speaker.say('answers.error-row-message', { ...place, message }), ...times];
  });
  const headline = speaker.say('answers.errors', { errors: ask.state({ unit: 'count', value: failed.length }) });
  const passed = failed.length - told;
  const notes =
    passed > 0 ? [speaker.say('answers.errors-passed', { errors: ask.state({ unit: 'count', value: passed }) })] : [];
  return { message: reply(ask, headline, { items, notes, offer: ['root-cause', 'picture'] }) };
};

/** Rows of the same operation that say the same, together: five attempts that failed alike are one line. */
function sameErrors(trace: Trace, rows: readonly number[]): Iterable<readonly [number, ...number[]]> {
  const { table } = trace;
  const groups = new Map<string, [number, ...number[]]>();
  for (const row of rows) {
    const key = JSON.stringify([at(table.service, row), at(table.operation, row), messageOf(trace, row)]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  }
  return groups.values();
}

function failedRows(trace: Trace): readonly number[] {
  const rows: number[] = [];
  for (let row = trace.from; row < trace.to; row += 1) if (isFailed(trace, row)) rows.push(row);
  return rows;
}

function isFailed(trace: Trace, row: number): boolean {
  return (byteAt(trace.table.flags, row) & Flag.error) !== 0;
}

function childrenOf({ table }: Trace, row: number): readonly number[] {
  return [...table.children.subarray(at(table.childrenFrom, row), at(table.childrenFrom, row + 1))];
}

/** What the program said of its failure: the recorded exception, else the status message, else the type of the error. */
function messageOf({ table }: Trace, row: number): string | undefined {
  const exception = table.events(row).find((event) => event.name === 'exception');
  const said = [
    exception?.attributes['exception.message'],
    table.statusMessage(row),
    table.attribute(row, 'error.type'),
    table.attribute(row, 'http.response.status_code'),
  ].find((value) => value !== undefined && value !== '');
  return said === undefined ? undefined : String(said);
}
