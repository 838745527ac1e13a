import type { SpanTable } from '../model/trace.ts';
import { at, byteAt, numberAt, type TraceId } from '../model/units.ts';
import { criticalTimes, type Times } from '../trace/critical-path.ts';
import { nestedTimes } from '../trace/nested-times.ts';
import { selfTimes } from '../trace/self-time.ts';
import { anchoredOrders } from './anchored-orders.ts';
import { type Blame, findBlame } from './blame.ts';
import { type CallGroups, callGroups } from './call-groups.ts';
import { type CellVisits, cellVisits } from './cell-visits.ts';
import { type Cells, gatherCells } from './cells.ts';
import { type Charges, chargeTime } from './charges.ts';
import { type ConnectionSetup, connectionSetups } from './connections.ts';
import { type Contrast, contrasts } from './contrast.ts';
import type { Sides } from './latency.ts';
import { brokenOrders, type OrderRule } from './order.ts';
import { labelRequests, type Requests } from './requests.ts';
import { certainRise, STRICT_Z } from './statistics.ts';
import { type Comparison, compare, type Groundwork } from './suspicion.ts';
import { toldEvents } from './told-events.ts';
import { type VersionShift, versionShifts } from './versions.ts';
import { type VisitCalls, visitCalls } from './visit-calls.ts';

/** What whoever asks already knows or wants. */
export type Hints = {
  /** The trace that was asked about. */
  readonly focus?: TraceId;
  readonly question?: 'cause' | 'lineage';
  readonly actor?: { readonly key: string; readonly value: string };
  /** Every trace of its time that was kept is in the table, none chosen for how it went. */
  readonly whole?: boolean;
};

/**
 * What the suspects are held against: traces of another time, the good traces of their own window, or nothing at all.
 */
export type Reference = 'baseline' | 'window' | 'none';

/**
 * All shared measurements, made once; detectors only read it. Rows and traces are ordinals of `table`. What only some
 * detectors need is a function, which measures when it is first called.
 */
export type View = {
  readonly table: SpanTable;
  /** With every answer inside its call: for arithmetic, never for what is told. */
  readonly times: Times;
  readonly charges: Charges;
  readonly cells: Cells;
  readonly visits: CellVisits;
  readonly own: { readonly self: Float64Array; readonly felt: Float64Array };
  readonly blame: Blame;
  readonly requests: Requests;
  readonly reference: Reference;
  /** Requests of the incident window, of the baseline; 1 a trace. */
  readonly window: Uint8Array;
  readonly baseline: Uint8Array;
  /** Requests of the window that failed or were slow, and those that were neither. */
  readonly bad: Uint8Array;
  readonly good: Uint8Array;
  /** Whether the window holds more bad requests than the baseline explains. */
  readonly excess: boolean;
  readonly sides: Sides;
  readonly comparison: Comparison;
  readonly orders: readonly OrderRule[];
  readonly versions: readonly VersionShift[];
  readonly contrasts: readonly Contrast[];
  /** The highest score that the baseline reaches against itself: what chance alone can do here. */
  readonly noise: number;
  readonly hints: Hints;
  readonly callGroups: () => CallGroups;
  readonly visitCalls: () => VisitCalls;
  /** Connections opened on either side. */
  readonly connections: () => { readonly now: readonly ConnectionSetup[]; readonly before: readonly ConnectionSetup[] };
};

/** Bad requests are looked at alone when they are fewer than this part of their window, so that the good do not drown them. */
const MINORITY = 0.6;
/** Fewest good requests that can stand for "usual". */
const FEWEST_GOOD = 3;
/** Halves smaller than this say nothing about chance. */
const FEWEST_HALF = 10;
/** Halves larger than this say nothing more: a rate is known to 3 % in them (1.96·√(¼ / 1,000)). */
const MOST_HALF = 1_000;

/** Measures everything once. `labelled` is 1 for a baseline trace, one entry a trace. */
export function buildView(table: SpanTable, labelled: Uint8Array, hints: Hints): View {
  const charges = chargeTime(table);
  const times = nestedTimes(table);
  const own = { self: selfTimes(table, times), felt: criticalTimes(table, times) };
  const cells = gatherCells(table, charges, own);
  const blame = findBlame(table, charges);
  const requests = labelRequests(table, labelled);
  const asked = (trace: number) => hints.focus !== undefined && table.traceIds[trace] === hints.focus;
  const counts = (trace: number) => byteAt(requests.real, trace) === 1 || asked(trace);
  const pick = (test: (trace: number) => boolean) =>
    Uint8Array.from({ length: table.traces }, (_, trace) => (counts(trace) && test(trace) ? 1 : 0));
  const window = pick((trace) => labelled[trace] !== 1);
  const baseline = pick((trace) => labelled[trace] === 1);
  const wentBadly = (trace: number) => requests.failed[trace] === 1 || requests.slow[trace] === 1;
  const bad = pick((trace) => window[trace] === 1 && (wentBadly(trace) || asked(trace)));
  const good = pick((trace) => window[trace] === 1 && bad[trace] !== 1);
  const usual = pick((trace) => baseline[trace] === 1 && wentBadly(trace));
  const rates = { now: { with: sum(bad), of: sum(window) }, before: { with: sum(usual), of: sum(baseline) } };
  const excess = certainRise(rates.now, rates.before, STRICT_Z) > 0;

  // Only good requests of the same routes show what is usual, and not those in which something failed all the same.
  const hit = new Set(table.traceIds.flatMap((_, trace) => (bad[trace] === 1 ? [at(requests.route, trace)] : [])));
  const clean = pick(
    (trace) => good[trace] === 1 && hit.has(at(requests.route, trace)) && !holdsFailure(table, blame, trace),
  );
  // Whoever asks about one trace and marks none as healthy says nothing of the others, so they only show what is typical.
  const lone = sum(baseline) === 0 && window.some((member, trace) => member === 1 && asked(trace));
  const reference: Reference =
    sum(baseline) > 0 ? 'baseline' : !lone && sum(bad) > 0 && sum(clean) >= FEWEST_GOOD ? 'window' : 'none';
  const few = excess && rates.now.with >= FEWEST_GOOD && rates.now.with < MINORITY * rates.now.of;
  const sides: Sides = {
    suspect: lone ? pick(asked) : reference === 'window' || (reference === 'baseline' && few) ? bad : window,
    reference: reference === 'baseline' ? baseline : reference === 'window' ? clean : new Uint8Array(table.traces),
  };
  const visits = cellVisits(table, cells);
  const told = toldEvents(table);
  const ground: Groundwork = { table, times, charges, cells, visits, blame, told, failed: requests.failed };
  return {
    table,
    times,
    charges,
    cells,
    visits,
    own,
    blame,
    requests,
    reference,
    window,
    baseline,
    bad,
    good,
    excess,
    sides,
    comparison: compare(ground, sides, lone ? pick((trace) => !asked(trace)) : sides.reference),
    orders: reference === 'baseline' ? ordersOf(ground, { suspect: window, reference: baseline }) : [],
    versions: versionShifts(table, charges, cells, window, baseline),
    contrasts: contrasts(table, charges, requests.route, bad, good),
    noise: reference === 'baseline' ? noiseOf(ground, baseline) : 0,
    hints,
    callGroups: once(() => callGroups(table, charges)),
    visitCalls: once(() => visitCalls(table, charges)),
    connections: once(() => ({
      now: connectionSetups(table, charges, sides.suspect),
      before: connectionSetups(table, charges, sides.reference),
    })),
  };
}

/** A measurement that is made when it is first asked for, and then kept. */
function once<T>(measure: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: measure() };
    return made.value;
  };
}

/** Broken orders inside visits, then between services. */
function ordersOf({ table, charges, cells }: Groundwork, sides: Sides): readonly OrderRule[] {
  return [...brokenOrders(table, charges, cells, sides), ...anchoredOrders(table, charges, cells, sides)];
}

function holdsFailure(table: SpanTable, blame: Blame, trace: number): boolean {
  return blame.origin.subarray(at(table.first, trace), at(table.first, trace + 1)).includes(1);
}

/** The baseline against itself, cut by time and cut by turns: the higher of the two top scores. */
function noiseOf(ground: Groundwork, baseline: Uint8Array): number {
  const members: number[] = [];
  baseline.forEach((member, trace) => {
    if (member === 1) members.push(trace);
  });
  if (members.length < 2 * FEWEST_HALF) return 0;
  const start = (trace: number) => numberAt(ground.table.start, at(ground.table.first, trace));
  members.sort((a, b) => start(a) - start(b) || a - b);
  const every = Math.ceil(members.length / (2 * MOST_HALF));
  const chosen = members.filter((_, i) => i % every === 0);
  let noise = 0;
  for (const isLater of [(i: number) => i >= chosen.length / 2, (i: number) => i % 2 === 1]) {
    const suspect = new Uint8Array(baseline.length);
    const reference = new Uint8Array(baseline.length);
    chosen.forEach((trace, i) => {
      (isLater(i) ? suspect : reference)[trace] = 1;
    });
    noise = Math.max(noise, compare(ground, { suspect, reference }).ranking[0]?.score ?? 0);
  }
  return noise;
}

export function sum(flags: Uint8Array): number {
  let total = 0;
  for (const flag of flags) total += flag;
  return total;
}
