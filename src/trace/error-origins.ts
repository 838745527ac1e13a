import { Flag, Kind, type SpanTable } from '../model/trace.ts';
import { at, byteAt, MILLISECOND, numberAt } from '../model/units.ts';
import { logicalCalls } from './attempts.ts';
import { entryOf } from './critical-path.ts';
import { type ErrorSort, errorSort, errorSource, failed } from './errors.ts';
import { isRemote } from './visits.ts';

/**
 * How an error travelled, from where it was last felt to where it began.
 *
 * ```
 *   gateway  POST /checkout  503   ├──────────────────── ✗   rows[0]: felt here
 *     gateway  POST                  ├─────────────── ✗
 *       orders  POST /orders         ├────────────── ✗
 *         orders  GET /stock   404     ├─ ✗                  handled: orders went on, and failed for another reason
 *         orders  POST /charge            ├───────── ✗       rows.at(-1): the origin, a time-out
 * ```
 */
export type ErrorChain = {
  /** Rows in error, from the topmost to the origin; at least one. Spans without an error between them are left out. */
  readonly rows: readonly number[];
  readonly origin: number;
  readonly sort: ErrorSort;
  /** entry: the trace's entry failed by it · stopped: somebody above it did not fail. */
  readonly reach: 'entry' | 'stopped';
  /** For an origin that is a CLIENT span which timed out: where the time went. */
  readonly timeout?: TimeoutSide;
};

/**
 * Whose fault a time-out was: `unseen` nothing answered (the peer or the way to it) · `callee` it was still at work, or cut
 * off, when the caller gave up · `before` it had only just begun, the time went before its SERVER span · `after` it had
 * answered long before.
 */
export type TimeoutSide = 'unseen' | 'callee' | 'before' | 'after';

/** A span that ends this close to its client's giving up was ended by it; JavaScript's do so within 1.7 ms. */
const TOGETHER = 5 * MILLISECOND;

/**
 * The error chains of a trace: the entry's first, then those that somebody stopped, by row. The origin is not the deepest
 * error but the causal one: from each failing span to the failing child that ended last before it, passing over what was
 * handled (a later attempt succeeded), what was cancelled because of something else, and what ended after its parent.
 * Spans that failed beside the chain are not chains of their own. Reference section 3.2.
 */
export function errorOrigins(table: SpanTable, ordinal: number): readonly ErrorChain[] {
  const from = at(table.first, ordinal);
  const to = at(table.first, ordinal + 1);
  const entry = entryOf(table, ordinal);
  const handled = handledAttempts(table, ordinal);
  /** 1 where the row or something above it without a break is in error: such rows are part of a chain from above. */
  const covered = new Uint8Array(to - from);
  const chains: ErrorChain[] = [];
  for (let row = from; row < to; row++) {
    const parent = at(table.parent, row);
    const above = parent >= 0 && byteAt(covered, parent - from) === 1;
    const inError = failed(table, row);
    // Detached work fails on its own account; work of the same service without an error passes errors on.
    const passes = above && !isRemote(table, row) && !isDetached(table, row) && table.status(row) !== 'ok';
    covered[row - from] = inError || passes ? 1 : 0;
    if (!inError || (above && !isDetached(table, row))) continue;
    chains.push(chainFrom(table, row, row === entry, handled));
  }
  chains.sort((a, b) => Number(b.reach === 'entry') - Number(a.reach === 'entry'));
  const told = new Set<number>();
  return chains.filter(({ rows }) => {
    const fresh = !told.has(rows[0] ?? -1);
    for (const row of rows) told.add(row);
    return fresh;
  });
}

function chainFrom(table: SpanTable, top: number, isEntry: boolean, handled: ReadonlySet<number>): ErrorChain {
  const rows = [top];
  for (let row = predecessor(table, top, handled); row >= 0; row = predecessor(table, row, handled)) rows.push(row);
  const origin = rows.at(-1) ?? top;
  const sort = errorSort(errorSource(table, origin));
  const reach = isEntry ? 'entry' : 'stopped';
  const timedOut = sort === 'timeout' && byteAt(table.kind, origin) === Kind.client;
  return { rows, origin, sort, reach, ...(timedOut ? { timeout: timeoutSide(table, origin) } : {}) };
}

/** The failing span below a failing one that explains it: of several the last to end; −1 when it failed by itself. */
function predecessor(table: SpanTable, row: number, handled: ReadonlySet<number>): number {
  const failedAt = errorTime(table, row);
  let best = -1;
  let expected = -1;
  for (const child of failuresBelow(table, row)) {
    if (handled.has(child)) continue;
    // A SERVER span is not measured by its client's clock; what failed anywhere else must have failed in time.
    const answer = at(table.parent, child) === row && isRemote(table, child);
    if (!answer && numberAt(table.end, child) > failedAt + 2 * MILLISECOND) continue;
    if (isExpected(table, child, row)) expected = later(table, expected, child);
    else best = later(table, best, child);
  }
  return best >= 0 ? best : gaveWay(table, expected, row);
}

const later = (table: SpanTable, a: number, b: number): number =>
  a < 0 || numberAt(table.end, b) >= numberAt(table.end, a) ? b : a;

/** An expected failure explains its parent only when nothing else was done after it. */
function gaveWay(table: SpanTable, expected: number, row: number): number {
  if (expected < 0) return -1;
  for (let index = at(table.childrenFrom, row); index < at(table.childrenFrom, row + 1); index++) {
    const sibling = at(table.children, index);
    const wentOn = numberAt(table.start, sibling) >= numberAt(table.end, expected) && !failed(table, sibling);
    if (wentOn && byteAt(table.kind, sibling) === Kind.client) return -1;
  }
  return expected;
}

/** Failures that are often part of the plan: asked-for absence, lost races of writers, and being cancelled. */
function isExpected(table: SpanTable, child: number, parent: number): boolean {
  const sort = errorSort(errorSource(table, child));
  if (sort === 'cancelled') return errorSort(errorSource(table, parent)) !== 'cancelled';
  return sort === 'caller' && byteAt(table.kind, child) === Kind.client;
}

/**
 * Failing spans below a span: its children, and through children of its own service that did not fail, theirs. Below a
 * CLIENT span that gave up also what failed inside the server that it no longer waited for: the server's own end came too
 * late to matter (or was cut off, and says nothing), but a failure inside it may be what it was slow by.
 */
function failuresBelow(table: SpanTable, row: number): readonly number[] {
  const gaveUp = byteAt(table.kind, row) === Kind.client && errorSort(errorSource(table, row)) === 'timeout';
  const found: number[] = [];
  const open = [row];
  for (let span = open.pop(); span !== undefined; span = open.pop()) {
    for (let index = at(table.childrenFrom, span); index < at(table.childrenFrom, span + 1); index++) {
      const child = at(table.children, index);
      const answer = span === row && isRemote(table, child);
      if (answer && gaveUp && (!failed(table, child) || outlived(table, child))) open.push(child);
      else if (isDetached(table, child) || (answer && outlived(table, child))) continue;
      else if (failed(table, child)) found.push(child);
      else if (!isRemote(table, child) && table.status(child) !== 'ok') open.push(child);
    }
  }
  return found;
}

/** When a span failed: its last exception event inside it, else its end. µs since the table's epoch. */
function errorTime(table: SpanTable, row: number): number {
  const end = numberAt(table.end, row);
  if ((byteAt(table.flags, row) & Flag.events) === 0) return end;
  let time = Number.NEGATIVE_INFINITY;
  for (const event of table.events(row)) {
    if (event.name === 'exception') time = Math.max(time, event.time - table.epoch);
  }
  return time >= numberAt(table.start, row) && time <= end ? time : end;
}

/** Whether a SERVER span was still at work well after its client had ended, so that its failure came too late to matter. */
function outlived(table: SpanTable, server: number): boolean {
  const client = at(table.parent, server);
  const longer =
    numberAt(table.end, server) - numberAt(table.start, server) >
    numberAt(table.end, client) - numberAt(table.start, client);
  return longer && numberAt(table.end, server) > numberAt(table.end, client) + TOGETHER;
}

function timeoutSide(table: SpanTable, client: number): TimeoutSide {
  let first = -1;
  let end = Number.NEGATIVE_INFINITY;
  for (let index = at(table.childrenFrom, client); index < at(table.childrenFrom, client + 1); index++) {
    const child = at(table.children, index);
    if (!isRemote(table, child)) continue;
    if (first < 0) first = child;
    end = Math.max(end, numberAt(table.end, child));
  }
  if (first < 0) return 'unseen';
  const gaveUp = numberAt(table.end, client);
  if (end < gaveUp - Math.max(TOGETHER, (gaveUp - numberAt(table.start, client)) / 10)) return 'after';
  const waitedBefore = numberAt(table.start, first) - numberAt(table.start, client);
  return waitedBefore > (gaveUp - numberAt(table.start, client)) / 2 ? 'before' : 'callee';
}

/** Failed attempts of calls that succeeded in the end. */
function handledAttempts(table: SpanTable, ordinal: number): ReadonlySet<number> {
  const masked = logicalCalls(table, ordinal).filter(({ outcome }) => outcome === 'masked');
  return new Set(masked.flatMap(({ attempts }) => attempts));
}

const isDetached = (table: SpanTable, row: number): boolean => (byteAt(table.flags, row) & Flag.detached) !== 0;
