import type { Evidence, Finding } from '../model/finding.ts';
import { Flag } from '../model/trace.ts';
import { at } from '../model/units.ts';
import { Place } from '../population/charges.ts';
import { ensure } from '../population/numbering.ts';
import { certainRise, LOOSE_Z, median, sorted } from '../population/statistics.ts';
import { sum, type View } from '../population/view.ts';
import { ordinalOf } from '../trace/build.ts';
import { cite, clip, count, named, nameOf, us } from './cite.ts';
import type { Detector } from './detector.ts';

/** Spans that are a TLS handshake: Node's net instrumentation, Go's httptrace, .NET. */
const HANDSHAKE = /^(tls\.connect|http\.tls|TLS (client )?handshake|.*\btls[ ._-]?handshake\b.*)$/i;
const CONNECT = /^(tcp\.connect|http\.connect|socket connect)$/i;
const TLS_TROUBLE = /\b(tls|ssl|handshake|certificate|secure)\b/i;
/** A handshake this much longer than usual is slow, as a factor and at least, µs. */
const SLOW = 3;
const LEAST = 20_000;
/** Handshakes that overlap are two connections opened at once, not a retry. */
const GRAIN = 2_000;

/** One try to open a connection; `end` is unknown for one that was destroyed before its span ended. */
type Attempt = { readonly row: number; readonly start: number; readonly end: number; readonly failed: boolean };
type Handshakes = {
  readonly trace: number;
  readonly peer: number;
  readonly caller: number;
  readonly attempts: readonly Attempt[];
};

/**
 * D05 and D04: the handshakes that one service makes with one peer inside one request.
 *
 * ```
 *   call          ├────────────────────────────────────────┤
 *   tls.connect     ├──────── ✗ ┤                               failed: retried
 *   tcp.connect                   ├┤ (orphan)                   destroyed: its tls.connect never ended, only this is left
 *   tls.connect                               ├────┤            succeeded
 * ```
 */
export const tlsHandshake: Detector = {
  id: 'D05 tls-handshake',
  asks: 'Does opening the connection take the time, and is it tried more than once?',
  detect(view) {
    const usual = gather(view, view.sides.reference);
    const byEdge = new Map<string, Handshakes[]>();
    for (const group of gather(view, view.sides.suspect))
      ensure(byEdge, `${group.caller} ${group.peer}`, () => []).push(group);
    return [...byEdge.values()].flatMap((groups) => findingOf(view, groups, usual) ?? []);
  },
};

function findingOf(view: View, groups: readonly Handshakes[], all: readonly Handshakes[]): Finding | undefined {
  const [first] = groups;
  if (first === undefined) return undefined;
  const before = all.filter((group) => group.caller === first.caller && group.peer === first.peer);
  const usual = before.length === 0 ? 0 : median(sorted(before.map(timeOf)));
  const slow = (group: Handshakes) => before.length > 0 && timeOf(group) > Math.max(SLOW * usual, usual + LEAST);
  const troubled = (group: Handshakes) => group.attempts.some((attempt) => attempt.failed) || slow(group);
  const bad = groups.filter(troubled);
  const retried = bad.filter((group) => group.attempts.length > 1);
  const [telling] = [...(retried.length > 0 ? retried : bad)].sort(
    (a, b) => b.attempts.length - a.attempts.length || timeOf(b) - timeOf(a) || a.trace - b.trace,
  );
  if (telling === undefined) return undefined;
  const touching = Math.max(groups.length, touches(view, view.sides.suspect, first));
  const touchingBefore = Math.max(before.length, touches(view, view.sides.reference, first));
  const wasBad = before.filter(troubled).length;
  const compared = sum(view.sides.reference) > 0;
  const rise = certainRise({ with: bad.length, of: touching }, { with: wasBad, of: touchingBefore }, LOOSE_Z);
  if (compared && rise === 0) return undefined;
  const counts = { with: bad.length, of: touching, baselineWith: wasBad, baselineOf: touchingBefore };
  return {
    detector: tlsHandshake.id,
    mechanism: retried.length > 0 ? 'tls-handshake-retry' : 'connection-setup',
    component: { kind: 'edge', from: nameOf(view, first.caller), to: nameOf(view, first.peer) },
    role: 'cause',
    strength: clip(compared ? Math.sqrt(rise) : 0.8),
    specificity: clip(1 - (touchingBefore === 0 ? 0 : wasBad / touchingBefore)),
    support: bad.length,
    evidence: explain(view, telling, usual, counts),
  };
}

function explain(
  view: View,
  telling: Handshakes,
  usual: number,
  counts: NonNullable<Evidence['counts']>,
): [Evidence, ...Evidence[]] {
  const edge = { from: named(nameOf(view, telling.caller)), to: named(nameOf(view, telling.peer)) };
  const failed = telling.attempts.filter((attempt) => attempt.failed);
  const [first, ...others] = telling.attempts.map((attempt) => attempt.row);
  if (first === undefined) throw new RangeError('A group of handshakes is never empty');
  const evidence: [Evidence, ...Evidence[]] = [
    cite(
      view,
      [first, ...others],
      'tls.attempts',
      {
        ...edge,
        attempts: count(telling.attempts.length),
        failed: count(failed.length),
        time: us(timeOf(telling)),
      },
      { counts },
    ),
  ];
  if (usual > 0) evidence.push(cite(view, [first], 'tls.usual', { usual: us(usual) }));
  const said = failed.find((attempt) => view.table.statusMessage(attempt.row) !== undefined);
  const message = said === undefined ? undefined : view.table.statusMessage(said.row);
  if (said !== undefined && message !== undefined) {
    evidence.push(
      cite(view, [said.row], 'tls.failed', {
        message: named(message.slice(0, 200)),
        after: us(said.end - said.start),
      }),
    );
  }
  return evidence;
}

/** From the first try to the last sign of the connection being made, µs. */
function timeOf({ attempts }: Handshakes): number {
  let start = Number.POSITIVE_INFINITY;
  let end = 0;
  for (const attempt of attempts) {
    start = Math.min(start, attempt.start);
    end = Math.max(end, attempt.end);
  }
  return end - start;
}

/** How many traces call the peer at all: those without a handshake reused a connection. */
function touches(view: View, traces: Uint8Array, { caller, peer }: Handshakes): number {
  const seen = new Set<number>();
  for (let trace = 0; trace < view.table.traces; trace++) {
    if (traces[trace] !== 1) continue;
    for (let row = at(view.table.first, trace); row < at(view.table.first, trace + 1); row++) {
      if (view.charges.peer[row] === peer && view.charges.party[row] === caller) seen.add(trace);
    }
  }
  return seen.size;
}

/** The handshakes of each trace, by caller and peer. */
function gather(view: View, traces: Uint8Array): readonly Handshakes[] {
  const { table, charges } = view;
  const groups: Handshakes[] = [];
  for (let trace = 0; trace < table.traces; trace++) {
    if (traces[trace] !== 1) continue;
    const found = new Map<string, { peer: number; caller: number; rows: number[] }>();
    for (let row = at(table.first, trace); row < at(table.first, trace + 1); row++) {
      if (!isAttempt(view, row)) continue;
      const caller = at(charges.party, row);
      const peer = peerOf(view, trace, row);
      if (peer < 0) continue;
      ensure(found, `${caller} ${peer}`, () => ({ peer, caller, rows: [] })).rows.push(row);
    }
    for (const { peer, caller, rows } of found.values())
      groups.push({ trace, peer, caller, attempts: attemptsOf(view, rows) });
  }
  return groups;
}

/** A handshake; or the TCP connect of one whose own span was never finished; or a call that says TLS was its trouble. */
function isAttempt({ table, charges }: View, row: number): boolean {
  const name = table.name(row);
  if (HANDSHAKE.test(name)) return true;
  const orphan = (at(table.flags, row) & Flag.orphan) !== 0;
  if (CONNECT.test(name))
    return orphan && at(table.first, ordinalOf(table, row)) !== at(table.first, ordinalOf(table, row) + 1) - 1;
  const failed = (at(table.flags, row) & Flag.error) !== 0 && charges.place[row] === Place.outbound;
  return failed && !hasHandshake(table, row) && TLS_TROUBLE.test(table.statusMessage(row) ?? '');
}

function hasHandshake(table: View['table'], row: number): boolean {
  for (let i = at(table.childrenFrom, row); i < at(table.childrenFrom, row + 1); i++) {
    if (HANDSHAKE.test(table.name(at(table.children, i)))) return true;
  }
  return false;
}

function attemptsOf({ table }: View, rows: readonly number[]): readonly Attempt[] {
  const ordered = [...rows].sort((a, b) => at(table.start, a) - at(table.start, b) || a - b);
  const attempts: Attempt[] = [];
  for (const row of ordered) {
    const start = at(table.start, row);
    const last = attempts.at(-1);
    if (last !== undefined && start < last.end - GRAIN && !last.failed) continue;
    const failed = (at(table.flags, row) & (Flag.error | Flag.orphan)) !== 0;
    attempts.push({ row, start, end: at(table.end, row), failed });
  }
  return attempts;
}

/**
 * With whom the handshake was: the peer of the call it is part of; else, when the connection was opened by hand, the silent
 * peer that the same visit (an orphan: the same service in the trace) calls.
 */
function peerOf({ table, charges }: View, trace: number, row: number): number {
  const host = at(charges.host, row);
  if (charges.place[host] === Place.outbound) return at(charges.peer, host);
  const orphan = (at(table.flags, row) & Flag.orphan) !== 0;
  for (let other = at(table.first, trace); other < at(table.first, trace + 1); other++) {
    const near = orphan ? charges.party[other] === charges.party[row] : charges.visit[other] === charges.visit[row];
    if (near && at(charges.peer, other) >= charges.parties.services) return at(charges.peer, other);
  }
  return -1;
}
