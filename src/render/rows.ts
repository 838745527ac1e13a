import { Flag, type Section, type Trace } from '../model/trace.ts';
import { at, byteAt, numberAt, type SpanId } from '../model/units.ts';

/** One line of a waterfall: a span, or repeated siblings on one line (`×12`). */
export type WaterfallRow = {
  /** The longest of the members: its name and id stand for the line. */
  readonly row: number;
  /** Rows of the table in order of start. */
  readonly members: readonly number[];
  /** How many of its ancestors are shown. */
  readonly depth: number;
  /** Spans below it that are not shown. */
  readonly hidden: number;
  readonly culprit: boolean;
  readonly error: boolean;
};

export type RowChoice = {
  readonly rows: readonly WaterfallRow[];
  /** Spans of the trace, and how many of them no line shows: `total = members of all rows + folded`. */
  readonly total: number;
  readonly folded: number;
};

export type RowWishes = {
  readonly limit: number;
  readonly culprits: readonly SpanId[];
  readonly path: readonly Section[];
};

/** So many like siblings become one line. */
const REPEATED = 3;
/** A span this long, as a share of the trace, keeps its own line when it has children: its inside may be the story. */
const TELLING_SHARE = 0.2;
/** When not everything fits, a span shorter than this share of the trace is noise. */
const NOISE_SHARE = 0.01;

/**
 * Which spans a waterfall shows, at most `limit` lines:
 * the root, culprits with their ancestors, then what the request waited for longest and where errors began.
 *
 * ```
 *   gateway ─┬─ auth ── verify            gateway
 *            ├─ cache ×40          ⇒        auth
 *            └─ cart ─ … 300 spans            verify   ◀ culprit
 *                                           cart  +300
 * ```
 *
 * Same trace, same choice: ties are broken by the table's own order.
 */
export function chooseRows(trace: Trace, wishes: RowWishes): RowChoice {
  const total = trace.to - trace.from;
  const lines = groupSiblings(trace, new Set(wishes.culprits));
  const chosen = pick(trace, lines, wishes);
  return { ...inOrder(trace, lines, chosen), total };
}

type Lines = {
  /** The line of each row, named by the line's first row; −1 for what lies under a line of several. */
  readonly line: Int32Array;
  readonly members: ReadonlyMap<number, readonly number[]>;
  readonly culprits: ReadonlySet<number>;
};

/** Puts like siblings on one line, unless the story goes on below one of them. */
function groupSiblings(trace: Trace, culpritIds: ReadonlySet<SpanId>): Lines {
  const { table, from, to } = trace;
  const size = to - from;
  const culprits = new Set<number>();
  const leadsToCulprit = new Uint8Array(size);
  for (let row = to - 1; row >= from; row -= 1) {
    const isCulprit = culpritIds.size > 0 && culpritIds.has(table.spanId(row));
    if (isCulprit) culprits.add(row);
    const parent = at(table.parent, row);
    if (parent >= 0 && (isCulprit || leadsToCulprit[row - from] === 1)) leadsToCulprit[parent - from] = 1;
  }

  const { total } = extent(trace);
  const isTelling = (row: number) =>
    leadsToCulprit[row - from] === 1 ||
    (childrenOf(trace, row).length > 0 &&
      numberAt(table.end, row) - numberAt(table.start, row) >= total * TELLING_SHARE);

  const line = new Int32Array(size).fill(-1);
  const members = new Map<number, readonly number[]>();
  const place = (siblings: Iterable<number>) => {
    const alike = new Map<number, number[]>();
    for (const row of siblings) {
      const path = at(table.path, row);
      const group = alike.get(path);
      if (isTelling(row)) addLine([row]);
      else if (group) group.push(row);
      else alike.set(path, [row]);
    }
    for (const group of alike.values()) {
      if (group.length >= REPEATED) addLine(group);
      else for (const row of group) addLine([row]);
    }
  };
  const addLine = (rows: readonly number[]) => {
    const first = rows[0];
    if (first === undefined) return;
    members.set(first, rows);
    for (const row of rows) line[row - from] = first;
  };

  const roots: number[] = [];
  for (let row = from; row < to; row += 1) if (at(table.parent, row) < 0) roots.push(row);
  place(roots);
  for (let row = from; row < to; row += 1) {
    const own = line[row - from] ?? -1;
    if (own >= 0 && members.get(own)?.length === 1) place(childrenOf(trace, row));
  }
  return { line, members, culprits };
}

/** First rows of the lines to show. */
function pick(trace: Trace, lines: Lines, wishes: RowWishes): ReadonlySet<number> {
  const { table } = trace;
  const { total } = extent(trace);
  if (lines.members.size <= wishes.limit && lines.members.size > 0) return new Set(lines.members.keys());

  const waited = new Map<number, number>();
  const nearest = nearestLines(trace, lines);
  for (const section of wishes.path) {
    const line = at(nearest, section.row - trace.from);
    waited.set(line, (waited.get(line) ?? 0) + section.end - section.start);
  }
  const weigh = (line: number) => {
    const rows = lines.members.get(line) ?? [];
    let longest = 0;
    let errors = false;
    for (const row of rows) {
      longest = Math.max(longest, numberAt(table.end, row) - numberAt(table.start, row));
      errors ||= isErrorOrigin(trace, row);
    }
    return {
      line,
      culprit: rows.some((row) => lines.culprits.has(row)),
      // What nobody waited for counts for little, however long it took: it runs beside the story.
      weight: (waited.get(line) ?? 0) + longest * 0.1 + (errors ? total * 0.5 : 0),
    };
  };
  const candidates = [...lines.members.keys()]
    .map(weigh)
    .sort((a, b) => Number(b.culprit) - Number(a.culprit) || b.weight - a.weight || a.line - b.line);

  const chosen = new Set<number>();
  const add = (line: number) => {
    if (chosen.size < wishes.limit) chosen.add(line);
  };
  const best = candidates[0];
  if (best === undefined) return chosen;
  const root = ancestors(trace, lines, best.line).at(-1) ?? best.line;
  add(best.line);
  add(root);
  for (const candidate of candidates) {
    if (!candidate.culprit && candidate.weight < total * NOISE_SHARE) continue;
    add(candidate.line);
    if (chosen.has(candidate.line)) for (const line of ancestors(trace, lines, candidate.line)) add(line);
  }
  return chosen;
}

/** In error while no child is: where an error began, as far as the trace shows. */
function isErrorOrigin(trace: Trace, row: number): boolean {
  const failed = (each: number) => (byteAt(trace.table.flags, each) & Flag.error) !== 0;
  return failed(row) && !childrenOf(trace, row).some(failed);
}

/** Chosen lines from the top down, which is the table's own order, each under its nearest shown ancestor. */
function inOrder(trace: Trace, lines: Lines, chosen: ReadonlySet<number>): Omit<RowChoice, 'total'> {
  const { table, from, to } = trace;
  const rows: (WaterfallRow & { hidden: number })[] = [];
  let shown = 0;
  /** Index in `rows` of the line that stands for a span, or for its nearest shown ancestor. */
  const owner = new Int32Array(to - from).fill(-1);
  for (let row = from; row < to; row += 1) {
    const parent = at(table.parent, row);
    const above = parent >= 0 ? at(owner, parent - from) : -1;
    const line = at(lines.line, row - from);
    const members = lines.members.get(line) ?? [];
    if (line !== row && chosen.has(line)) {
      owner[row - from] = at(owner, line - from);
    } else if (line === row && chosen.has(line)) {
      owner[row - from] = rows.length;
      shown += members.length;
      rows.push({
        row: longestOf(trace, members),
        members,
        depth: above < 0 ? 0 : (rows[above]?.depth ?? 0) + 1,
        hidden: 0,
        culprit: members.some((member) => lines.culprits.has(member)),
        error: members.some((member) => (byteAt(table.flags, member) & Flag.error) !== 0),
      });
    } else {
      owner[row - from] = above;
      const holder = rows[above];
      if (holder) holder.hidden += 1;
    }
  }
  return { rows, folded: to - from - shown };
}

/** Moment the trace begins and its length, in the table's microseconds. */
export function extent(trace: Trace): { readonly start: number; readonly end: number; readonly total: number } {
  let start = Number.POSITIVE_INFINITY;
  let end = Number.NEGATIVE_INFINITY;
  for (let row = trace.from; row < trace.to; row += 1) {
    start = Math.min(start, numberAt(trace.table.start, row));
    end = Math.max(end, numberAt(trace.table.end, row));
  }
  return start > end ? { start: 0, end: 0, total: 0 } : { start, end, total: end - start };
}

function childrenOf(trace: Trace, row: number): Int32Array {
  const { children, childrenFrom } = trace.table;
  return children.subarray(at(childrenFrom, row), at(childrenFrom, row + 1));
}

/** Each row's own line, or the line above that has swallowed it. */
function nearestLines(trace: Trace, lines: Lines): Int32Array {
  const nearest = Int32Array.from(lines.line);
  for (let row = trace.from; row < trace.to; row += 1) {
    const parent = at(trace.table.parent, row);
    if (at(nearest, row - trace.from) < 0 && parent >= 0) nearest[row - trace.from] = at(nearest, parent - trace.from);
  }
  return nearest;
}

/** Lines above a line, nearest first. */
function ancestors(trace: Trace, lines: Lines, line: number): readonly number[] {
  const above: number[] = [];
  for (let row = at(trace.table.parent, line); row >= 0; row = at(trace.table.parent, row)) {
    above.push(at(lines.line, row - trace.from));
  }
  return above;
}

function longestOf(trace: Trace, rows: readonly number[]): number {
  const { start, end } = trace.table;
  let longest = rows[0] ?? trace.from;
  for (const row of rows) {
    if (numberAt(end, row) - numberAt(start, row) > numberAt(end, longest) - numberAt(start, longest)) longest = row;
  }
  return longest;
}
