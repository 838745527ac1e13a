import type { SpanRecord } from '../../src/model/span.ts';
import type { SpanTable } from '../../src/model/trace.ts';
import { type Cells, gatherCells } from '../../src/population/cells.ts';
import { type Charges, chargeTime } from '../../src/population/charges.ts';
import type { Sides } from '../../src/population/latency.ts';
import { TableBuilder } from '../../src/trace/build.ts';
import { criticalTimes } from '../../src/trace/critical-path.ts';
import { selfTimes } from '../../src/trace/self-time.ts';

/** What a measurement of two sides is made from. */
export type BothSides = {
  readonly table: SpanTable;
  readonly charges: Charges;
  readonly cells: Cells;
  readonly sides: Sides;
};

/** The drawn suspects and their reference in one table, in this order, with traces that belong to neither side at the end. */
export function bothSides(
  suspects: readonly SpanRecord[],
  reference: readonly SpanRecord[],
  neither: readonly SpanRecord[] = [],
): BothSides {
  const builder = new TableBuilder();
  for (const spans of [suspects, reference, neither]) builder.add(spans);
  const table = builder.finish();
  const charges = chargeTime(table);
  const cells = gatherCells(table, charges, { self: selfTimes(table), felt: criticalTimes(table) });
  const flags = (spans: readonly SpanRecord[]) => {
    const ids = new Set(spans.map(({ traceId }) => traceId));
    return Uint8Array.from(table.traceIds, (id) => (ids.has(id) ? 1 : 0));
  };
  return { table, charges, cells, sides: { suspect: flags(suspects), reference: flags(reference) } };
}
