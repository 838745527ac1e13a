import { Flag, Kind, type SpanTable } from '../model/trace.ts';
import { at, byteAt, numberAt } from '../model/units.ts';
import { type Charges, Place } from './charges.ts';
import { ensure } from './numbering.ts';

/** Where failures begin and who is to blame for them. */
export type Blame = {
  /** 1 for a row that failed although nothing below it had. */
  readonly origin: Uint8Array;
  /** Party at fault for an origin row, −1 elsewhere. */
  readonly faulty: Int32Array;
  /** 1 for an outbound row that gave up waiting. */
  readonly gaveUp: Uint8Array;
};

/** Ends may differ by this much between two spans of one failure, µs: timers and clocks. */
const GRAIN = 2_000;
/** A call that fills this much of what was waited for is what was waited for. */
const MAINLY = 0.5;

/**
 * The first failure of each chain. A failed call is not the peer's failure alone when nothing came back: a caller that gives
 * up is followed into its callee, through whatever *that* was waiting for, down to the service that did not answer.
 *
 * ```
 *   gateway  ├ call order ✗ gave up ┤
 *   order      ├ entry (no error) ──┼───┤     the call to auth fills it,
 *   order        ├ call auth ───────┼──┤      so the blame goes on
 *   auth           ├ entry ─────────┼─┤       to auth: nothing below fills it
 * ```
 *
 * A call that failed and was repeated with success is handled: it is an origin of its own, but no cause of what is above it.
 */
export function findBlame(table: SpanTable, charges: Charges): Blame {
  const origin = new Uint8Array(table.size);
  const faulty = new Int32Array(table.size).fill(-1);
  const gaveUp = new Uint8Array(table.size);
  const explained = new Uint8Array(table.size);
  for (let row = table.size - 1; row >= 0; row--) {
    if (!failed(table, row)) continue;
    const outbound = byteAt(charges.place, row) === Place.outbound;
    if (outbound && timedOut(table, row)) gaveUp[row] = 1;
    const parent = at(table.parent, row);
    if (parent >= 0 && failed(table, parent) && reachedParent(table, charges, row, parent)) explained[parent] = 1;
    if (explained[row] === 1) continue;
    origin[row] = 1;
    const host = at(charges.host, row);
    const call = byteAt(charges.place, host) === Place.outbound;
    faulty[row] = call ? blameCall(table, charges, host, gaveUp[row] === 1) : at(charges.party, row);
  }
  return { origin, faulty, gaveUp };
}

const failed = (table: SpanTable, row: number): boolean => (byteAt(table.flags, row) & Flag.error) !== 0;

/** Whether a child's failure may be why its parent failed: it was over by then, and nobody repaired it. */
function reachedParent(table: SpanTable, charges: Charges, row: number, parent: number): boolean {
  if (numberAt(table.end, row) > numberAt(table.end, parent) + GRAIN && byteAt(table.kind, row) !== Kind.server)
    return false;
  const operation = at(table.operation, row);
  const peer = at(charges.peer, row);
  for (let i = at(table.childrenFrom, parent); i < at(table.childrenFrom, parent + 1); i++) {
    const sibling = at(table.children, i);
    const again = at(table.operation, sibling) === operation && at(charges.peer, sibling) === peer;
    if (again && !failed(table, sibling) && numberAt(table.start, sibling) >= numberAt(table.end, row) - GRAIN)
      return false;
  }
  return true;
}

function blameCall(table: SpanTable, charges: Charges, row: number, gaveUp: boolean): number {
  const caller = at(charges.party, row);
  const peer = at(charges.peer, row);
  if (peer < 0) return caller;
  if (gaveUp) return blameSilence(table, charges, row);
  const code = Number(table.attribute(row, 'http.response.status_code') ?? 0);
  const refusedByRule = code >= 400 && code < 500 && code !== 408 && code !== 429;
  return refusedByRule ? caller : peer;
}

/** Follows a call nobody answered in time to the party that everybody was waiting for. */
function blameSilence(table: SpanTable, charges: Charges, call: number): number {
  let row = call;
  for (let depth = 0; depth < DEEPEST; depth++) {
    const entry = at(charges.callee, row);
    if (entry < 0) return at(charges.peer, row);
    const next = waitedFor(table, charges, entry, numberAt(table.start, row), numberAt(table.end, row));
    if (next < 0) return at(charges.party, entry);
    row = next;
  }
  return at(charges.peer, row);
}

const DEEPEST = 32;

/** The longest call of the peer that fills most of [from, to] inside a visit, −1 when the visit kept the time itself. */
function waitedFor(table: SpanTable, charges: Charges, entry: number, from: number, to: number): number {
  const waits = new Map<number, { time: number; row: number; longest: number }>();
  for (let row = entry + 1; row < table.size && at(charges.visit, row) >= entry; row++) {
    if (at(charges.visit, row) !== entry || byteAt(charges.place, row) !== Place.outbound || at(charges.peer, row) < 0)
      continue;
    const time = Math.min(to, numberAt(table.end, row)) - Math.max(from, numberAt(table.start, row));
    if (time <= 0) continue;
    const wait = ensure(waits, at(charges.peer, row), () => ({ time: 0, row, longest: 0 }));
    wait.time += time;
    if (time > wait.longest) {
      wait.longest = time;
      wait.row = row;
    }
  }
  let most: { time: number; row: number } | undefined;
  for (const wait of waits.values()) if (most === undefined || wait.time > most.time) most = wait;
  return most !== undefined && most.time >= MAINLY * (to - from) ? most.row : -1;
}

const GAVE_UP = /time.?out|timed.?out|deadline|abort/i;

/** Whether a failed call failed because its caller stopped waiting. */
function timedOut(table: SpanTable, row: number): boolean {
  const code = Number(table.attribute(row, 'http.response.status_code') ?? 0);
  if (code > 0) return code === 504 || code === 408;
  if (
    String(table.attribute(row, 'rpc.status_code') ?? table.attribute(row, 'rpc.response.status_code')) ===
    'DEADLINE_EXCEEDED'
  )
    return true;
  if (GAVE_UP.test(String(table.attribute(row, 'error.type') ?? ''))) return true;
  if (GAVE_UP.test(table.statusMessage(row) ?? '')) return true;
  return table
    .events(row)
    .some(
      (event) =>
        event.name === 'exception' &&
        GAVE_UP.test(`${event.attributes['exception.type']} ${event.attributes['exception.message']}`),
    );
}
