import { Flag, type SpanTable } from '../model/trace.ts';
import { at, byteAt, numberAt } from '../model/units.ts';
import { connectionPhase } from '../trace/connection-attempts.ts';
import { failed } from '../trace/errors.ts';
import { type Charges, Place } from './charges.ts';
import { linkedSetups } from './linked-setups.ts';
import { aboutNames } from './names.ts';
import { ensure } from './numbering.ts';

export type SetupPhase = 'dns' | 'tcp' | 'tls';
/** One step of opening a connection; `row` is the span that tells of it. Times as in the table, µs. */
export type SetupSpan = {
  readonly row: number;
  readonly phase: SetupPhase;
  readonly start: number;
  readonly end: number;
  readonly failed: boolean;
};

/** What one service did to open connections to one peer inside one request. */
export type ConnectionSetup = {
  readonly trace: number;
  readonly caller: number;
  readonly peer: number;
  /** By start. */
  readonly spans: readonly SetupSpan[];
  /** TLS handshakes, one by one: those that overlap are two connections opened at once, not a retry. */
  readonly handshakes: readonly SetupSpan[];
};

/** Handshakes under other names than those of Node's, Go's and .NET's instrumentation; `SSL handshake` is Netty's. */
const HANDSHAKE = /\b(tls|ssl)[ ._-]?handshake\b/i;
const TLS_TROUBLE = /\b(tls|ssl|handshake|certificate|secure)\b/i;
/** Times of two attempts may overlap by this much, µs. */
const GRAIN = 2_000;

/**
 * The connections opened in each of the chosen traces (1 a trace), by trace, caller and peer. Spans of other traces that a
 * call links to count for the call when the connection was opened while it waited (.NET); so do the events that Go's
 * `httptrace` writes instead of spans.
 *
 * ```
 *   call          ├────────────────────────────────────────┤
 *   tls.connect     ├──────── ✗ ┤                               failed: retried
 *   tcp.connect                   ├┤ (orphan)                   destroyed: its tls.connect never ended, only this is left
 *   tls.connect                               ├────┤            succeeded
 * ```
 */
export function connectionSetups(table: SpanTable, charges: Charges, traces: Uint8Array): readonly ConnectionSetup[] {
  const found: ConnectionSetup[] = [];
  const elsewhere = linkedSetups(table);
  const signs = signsOf(table, traces);
  for (let trace = 0; trace < table.traces; trace++) {
    if (traces[trace] !== 1) continue;
    const groups = new Map<number, { caller: number; peer: number; spans: SetupSpan[] }>();
    const add = (row: number, spans: readonly SetupSpan[]) => {
      const caller = at(charges.party, row);
      const peer = spans.length === 0 ? -1 : peerOf(table, charges, trace, row);
      if (peer < 0) return;
      ensure(groups, caller * MOST_PARTIES + peer, () => ({ caller, peer, spans: [] })).spans.push(...spans);
    };
    for (let row = at(table.first, trace); row < at(table.first, trace + 1); row++) {
      if (signs.mayTell(row)) add(row, spansAt(table, charges, trace, row, signs));
      if (elsewhere.size === 0) continue;
      for (const other of elsewhere.get(row) ?? []) add(row, plainSpan(table, other, signs.phaseOf));
    }
    for (const { caller, peer, spans } of groups.values()) {
      const ordered = spans.toSorted((a, b) => a.start - b.start || a.row - b.row);
      const handshakes = oneByOne(ordered.filter(({ phase }) => phase === 'tls'));
      found.push({ trace, caller, peer, spans: ordered, handshakes });
    }
  }
  return found;
}

const MOST_PARTIES = 2 ** 20;

/** What is worked out once for a table, so that rows that have nothing to do with connections are passed by. */
type Signs = {
  /** The phase that a row's name speaks of. */
  readonly phaseOf: (row: number) => SetupPhase | undefined;
  /** Whether the row can tell anything: by its name, its events, or as a failure. */
  readonly mayTell: (row: number) => boolean;
  /** Whether a lone `tcp.connect` of the trace means that its handshake was destroyed. */
  readonly believed: (trace: number) => boolean;
};

function signsOf(table: SpanTable, traces: Uint8Array): Signs {
  const phaseOf = aboutNames(table, setupPhase);
  const telling = Flag.error | (table.eventNames().some((name) => EVENT.test(name)) ? Flag.events : 0);
  let believed: ((trace: number) => boolean) | undefined;
  return {
    phaseOf,
    mayTell: (row) => (byteAt(table.flags, row) & telling) !== 0 || phaseOf(row) !== undefined,
    believed(trace) {
      believed ??= destroyedHandshakes(table, traces, phaseOf);
      return believed(trace);
    },
  };
}

type PhaseOf = Signs['phaseOf'];

/** What a row of the request itself tells of opening a connection. */
function spansAt(
  table: SpanTable,
  charges: Charges,
  trace: number,
  row: number,
  { phaseOf, believed }: Signs,
): readonly SetupSpan[] {
  const plain = plainSpan(table, row, phaseOf);
  const [first] = plain;
  const orphan = (byteAt(table.flags, row) & Flag.orphan) !== 0;
  if (first?.phase === 'tcp' && orphan) {
    // Beside nothing else of its request it is a pooled connection being opened; in a trace that lost other spans, what is
    // missing above it is one more. Neither is a sign of a handshake gone wrong.
    const alone = at(table.first, trace + 1) - at(table.first, trace) === 1;
    return alone || !believed(trace) ? plain : [first, { ...first, phase: 'tls', failed: true }];
  }
  if (plain.length > 0) return plain;
  const told = eventSpans(table, row);
  if (told.length > 0) return told;
  const troubled =
    failed(table, row) &&
    charges.place[row] === Place.outbound &&
    TLS_TROUBLE.test(table.statusMessage(row) ?? '') &&
    !hasHandshake(table, row, phaseOf);
  return troubled ? [{ ...timesOf(table, row), phase: 'tls', failed: true }] : [];
}

/** An orphaned connection is a sign of its own when it is so much more frequent than orphans of other sorts. */
const BEYOND_LOSS = 3;

/**
 * In which traces a connection without its handshake means that the handshake was destroyed. Where spans are lost on their
 * way, a handshake's is lost like any other: not in a trace that lost others, and in none when connections are orphans hardly
 * more often than all the rest.
 */
function destroyedHandshakes(table: SpanTable, traces: Uint8Array, phaseOf: PhaseOf): (trace: number) => boolean {
  const torn = new Uint8Array(table.traces);
  const connections = { orphans: 0, all: 0 };
  const others = { orphans: 0, all: 0 };
  for (let trace = 0; trace < table.traces; trace++) {
    if (traces[trace] !== 1) continue;
    for (let row = at(table.first, trace); row < at(table.first, trace + 1); row++) {
      const orphan = (byteAt(table.flags, row) & Flag.orphan) !== 0;
      const connecting = phaseOf(row) !== undefined;
      const kind = connecting ? connections : others;
      kind.all++;
      if (!orphan) continue;
      kind.orphans++;
      if (!connecting) torn[trace] = 1;
    }
  }
  const own = connections.orphans / Math.max(1, connections.all);
  const usual = others.orphans / Math.max(1, others.all);
  return (trace) => torn[trace] === 0 && own > BEYOND_LOSS * usual;
}

/** A span whose name is a phase of opening a connection; none for any other. */
function plainSpan(table: SpanTable, row: number, phaseOf: PhaseOf): readonly SetupSpan[] {
  const phase = phaseOf(row);
  const broken = failed(table, row) || (phase === 'tls' && (byteAt(table.flags, row) & Flag.orphan) !== 0);
  return phase === undefined ? [] : [{ ...timesOf(table, row), phase, failed: broken }];
}

const timesOf = (table: SpanTable, row: number) => ({
  row,
  start: numberAt(table.start, row),
  end: numberAt(table.end, row),
});

/** The phase that a span's name speaks of; waiting for a pooled connection is none. */
export function setupPhase(name: string): SetupPhase | undefined {
  if (HANDSHAKE.test(name)) return 'tls';
  const phase = connectionPhase(name);
  return phase === 'pool' ? undefined : phase;
}

const EVENT = /^http\.(dns|connect|tls)\.(start|done)$/;
const EVENT_PHASE: Readonly<Record<string, SetupPhase>> = { dns: 'dns', connect: 'tcp', tls: 'tls' };

/** Go's `httptrace` without spans of its own: pairs of events `http.tls.start` and `http.tls.done` on the call. */
function eventSpans(table: SpanTable, row: number): readonly SetupSpan[] {
  if ((byteAt(table.flags, row) & Flag.events) === 0) return [];
  const open = new Map<SetupPhase, number>();
  const spans: SetupSpan[] = [];
  for (const event of table.events(row).toSorted((a, b) => a.time - b.time)) {
    const [, name = '', edge = ''] = EVENT.exec(event.name) ?? [];
    const phase = EVENT_PHASE[name];
    if (phase === undefined) continue;
    const time = event.time - table.epoch;
    const start = open.get(phase);
    if (edge === 'start') open.set(phase, time);
    else if (start !== undefined) {
      const broken = Object.keys(event.attributes).some((key) => /error/.test(key));
      spans.push({ row, phase, start, end: time, failed: broken });
      open.delete(phase);
    }
  }
  return spans;
}

function hasHandshake(table: SpanTable, row: number, phaseOf: PhaseOf): boolean {
  for (let i = at(table.childrenFrom, row); i < at(table.childrenFrom, row + 1); i++) {
    if (phaseOf(at(table.children, i)) === 'tls') return true;
  }
  return false;
}

function oneByOne(spans: readonly SetupSpan[]): readonly SetupSpan[] {
  const kept: SetupSpan[] = [];
  for (const span of spans) {
    const last = kept.at(-1);
    if (last === undefined || span.start >= last.end - GRAIN || last.failed) kept.push(span);
  }
  return kept;
}

/**
 * With whom the connection was: the peer of the call it is part of; else, when it was opened by hand, the silent peer that
 * the same visit (an orphan: the same service in the trace) calls.
 */
function peerOf(table: SpanTable, charges: Charges, trace: number, row: number): number {
  const host = at(charges.host, row);
  if (charges.place[host] === Place.outbound) return at(charges.peer, host);
  const orphan = (byteAt(table.flags, row) & Flag.orphan) !== 0;
  for (let other = at(table.first, trace); other < at(table.first, trace + 1); other++) {
    const near = orphan ? charges.party[other] === charges.party[row] : charges.visit[other] === charges.visit[row];
    if (near && at(charges.peer, other) >= charges.parties.services) return at(charges.peer, other);
  }
  return -1;
}
