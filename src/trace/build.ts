import type { SpanRecord } from '../model/span.ts';
import { Flag, Kind, Population, type Repair, type SpanTable, type Trace } from '../model/trace.ts';
import { at, byteAt, numberAt, type TraceId } from '../model/units.ts';
import { tolerance } from './critical-path.ts';
import { linkParents, type ParentLinks } from './parent-links.ts';
import { RepairLog } from './repair-log.ts';
import { orderRows, type RowOrder } from './row-order.ts';
import { clocksOf, skewRepairs } from './skew.ts';
import { type Columns, SpanColumns } from './span-columns.ts';
import { Mark, StagedSpans } from './staged-spans.ts';
import { Words } from './words.ts';

/** A trace larger than this is cut, with a repair that says so. */
export const SPAN_LIMIT = 50_000;

/**
 * Takes spans in batches, of any traces in any order, and makes one table of them. The same spans give the same table
 * whatever their order and batches; a span that comes twice counts once. Raw times are kept; what cannot be (no parent, no
 * time, two spans of one id) is mended and listed in `repairs`. Reference sections 1.1 and 1.4.
 */
export class TableBuilder {
  readonly #spanLimit: number;
  #staged: StagedSpans | undefined = new StagedSpans();

  constructor(options: { readonly spanLimit?: number } = {}) {
    this.#spanLimit = options.spanLimit ?? SPAN_LIMIT;
  }

  /** `population` says which set the traces of the batch belong to. */
  add(batch: readonly SpanRecord[], population: keyof typeof Population = 'suspect'): void {
    const staged = this.#open();
    for (const span of batch) staged.add(span, Population[population]);
  }

  /** The table. A builder makes one; what is asked of it afterwards throws. */
  finish(): SpanTable {
    const staged = this.#open();
    this.#staged = undefined;
    const repairs = new RepairLog();
    const links = linkParents(staged, repairs);
    const order = orderRows(staged, links, repairs, this.#spanLimit);
    return columnsOf(staged, links, order, repairs);
  }

  #open(): StagedSpans {
    if (this.#staged === undefined) throw new Error('This builder has made its table already');
    return this.#staged;
  }
}

/** A table of the records, all of them suspects. */
export function buildTable(records: readonly SpanRecord[]): SpanTable {
  const builder = new TableBuilder();
  builder.add(records);
  return builder.finish();
}

/** The trace with the ordinal; throws a `RangeError` when the table has no such trace. */
export function traceAt(table: SpanTable, ordinal: number): Trace {
  const traceId = table.traceIds[ordinal];
  if (traceId === undefined) throw new RangeError(`The table has ${table.traces} traces, none with ordinal ${ordinal}`);
  const repairs = table.repairs.get(ordinal) ?? [];
  return { table, ordinal, traceId, from: at(table.first, ordinal), to: at(table.first, ordinal + 1), repairs };
}

export function findTrace(table: SpanTable, traceId: TraceId): Trace | undefined {
  const ordinal = table.traceIds.indexOf(traceId);
  return ordinal < 0 ? undefined : traceAt(table, ordinal);
}

/** The ordinal of the trace that a row belongs to. */
export function ordinalOf(table: SpanTable, row: number): number {
  let low = 0;
  let high = table.traces;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (at(table.first, middle) <= row) low = middle;
    else high = middle;
  }
  return low;
}

function columnsOf(staged: StagedSpans, links: ParentLinks, order: RowOrder, repairs: RepairLog): SpanTable {
  const { source, first } = order;
  const size = source.length;
  const parent = parentRows(links, source);
  const words = new Words(staged.texts);
  const start = new Float64Array(size);
  const end = new Float64Array(size);
  const kind = new Uint8Array(size);
  const service = new Int32Array(size);
  const operation = new Int32Array(size);
  const path = new Int32Array(size);
  let epoch = Number.POSITIVE_INFINITY;
  for (let row = 0; row < size; row++) epoch = Math.min(epoch, numberAt(staged.start.values, at(source, row)));
  for (let row = 0; row < size; row++) {
    const span = at(source, row);
    start[row] = numberAt(staged.start.values, span) - epoch;
    end[row] = numberAt(staged.end.values, span) - epoch;
    kind[row] = at(staged.kind.values, span);
    service[row] = words.text(at(staged.service.values, span));
    operation[row] = words.text(at(staged.operation.values, span));
    const step = words.step(at(service, row), byteAt(kind, row), at(operation, row));
    const above = at(parent, row);
    path[row] = words.paths.node(above < 0 ? -1 : at(path, above), step);
  }
  const texts = words.texts.size;
  for (let row = 0; row < size; row++) path[row] = at(path, row) + texts;
  const found = new Map<number, readonly Repair[]>();
  order.traces.forEach((trace, ordinal) => {
    const list = repairs.of(trace);
    if (list.length > 0) found.set(ordinal, list);
  });
  const columns: Columns = {
    size,
    traces: order.traces.length,
    epoch: size === 0 ? 0 : epoch,
    first,
    traceIds: order.traces.map((trace) => staged.traceIds[trace] ?? ''),
    population: Uint8Array.from(order.traces, (trace) => populationOf(staged.populations[trace] ?? 0)),
    probability: Float64Array.from(order.traces, (trace) => staged.probabilities[trace] ?? 0),
    parent,
    start,
    end,
    kind,
    flags: flagsOf(staged, links, source, { parent, start, end, kind, service }),
    service,
    operation,
    path,
    resourceOf: renumbered(source, (span) => staged.resourceOf(span)),
    ...childrenOf(parent),
    repairs: found,
  };
  const table = new SpanColumns(columns, staged, source, words);
  for (const [ordinal, skews] of skewRepairs(table, clocksOf(table)))
    found.set(ordinal, [...(found.get(ordinal) ?? []), ...skews]);
  return table;
}

/** Numbers given anew, in the order of rows. */
function renumbered(source: Int32Array, numberOf: (span: number) => number): Int32Array {
  const numbers: number[] = [];
  let next = 0;
  return source.map((span) => {
    const staged = numberOf(span);
    const known = numbers[staged] ?? next++;
    numbers[staged] = known;
    return known;
  });
}

function parentRows(links: ParentLinks, source: Int32Array): Int32Array {
  const rowOf = new Int32Array(links.parent.length).fill(-1);
  for (let row = 0; row < source.length; row++) rowOf[at(source, row)] = row;
  return source.map((span) => {
    const above = at(links.parent, span);
    return above < 0 ? -1 : at(rowOf, above);
  });
}

/** Rows ascend by start among siblings, so children are in order as they are met. */
function childrenOf(parent: Int32Array): Pick<Columns, 'childrenFrom' | 'children'> {
  const childrenFrom = new Int32Array(parent.length + 1);
  for (const above of parent) if (above >= 0) childrenFrom[above + 1] = at(childrenFrom, above + 1) + 1;
  for (let row = 0; row < parent.length; row++)
    childrenFrom[row + 1] = at(childrenFrom, row + 1) + at(childrenFrom, row);
  const children = new Int32Array(at(childrenFrom, parent.length));
  const free = childrenFrom.slice();
  for (let row = 0; row < parent.length; row++) {
    const above = at(parent, row);
    if (above < 0) continue;
    const place = at(free, above);
    children[place] = row;
    free[above] = place + 1;
  }
  return { childrenFrom, children };
}

/** A trace that was handed over as both is a suspect. */
function populationOf(bits: number): number {
  return (bits & (1 << Population.suspect)) === 0 ? Population.baseline : Population.suspect;
}

function flagsOf(
  staged: StagedSpans,
  links: ParentLinks,
  source: Int32Array,
  columns: Pick<Columns, 'parent' | 'start' | 'end' | 'kind' | 'service'>,
): Uint8Array {
  const flags = new Uint8Array(source.length);
  for (let row = 0; row < source.length; row++) {
    const span = at(source, row);
    let bits = 0;
    if ((at(staged.marks.values, span) & Mark.error) !== 0) bits |= Flag.error;
    if (byteAt(links.orphan, span) === 1) bits |= Flag.orphan;
    if (isDetached(columns, row)) bits |= Flag.detached;
    if (staged.events.has(span)) bits |= Flag.events;
    if (staged.links.has(span)) bits |= Flag.links;
    flags[row] = bits;
  }
  return flags;
}

/**
 * Whether nobody above waited for a span: it consumes a message, begins after its parent had ended, or is a call that goes
 * on after the service that made it has answered. A SERVER span under its CLIENT is waited for wherever it seems to stand: two hosts have two clocks.
 */
function isDetached({ parent, start, end, kind, service }: Parameters<typeof flagsOf>[3], row: number): boolean {
  const above = at(parent, row);
  if (above < 0) return false;
  const kindAbove = byteAt(kind, above);
  const elsewhere = at(service, above) !== at(service, row);
  if (byteAt(kind, row) === Kind.consumer) return elsewhere || kindAbove === Kind.producer || kindAbove === Kind.client;
  if (byteAt(kind, row) === Kind.server && kindAbove === Kind.client) return false;
  const parentEnd = numberAt(end, above);
  const called = byteAt(kind, row) === Kind.client && kindAbove === Kind.server && !elsewhere;
  if (called && numberAt(end, row) > parentEnd + tolerance(numberAt(end, row) - numberAt(start, row))) return true;
  return numberAt(start, row) > parentEnd || (numberAt(start, row) === parentEnd && parentEnd > numberAt(start, above));
}
