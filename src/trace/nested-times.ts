import { Flag, Kind, type SpanTable } from '../model/trace.ts';
import { at, byteAt, numberAt } from '../model/units.ts';
import { type Times, tolerance } from './critical-path.ts';
import { isRemote } from './visits.ts';

/**
 * Times in which every server's span lies inside the call that it answers, for arithmetic on paths. A server cannot begin
 * before it was called, nor end after its caller had the answer: where it seems to, two clocks differ, and it is moved with
 * everything below it by the least that helps.
 *
 * ```
 *   call  (clock A)    ├──────────────────┤                     ├──────────────────┤
 *   server (clock B)                 ├──────────┤      ⇒             ├──────────┤
 * ```
 *
 * It is done call by call, because a clock that was set anew between two requests has no one offset (reference section 1.2,
 * case "empty"). Overlaps within the tolerance of coarse clocks stay, and so does a server that outlived a caller who gave up.
 * The table itself when nothing moved; raw times never change. O(spans).
 */
export function nestedTimes(table: SpanTable): Times {
  const shift = new Float64Array(table.size);
  let moved = false;
  for (let row = 0; row < table.size; row++) {
    const parent = at(table.parent, row);
    if (parent < 0) continue;
    const by = isAnswer(table, row, parent)
      ? shiftInto(table, row, parent, numberAt(shift, parent))
      : numberAt(shift, parent);
    shift[row] = by;
    moved ||= by !== 0;
  }
  if (!moved) return table;
  const add = (time: number, row: number) => time + numberAt(shift, row);
  return { start: table.start.map(add), end: table.end.map(add) };
}

/** A span of another service that its caller waited for. */
function isAnswer(table: SpanTable, row: number, parent: number): boolean {
  return (
    isRemote(table, row) &&
    byteAt(table.kind, row) === Kind.server &&
    byteAt(table.kind, parent) === Kind.client &&
    (byteAt(table.flags, row) & Flag.detached) === 0
  );
}

/** By how much a server's clock must be moved, its caller's having been moved by `callerBy`, µs. */
function shiftInto(table: SpanTable, row: number, parent: number, callerBy: number): number {
  const from = numberAt(table.start, parent) + callerBy;
  const to = numberAt(table.end, parent) + callerBy;
  const slack = tolerance(to - from);
  const early = from - numberAt(table.start, row);
  if (early > slack) return early;
  // Whoever was given up on may work on for as long as it likes, but it was called before that.
  const late = (mayOutlive(table, parent) ? numberAt(table.start, row) : numberAt(table.end, row)) - to;
  // A server that took longer than its call is moved as far back as its beginning allows.
  return late <= slack ? 0 : -Math.max(0, Math.min(late, -early));
}

/** A call that failed and has no answer may have been given up. */
function mayOutlive(table: SpanTable, call: number): boolean {
  const failed = (byteAt(table.flags, call) & Flag.error) !== 0;
  return failed && table.attribute(call, 'http.response.status_code') === undefined;
}
