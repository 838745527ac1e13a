import { Forest } from './forest.ts';
import type { ParentLinks } from './parent-links.ts';
import type { RepairLog } from './repair-log.ts';
import type { StagedSpans } from './staged-spans.ts';

/** The order of a table's rows: staged indices depth-first, trace after trace. */
export type RowOrder = {
  readonly source: Int32Array;
  /** Row of each trace's first span, and one entry more. */
  readonly first: Int32Array;
  /** Staged trace of each ordinal. */
  readonly traces: readonly number[];
};

/**
 * Puts spans in order: traces by their earliest start, inside a trace depth-first with siblings by start, end and id. Times
 * that cannot be are mended on the way. A trace of more than `spanLimit` spans keeps those nearest to its roots, level by
 * level, so that what is kept is a whole tree.
 */
export function orderRows(staged: StagedSpans, links: ParentLinks, repairs: RepairLog, spanLimit: number): RowOrder {
  const forest = new Forest(staged, links, repairs);
  const traces = staged.traceIds.map((_, trace) => trace).filter((trace) => forest.count(trace) > 0);
  const idOf = (trace: number) => staged.traceIds[trace] ?? '';
  traces.sort((a, b) => forest.earliest(a) - forest.earliest(b) || (idOf(a) < idOf(b) ? -1 : 1));
  const source = new Int32Array(forest.size);
  const first = new Int32Array(traces.length + 1);
  let row = 0;
  traces.forEach((trace, ordinal) => {
    first[ordinal] = row;
    const beyond = forest.count(trace) > spanLimit ? beyondLimit(forest, trace, spanLimit) : undefined;
    if (beyond !== undefined) repairs.add(trace, { kind: 'truncated', kept: spanLimit, dropped: beyond.size });
    const stack = forest.roots(trace).toReversed();
    for (let span = stack.pop(); span !== undefined; span = stack.pop()) {
      if (beyond?.has(span)) continue;
      source[row++] = span;
      const children = forest.children(span);
      for (let index = children.length - 1; index >= 0; index--) stack.push(children[index] ?? span);
    }
  });
  first[traces.length] = row;
  return { source: source.slice(0, row), first, traces };
}

/** Spans of a trace that do not fit: those farthest from the roots and, on the level where it ends, the latest. */
function beyondLimit(forest: Forest, trace: number, limit: number): ReadonlySet<number> {
  const byLevel = [...forest.roots(trace)];
  for (let head = 0; head < byLevel.length; head++) {
    for (const child of forest.children(byLevel[head] ?? -1)) byLevel.push(child);
  }
  return new Set(byLevel.slice(limit));
}
