import { Flag, Kind, type SpanTable } from '../model/trace.ts';
import { at, byteAt, numberAt } from '../model/units.ts';
import { median, quantile, sorted } from './statistics.ts';

/** What each trace is as a request: its entry span, its route, and whether it went badly. */
export type Requests = {
  /** Entry row of each trace: its longest root, a server's or consumer's before any other. */
  readonly entry: Int32Array;
  /** Number of the entry's service and operation; the same for requests that may be compared with each other. */
  readonly route: Int32Array;
  /** 1 for a trace that is a request; a lone background span (a pooled connection being opened) is none. */
  readonly real: Uint8Array;
  /** 1 when the entry failed. */
  readonly failed: Uint8Array;
  /** 1 when the entry took longer than its route ever reasonably does. */
  readonly slow: Uint8Array;
};

/** A request is slow by at least this much before anybody calls it slow, µs and as a share of its usual time. */
const FLOOR = 5_000;
const FLOOR_SHARE = 0.1;

/** Traces in which .NET opens a connection for whichever requests come: parts of requests, and none themselves. */
const CONNECTING = /^HTTP connection_setup\b/;

/** Finds the entries and labels them against `baseline` (1 a trace), or against their own window where it holds nothing. */
export function labelRequests(table: SpanTable, baseline: Uint8Array): Requests {
  const { traces } = table;
  const entry = new Int32Array(traces);
  const route = new Int32Array(traces);
  const real = new Uint8Array(traces);
  const failed = new Uint8Array(traces);
  const slow = new Uint8Array(traces);
  const routes = new Map<string, number>();
  for (let trace = 0; trace < traces; trace++) {
    const row = entryOf(table, trace);
    entry[trace] = row;
    const key = `${at(table.service, row)} ${at(table.operation, row)}`;
    const number = routes.get(key) ?? routes.size;
    routes.set(key, number);
    route[trace] = number;
    const alone = at(table.first, trace + 1) - at(table.first, trace) === 1;
    const kind = byteAt(table.kind, row);
    const lost = alone && (kind === Kind.internal || (byteAt(table.flags, row) & Flag.orphan) !== 0);
    real[trace] = lost || CONNECTING.test(table.name(row)) ? 0 : 1;
    failed[trace] = (byteAt(table.flags, row) & Flag.error) === 0 ? 0 : 1;
  }
  for (let number = 0; number < routes.size; number++) {
    const members: number[] = [];
    for (let trace = 0; trace < traces; trace++)
      if (at(route, trace) === number && real[trace] === 1) members.push(trace);
    const before = members.filter((trace) => baseline[trace] === 1);
    const alone = before.length < 8;
    const sample = sorted((alone ? members : before).map((trace) => durationOf(table, at(entry, trace))));
    const limit = Math.min(slowLimit(sample), alone ? gapLimit(sample) : Number.POSITIVE_INFINITY);
    for (const trace of members) slow[trace] = durationOf(table, at(entry, trace)) > limit ? 1 : 0;
  }
  return { entry, route, real, failed, slow };
}

export const durationOf = (table: SpanTable, row: number): number =>
  numberAt(table.end, row) - numberAt(table.start, row);

function entryOf(table: SpanTable, trace: number): number {
  let best = at(table.first, trace);
  for (let row = best; row < at(table.first, trace + 1); row++) {
    if (at(table.parent, row) >= 0) continue;
    const rank = entryRank(table, row) - entryRank(table, best);
    if (rank > 0 || (rank === 0 && durationOf(table, row) > durationOf(table, best))) best = row;
  }
  return best;
}

/** A true root before an orphan, a server or consumer before any other kind. */
function entryRank(table: SpanTable, row: number): number {
  const kind = byteAt(table.kind, row);
  const root = (byteAt(table.flags, row) & Flag.orphan) === 0 ? 2 : 0;
  return root + (kind === Kind.server || kind === Kind.consumer ? 1 : 0);
}

const logarithms = (sample: Float64Array): Float64Array => sample.map((value) => Math.log(value + 100));

/**
 * From which duration a request counts as slow: beyond 3.5 robust deviations of the logarithm (Iglewicz and Hoaglin 1993)
 * and beyond the 95th percentile.
 */
function slowLimit(sample: Float64Array): number {
  if (sample.length < 4) return Number.POSITIVE_INFINITY;
  const logs = logarithms(sample);
  const middle = median(logs);
  const spread = median(sorted(logs.map((value) => Math.abs(value - middle))));
  const robust = Math.exp(middle + 3.5 * (1.4826 * spread + 0.05)) - 100;
  const usual = median(sample);
  return Math.max(robust, quantile(sample, 0.95), usual + Math.max(FLOOR, FLOOR_SHARE * usual));
}

/**
 * For a window without a baseline: the cut that best separates a fast and a slow group (Otsu's criterion on logarithms), when the two are clearly apart: the
 * slow at least 1.5 times the fast, a gap wider than twice either side's spread, and each at least a twentieth of the whole.
 */
function gapLimit(sample: Float64Array): number {
  const logs = logarithms(sample);
  const n = logs.length;
  const total = logs.reduce((sum, value) => sum + value, 0);
  let best = 0;
  let cut = 0;
  let below = 0;
  for (let i = 1; i < n; i++) {
    below += numberAt(logs, i - 1);
    const between = i * (n - i) * (below / i - (total - below) / (n - i)) ** 2;
    if (between > best) {
      best = between;
      cut = i;
    }
  }
  if (cut < n / 20 || n - cut < n / 20 || cut === 0) return Number.POSITIVE_INFINITY;
  const fast = logs.subarray(0, cut);
  const late = logs.subarray(cut);
  const spread = (side: Float64Array) => median(sorted(side.map((value) => Math.abs(value - median(side)))));
  const apart = median(late) - median(fast);
  const gap = numberAt(logs, cut) - numberAt(logs, cut - 1);
  const clear = apart > Math.log(1.5) && apart > 4 * Math.max(spread(fast), spread(late)) && gap > spread(fast);
  const midway = (numberAt(sample, cut - 1) + numberAt(sample, cut)) / 2;
  return clear && midway - median(sample.subarray(0, cut)) > FLOOR ? midway : Number.POSITIVE_INFINITY;
}
