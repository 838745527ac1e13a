import type { SpanTable } from '../model/trace.ts';
import { at } from '../model/units.ts';
import { IntColumn } from '../trace/column.ts';
import { PairNumbers } from '../trace/pair-numbers.ts';
import type { Charges } from './charges.ts';

/**
 * Calls that are made again and again: those of one visit to one party for one operation, as rows of `rows` from
 * `from[group]` up to `from[group + 1]`. Groups stand by their first rows, and so do the rows in each.
 */
export type CallGroups = {
  readonly count: number;
  readonly from: Int32Array;
  readonly rows: Int32Array;
  /** Trace of each group. */
  readonly trace: Int32Array;
  /** Number of caller, party and operation, the same in every trace. */
  readonly kind: Int32Array;
};

/**
 * Groups the calls of the whole table in one pass; O(spans). A visit's calls do not stand together, because what a callee
 * does stands between them, but visits nest: once a row is of an outer visit, the inner ones before it are over. So the
 * groups of one kind that may still grow are a stack.
 *
 * ```
 *   row   visit  kind          groups of kind k, the topmost last
 *    1      0     k            [visit 0]
 *    4      3     k            [visit 0] [visit 3]     the callee makes the same call itself
 *    9      0     k            [visit 0]               visit 3 is over; row 9 is the second of visit 0
 * ```
 */
export function callGroups(table: SpanTable, charges: Charges): CallGroups {
  const ends = new PairNumbers();
  const kinds = new PairNumbers();
  const kind = new IntColumn();
  const visit = new IntColumn();
  const trace = new IntColumn();
  const size = new IntColumn();
  /** By group, the one of its kind below it on the stack; by kind, the topmost; −1 for none. */
  const below = new IntColumn();
  const topmost: number[] = [];
  const groupOf = new Int32Array(table.size).fill(-1);
  for (let ordinal = 0; ordinal < table.traces; ordinal++) {
    const end = at(table.first, ordinal + 1);
    for (let row = at(table.first, ordinal); row < end; row++) {
      const peer = at(charges.peer, row);
      if (peer < 0) continue;
      const entry = at(charges.visit, row);
      const same = kinds.number(ends.number(at(charges.party, row), peer), at(table.operation, row));
      let group = topmost[same] ?? -1;
      while (group >= 0 && at(visit.values, group) > entry) group = at(below.values, group);
      if (group < 0 || at(visit.values, group) !== entry) {
        below.push(group);
        group = kind.size;
        kind.push(same);
        visit.push(entry);
        trace.push(ordinal);
        size.push(0);
      }
      topmost[same] = group;
      groupOf[row] = group;
      size.values[group] = at(size.values, group) + 1;
    }
  }
  const count = kind.size;
  const from = new Int32Array(count + 1);
  for (let group = 0; group < count; group++) from[group + 1] = at(from, group) + at(size.values, group);
  const rows = new Int32Array(at(from, count));
  const next = from.slice();
  for (let row = 0; row < table.size; row++) {
    const group = at(groupOf, row);
    if (group < 0) continue;
    const place = at(next, group);
    rows[place] = row;
    next[group] = place + 1;
  }
  return { count, from, rows, trace: trace.values.slice(0, count), kind: kind.values.slice(0, count) };
}
