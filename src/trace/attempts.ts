import { Kind, type SpanTable } from '../model/trace.ts';
import { at, byteAt, numberAt, SECOND } from '../model/units.ts';
import { calleeOf } from './calls.ts';
import { tolerance } from './critical-path.ts';
import { errorSort, errorSource, failed } from './errors.ts';

/**
 * One thing somebody wanted, with all the tries it took.
 *
 * ```
 *   order   ├───────────────────────────────────────┤
 *     try     ├──── ✗                                   failed, tried again after a pause: one logical call,
 *     try              ├──── ✗                          three attempts, masked because the last one succeeded
 *     try                            ├────┤
 *             ←────── lost ─────────→
 * ```
 */
export type LogicalCall = {
  /** Rows of the attempts, by start; two or more. */
  readonly attempts: readonly number[];
  /** masked: the last attempt succeeded · exhausted: it failed too. */
  readonly outcome: 'masked' | 'exhausted';
  /** retry: tried again after a failure · challenge: an answer that asks for credentials, then the same with them. */
  readonly kind: 'retry' | 'challenge';
  /** µs from the first attempt's start to the last one's: what failed attempts and pauses took. */
  readonly lost: number;
};

/** How long after a failure the next attempt still belongs to it, µs, unless earlier pauses were longer. */
const PAUSE = 2 * SECOND;

/**
 * Calls of a trace that were tried more than once, by their first attempt. Attempts are children of one span that want the
 * same of the same peer, one after the other, each but the last failed. Calls with different arguments (URL, query) are a
 * fan-out, not retries; overlapping ones are hedged or parallel. Spans inside a service count when their names speak of
 * attempts, as retry libraries' do. Reference section 3.3.
 */
export function logicalCalls(table: SpanTable, ordinal: number): readonly LogicalCall[] {
  const found: LogicalCall[] = [];
  const resends = table.carries(RESENT);
  for (let parent = at(table.first, ordinal); parent < at(table.first, ordinal + 1); parent++) {
    if (!mayRetry(table, parent, resends)) continue;
    for (const siblings of alike(table, parent)) found.push(...chains(table, siblings));
  }
  return found.sort((a, b) => (a.attempts[0] ?? 0) - (b.attempts[0] ?? 0));
}

/** The attribute in which a client says that it asks again. */
const RESENT = 'http.request.resend_count';

/** Whether anything below a span could follow a failure: nearly no span of a healthy trace has to be looked into further. */
function mayRetry(table: SpanTable, parent: number, resends: boolean): boolean {
  const from = at(table.childrenFrom, parent);
  const to = at(table.childrenFrom, parent + 1);
  if (to - from < 2) return false;
  for (let index = from; index < to; index++) {
    const child = at(table.children, index);
    if (failed(table, child) || (resends && table.attribute(child, RESENT) !== undefined)) return true;
  }
  return false;
}

/** Children of a span that could be attempts of the same thing, in groups by start. */
function alike(table: SpanTable, parent: number): Iterable<readonly number[]> {
  const groups = new Map<string, number[]>();
  for (let index = at(table.childrenFrom, parent); index < at(table.childrenFrom, parent + 1); index++) {
    const row = at(table.children, index);
    const want = wantOf(table, row);
    if (want === undefined) continue;
    const group = groups.get(want);
    if (group === undefined) groups.set(want, [row]);
    else group.push(row);
  }
  return groups.values();
}

/** What a span wants, in words that are equal for attempts of the same call only; undefined when it cannot be one. */
function wantOf(table: SpanTable, row: number): string | undefined {
  const kind = byteAt(table.kind, row);
  if (kind === Kind.client || kind === Kind.producer) {
    const asked = argumentsOf(table, row);
    return [kind, calleeOf(table, row), table.text(at(table.operation, row)), asked].join('\u0000');
  }
  const name = table.name(row);
  if (!/retry|attempt/i.test(name)) return undefined;
  return [kind, at(table.service, row), name.replace(/\d+/g, '#')].join('\u0000');
}

function argumentsOf(table: SpanTable, row: number): string {
  const url = table.attribute(row, 'url.full') ?? table.attribute(row, 'url.path') ?? '';
  // The port changes when the next attempt goes to another instance; that is still the same call.
  const asked = String(url).replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*/i, '');
  const query = table.attribute(row, 'db.query.text') ?? '';
  const message = table.attribute(row, 'messaging.message.id') ?? '';
  return [asked, query, message].join('\u0000');
}

/** Runs of attempts among spans that want the same: a failure, then another try within the pause. */
function chains(table: SpanTable, rows: readonly number[]): readonly LogicalCall[] {
  const found: LogicalCall[] = [];
  let run: number[] = [];
  let longest = 0;
  for (const row of rows) {
    const last = run.at(-1) ?? row;
    const pause = numberAt(table.start, row) - numberAt(table.end, last);
    if (run.length > 0 && !follows(table, last, row, pause, Math.max(PAUSE, 3 * longest))) {
      if (run.length > 1) found.push(asCall(table, run));
      run = [];
      longest = 0;
    }
    if (run.length > 0) longest = Math.max(longest, pause);
    run.push(row);
  }
  if (run.length > 1) found.push(asCall(table, run));
  return found;
}

function follows(table: SpanTable, last: number, next: number, pause: number, limit: number): boolean {
  // Coarse clocks let an attempt seem to begin just before the one before it ended.
  if (pause < -tolerance(numberAt(table.end, last) - numberAt(table.start, last))) return false;
  const resent = Number(table.attribute(next, RESENT) ?? 0) >= 1;
  return (failed(table, last) || resent) && pause <= limit;
}

function asCall(table: SpanTable, attempts: readonly number[]): LogicalCall {
  const first = attempts[0] ?? 0;
  const last = attempts.at(-1) ?? first;
  const asksForCredentials = (row: number) => errorSort(errorSource(table, row)) === 'auth';
  const outcome = failed(table, last) ? 'exhausted' : 'masked';
  const challenged = outcome === 'masked' && attempts.slice(0, -1).every(asksForCredentials);
  return {
    attempts,
    outcome,
    kind: challenged ? 'challenge' : 'retry',
    lost: numberAt(table.start, last) - numberAt(table.start, first),
  };
}
