import { Kind, type SpanTable } from '../model/trace.ts';
import { at, byteAt, numberAt } from '../model/units.ts';
import { PairNumbers } from '../trace/pair-numbers.ts';
import type { Cells } from './cells.ts';
import { type Charges, Place } from './charges.ts';
import type { Sides } from './latency.ts';
import { aboutNames } from './names.ts';
import { certainRise, median, STRICT_Z, sorted } from './statistics.ts';

/**
 * Two times closer than this have no order. Both spans are of one service, so no clock offset lies between them, but SDKs
 * that start spans on whole milliseconds put them up to one early, and timers add another.
 */
export const ORDER_GRAIN = 2_000;
/** A rule that the baseline must have followed at least so often before its breach means anything. */
const FEWEST = 8;
/** Widest visit that is looked at: pairs grow with the square. */
const WIDEST = 32;

/**
 * How often a step waited for a call's acknowledgement inside one visit, and how often it did not:
 *
 * ```
 *   waited      call  ├──────────┤               overtook   call  ├─────────────┤
 *               step              ├────┤                    step     ├────┤
 * ```
 *
 * `early` is a step that began before the acknowledgement and ended after it.
 */
export type OrderCounts = { waited: number; early: number; overtook: number };

export type OrderBreach = {
  /** Trace ordinal. */
  readonly trace: number;
  /** Row of the call whose acknowledgement was due. */
  readonly call: number;
  readonly step: number;
  /** µs between the step's end and the later acknowledgement; negative when the step only began too early. */
  readonly margin: number;
  /** µs that the clocks leave open between the two, where they are of two hosts. */
  readonly uncertainty?: number;
};

export type OrderRule = {
  /** Cell of the visit in which both happen. */
  readonly cell: number;
  readonly before: OrderCounts;
  readonly now: OrderCounts;
  readonly breaches: readonly OrderBreach[];
  /** How surely the rule is broken now and was not before, 0…1. */
  readonly weight: number;
  /** The step changes data. */
  readonly writes: boolean;
  /** The step begins earlier after the call's start than it used to. */
  readonly earlier: boolean;
};

type Tally = {
  cell: number;
  before: OrderCounts;
  now: OrderCounts;
  breaches: OrderBreach[];
  writes: boolean;
  /** Step's start less call's start, µs: of every visit before, of the breaches now. */
  headStart: { before: number[]; now: number[] };
};
type Step = { key: number; first: number; last: number; call: boolean; writes: boolean };
type Visit = { readonly entry: number; readonly steps: Step[] };

/** Every order that the reference kept and the suspects break, most certain first. */
export function brokenOrders(table: SpanTable, charges: Charges, cells: Cells, sides: Sides): readonly OrderRule[] {
  const keys = new PairNumbers();
  const pairs = new PairNumbers();
  const rules = new PairNumbers();
  const tallies: Tally[] = [];
  const writes = writesOf(table);
  for (let trace = 0; trace < table.traces; trace++) {
    const now = sides.suspect[trace] === 1;
    if (!now && sides.reference[trace] !== 1) continue;
    for (const { entry, steps } of stepsOf(table, charges, trace, keys, writes)) {
      if (steps.length < 2) continue;
      const cell = at(cells.of, entry);
      for (const call of steps) {
        if (!call.call) continue;
        for (const step of steps) {
          if (step === call || related(table, call.last, step.first)) continue;
          const rule = rules.number(cell, pairs.number(call.key, step.key));
          const tally = tallies[rule] ?? newTally(cell, step.writes);
          tallies[rule] = tally;
          count(table, tally, trace, now, call.last, step.first);
        }
      }
    }
  }
  return tallies
    .flatMap(({ headStart, ...tally }) => {
      const weight = weightOf(tally);
      if (weight === 0) return [];
      const earlier = movedForward(headStart);
      return { ...tally, earlier, weight: weight * (earlier ? 1 : COINCIDENCE) };
    })
    .sort((a, b) => Number(b.writes) - Number(a.writes) || b.weight - a.weight || a.cell - b.cell);
}

const newTally = (cell: number, writes: boolean): Tally => ({
  cell,
  before: { waited: 0, early: 0, overtook: 0 },
  now: { waited: 0, early: 0, overtook: 0 },
  breaches: [],
  writes,
  headStart: { before: [], now: [] },
});

function count(table: SpanTable, tally: Tally, trace: number, now: boolean, call: number, step: number): void {
  const relation = relate(table, call, step);
  const broken = relation !== 'waited';
  (now ? tally.now : tally.before)[relation]++;
  const headStart = numberAt(table.start, step) - numberAt(table.start, call);
  if (!now) tally.headStart.before.push(headStart);
  if (!now || !broken) return;
  tally.headStart.now.push(headStart);
  tally.breaches.push({ trace, call, step, margin: numberAt(table.end, call) - numberAt(table.end, step) });
}

/**
 * A step that begins as long after the call's start as it always did never waited for it: the call only became slower than
 * whatever the step does wait for.
 */
function movedForward({ before, now }: Tally['headStart']): boolean {
  return now.length > 0 && before.length > 0 && median(sorted(now)) < 0.8 * median(sorted(before));
}
const COINCIDENCE = 0.2;
/**
 * Breaches that do not undo a rule: one in a hundred, and the one request that was under way when a new version took over,
 * which counts as healthy by its start.
 */
const tolerated = (of: number): number => (of < 20 ? 0 : Math.max(1, 0.01 * of));

function weightOf({ before, now }: Pick<Tally, 'before' | 'now'>): number {
  const kept = { with: before.early + before.overtook, of: before.waited + before.early + before.overtook };
  if (kept.of < FEWEST || kept.with > tolerated(kept.of)) return 0;
  const broken = { with: now.early + now.overtook, of: now.waited + now.early + now.overtook };
  return certainRise(broken, kept, STRICT_Z);
}

/**
 * The calls and writes of each visit of a trace, visits by their first one; of a repeated step the first begin and the last
 * acknowledgement.
 */
function stepsOf(
  table: SpanTable,
  charges: Charges,
  trace: number,
  keys: PairNumbers,
  writesAt: (row: number) => boolean,
): readonly Visit[] {
  const from = at(table.first, trace);
  const visits: Visit[] = [];
  const visitAt: (Visit | undefined)[] = [];
  for (let row = from; row < at(table.first, trace + 1); row++) {
    const entry = at(charges.visit, row);
    if (row === entry) continue;
    const outbound = byteAt(charges.place, row) === Place.outbound && at(charges.peer, row) >= 0;
    const writes = writesAt(row);
    if (!outbound && !writes) continue;
    let visit = visitAt[entry - from];
    if (visit === undefined) {
      visit = { entry, steps: [] };
      visitAt[entry - from] = visit;
      visits.push(visit);
    }
    const { steps } = visit;
    const key = keys.number(at(table.operation, row), at(charges.peer, row));
    const known = steps.find((step) => step.key === key);
    if (known !== undefined) {
      if (numberAt(table.start, row) < numberAt(table.start, known.first)) known.first = row;
      if (numberAt(table.end, row) > numberAt(table.end, known.last)) known.last = row;
    } else if (steps.length < WIDEST) {
      const call = outbound && table.attribute(row, STORE) === undefined;
      steps.push({ key, first: row, last: row, call, writes });
    }
  }
  return visits;
}

function relate(table: SpanTable, call: number, step: number): keyof OrderCounts {
  const acknowledged = numberAt(table.end, call);
  if (numberAt(table.start, step) >= acknowledged - ORDER_GRAIN) return 'waited';
  return numberAt(table.end, step) + ORDER_GRAIN <= acknowledged ? 'overtook' : 'early';
}

/** One is above the other. */
function related(table: SpanTable, a: number, b: number): boolean {
  const upper = Math.min(a, b);
  for (let row = Math.max(a, b); row >= upper; row = at(table.parent, row)) if (row === upper) return true;
  return false;
}

const WRITING =
  /\b(insert|update|delete|replace|upsert|merge|commit|put|set|save|persist|write|publish|store|append)\b/i;

/** Whether a span's name speaks of a change; `saveOrder` and `save_order` are words too. */
const saysWrite = (text: string): boolean =>
  WRITING.test(text.replace(/([a-z])([A-Z])/g, '$1 $2').replaceAll('_', ' '));

const STORE = 'db.system.name';
/** What tells a store's operation, the shortest first. */
const TOLD = ['db.operation.name', 'db.query.summary', 'db.query.text'] as const;

/**
 * Tells rows that change data: by their database operation, by being a producer, or by what they call themselves. Made once
 * for a table, it looks for no attribute that none of its spans has, and asks about each name once.
 */
export function writesOf(table: SpanTable): (row: number) => boolean {
  const says = aboutNames(table, saysWrite);
  const told = TOLD.filter((key) => table.carries(key));
  const stores = table.carries(STORE);
  return (row) => {
    const kind = byteAt(table.kind, row);
    if (kind === Kind.producer) return true;
    if (kind === Kind.server || kind === Kind.consumer) return false;
    for (const key of told) {
      const operation = table.attribute(row, key);
      if (operation !== undefined) return WRITING.test(String(operation).slice(0, 40));
    }
    if (kind === Kind.client && (!stores || table.attribute(row, STORE) === undefined)) return false;
    return says(row);
  };
}
