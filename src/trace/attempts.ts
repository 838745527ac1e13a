import { Flag, Kind, type SpanTable } from '../model/trace.ts';
import { at, MILLISECOND, SECOND } from '../model/units.ts';
import { calleeOf } from './calls.ts';
import { tolerance } from './critical-path.ts';
import { errorSort, errorSource } from './errors.ts';

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
  for (let parent = at(table.first, ordinal); parent < at(table.first, ordinal + 1); parent++) {
    if (at(table.childrenFrom, parent + 1) - at(table.childrenFrom, parent) < 2) continue;
    for (const siblings of alike(table, parent)) found.push(...chains(table, siblings));
  }
  return found.sort((a, b) => (a.attempts[0] ?? 0) - (b.attempts[0] ?? 0));
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
  const kind = at(table.kind, row);
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
  const close = () => {
    if (run.length > 1) found.push(asCall(table, run));
    run = [];
  };
  for (const row of rows) {
    if (run.length > 0 && !follows(table, run, row)) close();
    run.push(row);
  }
  close();
  return found;
}

function follows(table: SpanTable, run: readonly number[], next: number): boolean {
  const last = run.at(-1) ?? next;
  const pause = at(table.start, next) - at(table.end, last);
  // Coarse clocks let an attempt seem to begin just before the one before it ended.
  if (pause < -tolerance(at(table.end, last) - at(table.start, last))) return false;
  const resent = Number(table.attribute(next, 'http.request.resend_count') ?? 0) >= 1;
  if (!failed(table, last) && !resent) return false;
  const before = run.slice(1).map((row, index) => at(table.start, row) - at(table.end, run[index] ?? row));
  const longest = before.reduce((most, length) => Math.max(most, length), 0);
  return pause <= Math.max(PAUSE, 3 * longest);
}

function failed(table: SpanTable, row: number): boolean {
  return (at(table.flags, row) & Flag.error) !== 0;
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
    lost: at(table.start, last) - at(table.start, first),
  };
}

/** How far a connection gets set up: finding the address, connecting, the TLS handshake, or waiting for a free one. */
export type ConnectionPhase = 'dns' | 'tcp' | 'tls' | 'pool';

const PHASES: readonly (readonly [ConnectionPhase, RegExp])[] = [
  ['tls', /^(?:tls\.connect|http\.tls|tls client handshake\b)/i],
  ['tcp', /^(?:tcp\.connect|http\.connect$|socket connect\b)/i],
  ['dns', /^(?:dns\.lookup|http\.dns|dns lookup\b)/i],
  ['pool', /^(?:http\.getconn|http wait_for_connection\b|.*\.(?:acquire|getconnection|borrow)$|pg-pool\.connect)/i],
];

/** The phase a span's name speaks of, in the names of Node's, Go's and .NET's instrumentations. Reference section 4.3. */
export function connectionPhase(name: string): ConnectionPhase | undefined {
  return PHASES.find(([, pattern]) => pattern.test(name))?.[0];
}

/** Several connections set up for one request. */
export type ConnectionAttempts = {
  /** Row of the CLIENT span that needed the connection. */
  readonly client: number;
  readonly phase: ConnectionPhase;
  /** Rows of the phase's spans, by start; two or more, none overlapping the next. */
  readonly attempts: readonly number[];
  /** Those that say that they failed. */
  readonly failures: number;
};

/**
 * CLIENT spans that set up more than one connection in a row. Connections tried side by side (Happy Eyeballs) are not
 * counted. A handshake that was destroyed without an error is never exported by Node, but its `tcp.connect` is, as an
 * orphan: it counts for the only CLIENT span of its service that was under way for its whole length.
 */
export function connectionAttempts(table: SpanTable, ordinal: number): readonly ConnectionAttempts[] {
  const byClient = new Map<number, Map<ConnectionPhase, number[]>>();
  for (let row = at(table.first, ordinal); row < at(table.first, ordinal + 1); row++) {
    const phase = connectionPhase(table.name(row));
    const client = phase === undefined ? -1 : clientOf(table, ordinal, row);
    if (phase === undefined || client < 0) continue;
    const phases = byClient.get(client) ?? new Map<ConnectionPhase, number[]>();
    byClient.set(client, phases.set(phase, [...(phases.get(phase) ?? []), row]));
  }
  const found: ConnectionAttempts[] = [];
  for (const [client, phases] of [...byClient].sort(([a], [b]) => a - b)) {
    for (const [phase, rows] of [...phases].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const attempts = oneByOne(table, rows);
      const failures = attempts.filter((row) => failed(table, row)).length;
      if (attempts.length > 1) found.push({ client, phase, attempts, failures });
    }
  }
  return found;
}

/** The CLIENT span above a row in its service; for an orphan the only one around it; −1 for none. */
function clientOf(table: SpanTable, ordinal: number, row: number): number {
  const service = at(table.service, row);
  for (let above = at(table.parent, row); above >= 0; above = at(table.parent, above)) {
    if (at(table.service, above) !== service) return -1;
    if (at(table.kind, above) === Kind.client) return above;
  }
  if ((at(table.flags, row) & Flag.orphan) === 0) return -1;
  let around = -1;
  for (let client = at(table.first, ordinal); client < at(table.first, ordinal + 1); client++) {
    if (at(table.kind, client) !== Kind.client || at(table.service, client) !== service) continue;
    const began = at(table.start, client) <= at(table.start, row) + MILLISECOND;
    if (!began || at(table.end, client) < at(table.end, row) - MILLISECOND) continue;
    if (around >= 0) return -1;
    around = client;
  }
  return around;
}

/** Rows by start without those that overlap the one before. */
function oneByOne(table: SpanTable, rows: readonly number[]): readonly number[] {
  const ordered = rows.toSorted((a, b) => at(table.start, a) - at(table.start, b) || a - b);
  const kept: number[] = [];
  for (const row of ordered) {
    const last = kept.at(-1);
    const reach = last === undefined ? 0 : at(table.end, last) - tolerance(at(table.end, last) - at(table.start, last));
    if (last === undefined || at(table.start, row) >= reach) kept.push(row);
  }
  return kept;
}
