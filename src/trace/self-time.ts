import { Flag, type SpanTable } from '../model/trace.ts';
import { at, byteAt, numberAt } from '../model/units.ts';
import type { Times } from './critical-path.ts';

/**
 * Self time by row, µs: how long a span ran while none of its children did.
 *
 * ```
 *   span   ├──────────────────┤   self = 20 − 9 = 11
 *   a        ├─────┤              children may overlap, and reach over the end:
 *   b           ├────┤            their union inside the span counts once
 *   c                       ├─────┤
 * ```
 *
 * Never negative, unlike duration − Σ children. Detached children are left out: nobody waited for them. O(n) on the table's
 * own times, O(n log n) on others, which may change the order of siblings. Reference section 2.3.
 */
export function selfTimes(table: SpanTable, times: Times = table): Float64Array {
  const self = new Float64Array(table.size);
  for (let row = 0; row < table.size; row++) self[row] = selfTime(table, row, times);
  return self;
}

/** Self time of one row, µs. */
export function selfTime(table: SpanTable, row: number, times: Times = table): number {
  const end = numberAt(times.end, row);
  const duration = end - numberAt(times.start, row);
  const from = at(table.childrenFrom, row);
  const to = at(table.childrenFrom, row + 1);
  if (from === to) return duration;
  const inOrder = times === table || standByStart(table.children, from, to, times);
  const children = inOrder ? table.children : byStart(table.children.slice(from, to), times);
  let covered = 0;
  let reached = numberAt(times.start, row);
  for (let index = inOrder ? from : 0; index < (inOrder ? to : to - from); index++) {
    const child = at(children, index);
    if ((byteAt(table.flags, child) & Flag.detached) !== 0) continue;
    const childEnd = Math.min(numberAt(times.end, child), end);
    const childStart = Math.max(numberAt(times.start, child), reached);
    if (childEnd <= childStart) continue;
    covered += childEnd - childStart;
    reached = childEnd;
  }
  return duration - covered;
}

/** Whether children are in order on other times as well: most clocks move a whole subtree, or nothing. */
function standByStart(children: Int32Array, from: number, to: number, times: Times): boolean {
  for (let index = from + 1; index < to; index++) {
    if (numberAt(times.start, at(children, index)) < numberAt(times.start, at(children, index - 1))) return false;
  }
  return true;
}

function byStart(children: Int32Array, times: Times): Int32Array {
  return children.sort((a, b) => numberAt(times.start, a) - numberAt(times.start, b) || a - b);
}
