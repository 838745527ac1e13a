import { Flag, Kind, type SpanTable } from '../model/trace.ts';
import { at, byteAt, numberAt } from '../model/units.ts';
import { IntColumn } from './column.ts';
import type { Times } from './critical-path.ts';
import { peerName } from './peer.ts';
import { isEntry, isRemote } from './visits.ts';

/**
 * Calls from one service to another: an outbound span with what answered it on the other side.
 *
 * ```
 *   client   ├──────────────────────────────┤
 *     server      ├──────────────┤
 *            before              after          gap = before + after: network, connecting, queueing in front of the server
 * ```
 *
 * A call is a CLIENT span (not one that only wraps another CLIENT span of its service), or, where instrumentation gives no
 * kinds, a span that is not an entry and has remote children and no child of its own service.
 */
export type Calls = {
  readonly count: number;
  /** Call of a row, −1 for rows that are not outbound spans. */
  readonly of: Int32Array;
  /** Row of each call's outbound span. */
  readonly client: Int32Array;
  /** Row of the first span on the other side that was waited for, −1 when none was seen. */
  readonly server: Int32Array;
  /** µs: length of the outbound span less the union of its remote children, never negative. Free of clock offsets. */
  readonly gap: Float64Array;
  /**
   * µs from the client's start to the first server's, and from the last server's end to the client's: as recorded, so clock
   * offsets are in them and they may be negative; compared with the usual ones of the same edge, the offsets cancel.
   * Both 0 when no server was seen.
   */
  readonly before: Float64Array;
  readonly after: Float64Array;
};

/** The calls of all traces, in row order; O(n). */
export function callsOf(table: SpanTable, times: Times = table): Calls {
  const wraps = wrappers(table);
  const of = new Int32Array(table.size).fill(-1);
  const rows = new IntColumn();
  for (let row = 0; row < table.size; row++) {
    if (!isOutbound(table, row, byteAt(wraps, row) === 1)) continue;
    of[row] = rows.size;
    rows.push(row);
  }
  const count = rows.size;
  const client = rows.values.slice(0, count);
  const server = new Int32Array(count).fill(-1);
  const gap = new Float64Array(count);
  const before = new Float64Array(count);
  const after = new Float64Array(count);
  for (let call = 0; call < count; call++) {
    const row = at(client, call);
    const start = numberAt(times.start, row);
    const end = numberAt(times.end, row);
    const { first, begins, ends, covered } = answersOf(table, row, times);
    gap[call] = Math.max(0, end - start - covered);
    if (first < 0) continue;
    server[call] = first;
    before[call] = begins - start;
    after[call] = end - ends;
  }
  return { count, of, client, server, gap, before, after };
}

/** What came back to a call: the first answer's row (−1 for none), when answers began and ended, and what they cover, µs. */
type Answers = { readonly first: number; readonly begins: number; readonly ends: number; readonly covered: number };

/** Answers that were waited for. Nearly every call has one or none, and for those nothing is collected or sorted. */
function answersOf(table: SpanTable, client: number, times: Times): Answers {
  let first = -1;
  let answers = 0;
  let begins = Number.POSITIVE_INFINITY;
  let ends = Number.NEGATIVE_INFINITY;
  for (let index = at(table.childrenFrom, client); index < at(table.childrenFrom, client + 1); index++) {
    const child = at(table.children, index);
    if ((byteAt(table.flags, child) & Flag.detached) !== 0 || !isRemote(table, child)) continue;
    if (first < 0) first = child;
    answers++;
    begins = Math.min(begins, numberAt(times.start, child));
    ends = Math.max(ends, numberAt(times.end, child));
  }
  if (answers === 0) return NO_ANSWER;
  const covered = answers === 1 ? Math.max(0, ends - begins) : unionLength(waitedFor(table, client), times);
  return { first, begins, ends, covered };
}

const NO_ANSWER: Answers = { first: -1, begins: 0, ends: 0, covered: 0 };

const waitedFor = (table: SpanTable, client: number): readonly number[] =>
  serversOf(table, client).filter((child) => (byteAt(table.flags, child) & Flag.detached) === 0);

/** Rows on the other side of an outbound span, by start: more than one behind a proxy or a hedged request. */
export function serversOf(table: SpanTable, client: number): readonly number[] {
  const servers: number[] = [];
  for (let index = at(table.childrenFrom, client); index < at(table.childrenFrom, client + 1); index++) {
    const child = at(table.children, index);
    if (isRemote(table, child)) servers.push(child);
  }
  return servers;
}

/** How many rows `serversOf` answers. */
export function countServers(table: SpanTable, client: number): number {
  let servers = 0;
  for (let index = at(table.childrenFrom, client); index < at(table.childrenFrom, client + 1); index++) {
    if (isRemote(table, at(table.children, index))) servers++;
  }
  return servers;
}

/** Whom an outbound span spoke to: the service that answered, else the peer that its attributes name. */
export function calleeOf(table: SpanTable, client: number): string | undefined {
  const [server] = serversOf(table, client);
  return server === undefined ? peerName(table, client) : table.text(at(table.service, server));
}

function isOutbound(table: SpanTable, row: number, wraps: boolean): boolean {
  const kind = byteAt(table.kind, row);
  if (kind === Kind.producer || kind === Kind.server || kind === Kind.consumer) return false;
  if (kind === Kind.client && !wraps) return true;
  let remote = false;
  let own = false;
  for (let index = at(table.childrenFrom, row); index < at(table.childrenFrom, row + 1); index++) {
    if (isRemote(table, at(table.children, index))) remote = true;
    else own = true;
  }
  if (kind === Kind.client) return remote;
  return remote && !own && !isEntry(table, row);
}

/** 1 for rows below which, without leaving the service, there is a CLIENT span. Children's rows are above their parents'. */
function wrappers(table: SpanTable): Uint8Array {
  const wraps = new Uint8Array(table.size);
  for (let row = table.size - 1; row >= 0; row--) {
    if (isEntry(table, row)) continue;
    if (byteAt(table.kind, row) === Kind.client || byteAt(wraps, row) === 1) wraps[at(table.parent, row)] = 1;
  }
  return wraps;
}

/** Length that intervals cover together, µs. */
function unionLength(rows: readonly number[], times: Times): number {
  const ordered = rows.toSorted((a, b) => numberAt(times.start, a) - numberAt(times.start, b));
  let covered = 0;
  let reached = Number.NEGATIVE_INFINITY;
  for (const row of ordered) {
    const from = Math.max(numberAt(times.start, row), reached);
    const to = numberAt(times.end, row);
    if (to <= from) continue;
    covered += to - from;
    reached = to;
  }
  return covered;
}
