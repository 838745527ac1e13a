import { Flag, Kind, type Section, type SpanTable } from '../model/trace.ts';
import { at, byteAt, MILLISECOND, numberAt } from '../model/units.ts';

/** Times by row, µs since the table's epoch: the table's own raw ones, or those of `alignedTimes` on one clock. */
export type Times = Pick<SpanTable, 'start' | 'end'>;

/**
 * What the requester waited for, from the first moment of the trace's entry span to its last: sections in time order that
 * tile the span exactly. Walked backwards from the end, always to the child that finished last:
 *
 * ```
 *   entry  ├─────────────────────────────┤     sections   entry  [0, 1)
 *     a     ├───────┤                                     a      [1, 10)
 *     b         ├───────────────┤                         c      [10, 22)
 *     c              ├──────────┤   ends with b, began    entry  [22, 30)
 *                                   later: waited for last
 * ```
 *
 * Children are clipped to their parents. A child that seems to overlap the next one by less than `tolerance` still came
 * before it, because clocks are coarse (JavaScript's starts lie on whole milliseconds). Detached children, and messages'
 * consumers with them, are waited for by nobody. O(n log n), no recursion. Reference section 2.2; accuracy study section 2.
 */
export function criticalPath(table: SpanTable, ordinal: number, times: Times = table): readonly Section[] {
  const entry = entryOf(table, ordinal);
  return entry < 0 ? [] : criticalPathFrom(table, entry, times);
}

/**
 * The row a trace begins with for a reader: its longest SERVER or CONSUMER root, else its longest root, the first of equal
 * ones. A trace of several roots has lost spans or was joined by links.
 */
export function entryOf(table: SpanTable, ordinal: number): number {
  let best = -1;
  for (let row = at(table.first, ordinal); row < at(table.first, ordinal + 1); row++) {
    if (at(table.parent, row) < 0 && (best < 0 || isBetterEntry(table, row, best))) best = row;
  }
  return best;
}

function isBetterEntry(table: SpanTable, row: number, best: number): boolean {
  const asked = (of: number) => byteAt(table.kind, of) === Kind.server || byteAt(table.kind, of) === Kind.consumer;
  if (asked(row) !== asked(best)) return asked(row);
  return (
    numberAt(table.end, row) - numberAt(table.start, row) > numberAt(table.end, best) - numberAt(table.start, best)
  );
}

/** Sections of one span and everything below it, on its own raw length: a server's that outlived its client, say. */
export function criticalPathFrom(table: SpanTable, root: number, times: Times = table): readonly Section[] {
  const sections: Section[] = [];
  walk(table, root, times, (row, start, end) => sections.push({ row, start, end }));
  return sections.reverse();
}

/** Time on the critical path by row, µs, over every root of every trace of the table. */
export function criticalTimes(table: SpanTable, times: Times = table): Float64Array {
  const total = new Float64Array(table.size);
  for (let row = 0; row < table.size; row++) {
    if (at(table.parent, row) >= 0) continue;
    walk(table, row, times, (owner, start, end) => {
      total[owner] = numberAt(total, owner) + (end - start);
    });
  }
  return total;
}

/** How far a span may reach over the moment at which the next one began and still have come before it. */
export function tolerance(duration: number): number {
  return Math.max(2 * MILLISECOND, duration / 100);
}

/** A span under way: `cursor` is the moment up to which its time is still to be explained. */
type Frame = {
  readonly row: number;
  readonly start: number;
  readonly children: readonly Clipped[];
  next: number;
  cursor: number;
};

/** A child inside its parent's bounds; `slack` is its tolerance. */
type Clipped = { readonly row: number; readonly start: number; readonly end: number; readonly slack: number };

/** Emits the sections of a root backwards in time. Each span is visited at most once. */
function walk(
  table: SpanTable,
  root: number,
  times: Times,
  emit: (row: number, start: number, end: number) => void,
): void {
  const stack: Frame[] = [
    frame(table, root, times, numberAt(times.start, root), numberAt(times.end, root), numberAt(times.end, root)),
  ];
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const child = nextChild(top);
    if (child === undefined) {
      if (top.cursor > top.start) emit(top.row, top.start, top.cursor);
      stack.pop();
      continue;
    }
    const end = Math.min(child.end, top.cursor);
    if (top.cursor > end) emit(top.row, end, top.cursor);
    top.cursor = child.start;
    // Half of all spans have nothing below them: what is left of such a one is all its own.
    if (isLeaf(table, child.row)) {
      if (end > child.start) emit(child.row, child.start, end);
    } else stack.push(frame(table, child.row, times, child.start, child.end, end));
  }
}

/** The last to finish among the children that were done when the rest of the span began. Who is passed by never returns. */
function nextChild(top: Frame): Clipped | undefined {
  while (top.next < top.children.length) {
    const child = top.children[top.next++];
    if (child !== undefined && child.start < top.cursor && child.end <= top.cursor + child.slack) return child;
  }
  return undefined;
}

const isLeaf = (table: SpanTable, row: number): boolean =>
  at(table.childrenFrom, row) === at(table.childrenFrom, row + 1);

function frame(table: SpanTable, row: number, times: Times, start: number, end: number, cursor: number): Frame {
  const from = at(table.childrenFrom, row);
  const to = at(table.childrenFrom, row + 1);
  const children: Clipped[] = [];
  for (let index = from; index < to; index++) {
    const child = at(table.children, index);
    if ((byteAt(table.flags, child) & Flag.detached) !== 0) continue;
    const childStart = Math.max(numberAt(times.start, child), start);
    const childEnd = Math.min(numberAt(times.end, child), end);
    if (childEnd <= childStart) continue;
    const slack = tolerance(numberAt(times.end, child) - numberAt(times.start, child));
    children.push({ row: child, start: childStart, end: childEnd, slack });
  }
  // Rows ascend by start and span id, so the row settles what is left of a tie.
  if (children.length > 1) children.sort((a, b) => b.end - a.end || b.start - a.start || a.row - b.row);
  return { row, start, children, next: 0, cursor };
}
