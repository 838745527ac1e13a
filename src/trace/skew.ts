import { Flag, Kind, type Repair, type SpanTable } from '../model/trace.ts';
import { at, byteAt, MILLISECOND, type Micros, numberAt } from '../model/units.ts';
import { NumberColumn } from './column.ts';
import { hostsOf } from './hosts.ts';
import { isRemote } from './visits.ts';

/** What may be added to one clock to read another: somewhere in [low, high] µs. */
export type Offset = { readonly low: Micros; readonly high: Micros };

/**
 * What the calls between hosts say about their clocks. A CLIENT span began before its SERVER span and ended after it, so
 *
 * ```
 *   client (clock A)   ├────────────────────┤         low  = max(client.start − server.start)
 *   server (clock B)        ├──────────┤              high = min(client.end − server.end)
 *                      ←low→            ←high→        A's time = B's time + something in [low, high]
 * ```
 *
 * and each call of a pair of hosts makes the interval narrower. Latency only ever widens it, so it is never wrong, unlike a
 * guess from the middle of one call. Pairs without calls add up the intervals along the fewest hops. Reference section 1.2.
 */
export type Clocks = {
  /** Number of each row's host; rows of one host share a clock. */
  readonly host: Int32Array;
  readonly names: readonly string[];
  /** Pairs of hosts of which the first calls the second or the second the first, both ways round. */
  readonly pairs: readonly (readonly [number, number])[];
  /** What to add to `host`'s clock to read `reference`'s; undefined when nothing is known or its calls contradict each other. */
  offset(reference: number, host: number): Offset | undefined;
  /** How fine a host's clock is, µs: a millisecond when every start lies on one, as the JavaScript SDK's do. */
  grain(host: number): Micros;
};

/** The clocks of all hosts of a table; O(spans), plus O(edges) for each host asked about first. */
export function clocksOf(table: SpanTable): Clocks {
  const { host, names } = hostsOf(table);
  const coarse = new Uint8Array(names.length).fill(1);
  for (let row = 0; row < table.size; row++) {
    const of = at(host, row);
    if (byteAt(coarse, of) === 1 && (table.epoch + numberAt(table.start, row)) % MILLISECOND !== 0) coarse[of] = 0;
  }
  const grain = (of: number) => (byteAt(coarse, of) === 1 ? MILLISECOND : 0);
  const edges = offsetEdges(table, host, names.length, grain);
  const known = new Map<number, ReadonlyMap<number, Offset>>();
  return {
    host,
    names,
    pairs: [...edges].flatMap(([a, others]) => [...others.keys()].map((b) => [a, b] as const)),
    grain,
    offset(reference, other) {
      if (reference === other) return { low: 0, high: 0 };
      const offsets = known.get(reference) ?? spread(edges, reference);
      known.set(reference, offsets);
      return offsets.get(other);
    },
  };
}

/** A moment of a span. */
export type Anchor = { readonly row: number; readonly anchor: 'start' | 'end' };

export type Order = {
  readonly order: 'before' | 'after' | 'undecidable';
  /** µs by which the order holds whatever the clocks really were; 0 when it is undecidable. */
  readonly margin: Micros;
  /** Half the width of what the clocks leave open, µs; infinite when nothing is known about them. */
  readonly uncertainty: Micros;
};

/**
 * Whether `a` came before `b`, as far as the clocks can tell. Two moments of coarse clocks closer than two grains are
 * undecidable even on one host: each is early by up to one grain.
 */
export function orderOf(table: SpanTable, clocks: Clocks, a: Anchor, b: Anchor): Order {
  const hostA = at(clocks.host, a.row);
  const hostB = at(clocks.host, b.row);
  const offset = clocks.offset(hostA, hostB);
  if (offset === undefined) return { order: 'undecidable', margin: 0, uncertainty: Number.POSITIVE_INFINITY };
  const blur = 2 * Math.max(clocks.grain(hostA), clocks.grain(hostB));
  const distance = numberAt(table[b.anchor], b.row) - numberAt(table[a.anchor], a.row);
  const uncertainty = (offset.high - offset.low) / 2 + blur;
  const least = distance + offset.low - blur;
  const most = distance + offset.high + blur;
  if (least > 0 || (least === 0 && blur > 0)) return { order: 'before', margin: least, uncertainty };
  if (most < 0 || (most === 0 && blur > 0)) return { order: 'after', margin: -most, uncertainty };
  return { order: 'undecidable', margin: 0, uncertainty };
}

/**
 * Times of a table as if every host had the clock of its trace's first host, for drawing and for path arithmetic: each host
 * is moved by the least that its calls demand. The table itself when no clock needs to move; raw times never change.
 */
export function alignedTimes(table: SpanTable, clocks: Clocks): Pick<SpanTable, 'start' | 'end'> {
  const shift = new Float64Array(table.size);
  let moved = false;
  for (let ordinal = 0; ordinal < table.traces; ordinal++) {
    const from = at(table.first, ordinal);
    for (let row = from; row < at(table.first, ordinal + 1); row++) {
      const by = leastShift(clocks.offset(at(clocks.host, from), at(clocks.host, row)));
      shift[row] = by;
      moved ||= by !== 0;
    }
  }
  if (!moved) return table;
  const add = (time: number, row: number) => time + numberAt(shift, row);
  return { start: table.start.map(add), end: table.end.map(add) };
}

/** What must be said about the clocks of each trace: the pairs of hosts on a call whose clocks certainly differ. */
export function skewRepairs(table: SpanTable, clocks: Clocks): ReadonlyMap<number, readonly Repair[]> {
  const repairs = new Map<number, readonly Repair[]>();
  const hosts = clocks.names.length;
  const skews = new Map<number, SkewRepair>();
  for (const [a, b] of clocks.pairs) {
    const skew = skewRepair(clocks, a, b);
    if (skew !== undefined) skews.set(a * hosts + b, skew);
  }
  if (skews.size === 0) return repairs;
  for (let ordinal = 0; ordinal < table.traces; ordinal++) {
    const found = new Set<SkewRepair>();
    for (let row = at(table.first, ordinal); row < at(table.first, ordinal + 1); row++) {
      if (!isSynchronous(table, row)) continue;
      const skew = skews.get(at(clocks.host, at(table.parent, row)) * hosts + at(clocks.host, row));
      if (skew !== undefined) found.add(skew);
    }
    if (found.size > 0)
      repairs.set(
        ordinal,
        [...found].sort((x, y) => (nameOf(x) < nameOf(y) ? -1 : 1)),
      );
  }
  return repairs;
}

type SkewRepair = Extract<Repair, { readonly kind: 'skew' }>;

const nameOf = ({ from, to }: SkewRepair): string => `${from} ${to}`;

/** What is to be said about the clocks of two hosts; nothing where they may agree. */
function skewRepair(clocks: Clocks, a: number, b: number): SkewRepair | undefined {
  const known = clocks.offset(a, b);
  const offset = leastShift(known);
  if (known === undefined || offset === 0) return undefined;
  const [from = '', to = ''] = [clocks.names[a], clocks.names[b]];
  return { kind: 'skew', from, to, offset, uncertainty: known.high - known.low };
}

/** The offset nearest to none that the calls allow; under a millisecond it is the noise of two good clocks, and none. */
function leastShift(offset: Offset | undefined): Micros {
  if (offset === undefined) return 0;
  const least = Math.max(0, offset.low) + Math.min(0, offset.high);
  return Math.abs(least) < MILLISECOND ? 0 : least;
}

/** A span that its remote parent waited for: a SERVER, or of no kind at all and not detached. */
function isSynchronous(table: SpanTable, row: number): boolean {
  if (!isRemote(table, row)) return false;
  const above = byteAt(table.kind, at(table.parent, row));
  return byteAt(table.kind, row) === Kind.server && (above === Kind.client || above === Kind.unspecified);
}

type Bounds = { readonly lows: NumberColumn; readonly highs: NumberColumn };
type Edges = ReadonlyMap<number, ReadonlyMap<number, Offset>>;

function offsetEdges(table: SpanTable, host: Int32Array, hosts: number, grain: (of: number) => Micros): Edges {
  const bounds = new Map<number, Bounds>();
  for (let row = 0; row < table.size; row++) {
    if (!isSynchronous(table, row)) continue;
    const client = at(table.parent, row);
    const a = at(host, client);
    const b = at(host, row);
    if (a === b) continue;
    const pair = a * hosts + b;
    let known = bounds.get(pair);
    if (known === undefined) {
      known = { lows: new NumberColumn(), highs: new NumberColumn() };
      bounds.set(pair, known);
    }
    const blur = Math.max(grain(a), grain(b));
    known.lows.push(numberAt(table.start, client) - numberAt(table.start, row) - blur);
    // A client that failed may have given up before its server was done.
    const waited = (byteAt(table.flags, client) & Flag.error) === 0;
    if (waited) known.highs.push(numberAt(table.end, client) - numberAt(table.end, row) + blur);
  }
  const edges = new Map<number, Map<number, Offset>>();
  const set = (from: number, to: number, offset: Offset) => {
    const row = edges.get(from) ?? new Map<number, Offset>();
    const known = row.get(to);
    // Two services may call each other: what both ways allow counts.
    const low = Math.max(offset.low, known?.low ?? Number.NEGATIVE_INFINITY);
    const high = Math.min(offset.high, known?.high ?? Number.POSITIVE_INFINITY);
    edges.set(from, row.set(to, { low, high }));
  };
  for (const [pair, { lows, highs }] of bounds) {
    const [a, b] = [Math.floor(pair / hosts), pair % hosts];
    const low = extreme(lows, 'highest');
    const high = highs.size === 0 ? Number.POSITIVE_INFINITY : extreme(highs, 'lowest');
    set(a, b, { low, high });
    set(b, a, { low: -high, high: -low });
  }
  return edges;
}

/** The extreme value after the one per cent that lies farthest out. */
function extreme({ values, size }: NumberColumn, which: 'lowest' | 'highest'): number {
  const sorted = values.subarray(0, size).sort();
  const beyond = Math.floor(size / 100);
  return sorted[which === 'lowest' ? beyond : size - 1 - beyond] ?? 0;
}

/** Offsets of every host that calls connect with `from`, by the fewest hops. An empty interval connects nothing. */
function spread(edges: Edges, from: number): ReadonlyMap<number, Offset> {
  const found = new Map<number, Offset>([[from, { low: 0, high: 0 }]]);
  const queue = [from];
  for (let head = 0; head < queue.length; head++) {
    const host = queue[head] ?? from;
    const so = found.get(host) ?? { low: 0, high: 0 };
    for (const [next, offset] of [...(edges.get(host) ?? [])].sort(([x], [y]) => x - y)) {
      if (found.has(next) || offset.low > offset.high) continue;
      found.set(next, { low: so.low + offset.low, high: so.high + offset.high });
      queue.push(next);
    }
  }
  return found;
}
