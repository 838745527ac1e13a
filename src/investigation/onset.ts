import type { SpanTable } from '../model/trace.ts';
import { at, byteAt, type EpochMicros, MINUTE, numberAt, SECOND, type TraceId } from '../model/units.ts';
import { durationOf, labelRequests } from '../population/requests.ts';
import type { Onset } from '../ports/analyst.ts';
import { type Occurrence, slowerFrom, worseFrom } from './change-point.ts';

/** A deploy this long before the harm may be behind it (reference section 10). */
const DEPLOY_WINDOW = 15 * MINUTE;
/** Healthy traces that make a baseline by themselves. */
export const ENOUGH = 20;
/** With fewer traces than this since the trouble began there is hardly anything to look at. */
export const FEWEST_SUSPECTS = 5;
/** Alerts come with whole seconds, and from another clock than the traces. */
export const ALERT_PRECISION = 2 * SECOND;
/** Where the baseline ends when no moment stands out: as far before the alert as there are enough traces. */
const FALLBACKS = [5 * MINUTE, 2 * MINUTE, MINUTE, 30 * SECOND, 10 * SECOND, 0] as const;

/** Where the baseline ends, and the onset if one was seen there. */
export type Split = { readonly at: EpochMicros; readonly onset?: Onset };

/**
 * Finds the moment before which the traces are a baseline: when requests began to go badly, or when a new `service.version`
 * first answered shortly before that; where nobody was harmed, the deploy, or when everybody became a little slower. Where
 * none of it is seen nothing is made up, and the baseline ends some minutes before the alert, or less where only the last
 * minutes are known.
 *
 * `picked` are traces that were looked for because they failed or were slow: they cluster where they were looked for, so
 * they say nothing about when it began.
 */
export function splitAtOnset(table: SpanTable, alertAt: EpochMicros, picked: ReadonlySet<TraceId> = new Set()): Split {
  const onset = findOnset(table, alertAt, picked);
  if (onset !== undefined) return { at: onset.at, onset };
  const starts = requestsOf(table, picked).map(({ start }) => start);
  return { at: table.epoch + splitWithoutOnset(starts, alertAt - table.epoch) };
}

/**
 * The same within a time that somebody names: what began before `from` is baseline, and so is what began in it before the
 * moment that stands out. Trouble that had begun earlier and still goes on in that time leaves its beginning to the suspects;
 * what was over by then belongs to another incident and moves nothing.
 *
 * ```
 *   ·····│·····××××××      from …│·××××××│××××××××      from …│·×××·····│·····××××
 *      from    ↑ onset           ↑ onset from               past   from    ↑ onset
 * ```
 */
export function splitWithin(
  table: SpanTable,
  from: EpochMicros,
  to: EpochMicros,
  picked: ReadonlySet<TraceId> = new Set(),
): Split {
  const onset = findOnset(table, to, picked);
  if (onset === undefined) return { at: from };
  if (onset.at >= from) return { at: onset.at, onset };
  const requests = requestsOf(table, picked).map(({ start, ordinal }) => ({ start: table.epoch + start, ordinal }));
  const between = requests.filter(({ start }) => start >= onset.at && start < from);
  const leftOut = new Set([...picked, ...between.map(({ ordinal }) => table.traceIds[ordinal] ?? '')]);
  const later = findOnset(table, to, leftOut);
  if (later === undefined || later.at < from) return { at: from };
  const calm = requests.filter(({ start }) => start >= from && start < later.at).length;
  const goesOn = calm < FEWEST_SUSPECTS;
  return goesOn ? { at: onset.at, onset } : { at: later.at, onset: later };
}

/**
 * The end of a baseline that nothing marks: minutes before the alert, or less where only the last minutes are known, so that
 * there is something on either side; failing that, all but the latest quarter. `starts` ascend.
 */
export function splitWithoutOnset(starts: readonly number[], alertAt: number): number {
  for (const back of FALLBACKS) {
    const before = starts.filter((start) => start < alertAt - back).length;
    if (before >= ENOUGH && starts.length - before >= FEWEST_SUSPECTS) return alertAt - back;
  }
  const latest = Math.max(FEWEST_SUSPECTS, Math.ceil(starts.length / 4));
  return starts.length >= ENOUGH ? (starts[starts.length - latest] ?? alertAt) : alertAt - FALLBACKS[0];
}

/** When the trouble began; undefined where no moment stands out. */
export function findOnset(
  table: SpanTable,
  alertAt: EpochMicros,
  picked: ReadonlySet<TraceId> = new Set(),
): Onset | undefined {
  const requests = requestsOf(table, picked);
  const until = alertAt - table.epoch + ALERT_PRECISION;
  const byHarm = worseFrom(requests, until);
  const byDeploy = newestVersion(table, requests, until);
  if (byHarm === undefined) {
    if (byDeploy !== undefined) return { at: table.epoch + byDeploy, by: 'deploy' };
    const bySlowness = slowerFrom(requests, until);
    return bySlowness === undefined ? undefined : { at: table.epoch + bySlowness, by: 'errors or slowness' };
  }
  // What a deploy breaks need not show at once: requests between the two are no baseline, if enough came before.
  const sinceDeploy = byDeploy !== undefined && byDeploy < byHarm && byHarm - byDeploy < DEPLOY_WINDOW;
  if (sinceDeploy && requests.filter(({ start }) => start < byDeploy).length >= ENOUGH)
    return { at: table.epoch + byDeploy, by: 'deploy' };
  return { at: table.epoch + byHarm, by: 'errors or slowness' };
}

type Request = Occurrence & { readonly ordinal: number };

/** The real requests among the traces that were not picked, by their start; times count from the table's epoch. */
function requestsOf(table: SpanTable, picked: ReadonlySet<TraceId>): readonly Request[] {
  const { entry, route, real, failed } = labelRequests(table, new Uint8Array(table.traces));
  const requests: Request[] = [];
  for (let ordinal = 0; ordinal < table.traces; ordinal += 1) {
    if (byteAt(real, ordinal) !== 1 || picked.has(table.traceIds[ordinal] ?? '')) continue;
    requests.push({
      // Of the trace and not of its entry: this is what a split is held against.
      start: numberAt(table.start, at(table.first, ordinal)),
      duration: durationOf(table, at(entry, ordinal)),
      failed: byteAt(failed, ordinal) === 1,
      route: at(route, ordinal),
      ordinal,
    });
  }
  return requests.toSorted((a, b) => a.start - b.start || a.ordinal - b.ordinal);
}

type Seen = { first: number; last: number };

/**
 * When the latest version to appear was first seen, if other versions of the same service had answered before and it still
 * answers: one that came and went again belongs to the past.
 */
function newestVersion(table: SpanTable, requests: readonly Request[], until: number): number | undefined {
  let latest: number | undefined;
  for (const versions of versionsByService(table, requests).values()) {
    if (versions.size < 2) continue;
    const newest = [...versions.values()].reduce((a, b) => (a.first > b.first ? a : b));
    const after = requests.filter(({ start }) => start >= newest.first);
    const middle = after[Math.floor(after.length / 2)]?.start ?? newest.first;
    const answers = newest.last >= middle;
    if (answers && newest.first <= until && (latest === undefined || newest.first > latest)) latest = newest.first;
  }
  return latest;
}

function versionsByService(
  table: SpanTable,
  requests: readonly Request[],
): ReadonlyMap<string, ReadonlyMap<string, Seen>> {
  const services = new Map<string, Map<string, Seen>>();
  for (const request of requests) {
    for (let row = at(table.first, request.ordinal); row < at(table.first, request.ordinal + 1); row += 1) {
      const version = table.resource(row, 'service.version');
      if (version === undefined) continue;
      const service = table.text(at(table.service, row));
      const versions = services.get(service) ?? new Map<string, Seen>();
      services.set(service, versions);
      const seen = versions.get(String(version));
      // The start of the request, so that the whole of it stands on one side.
      if (seen === undefined) versions.set(String(version), { first: request.start, last: request.start });
      else {
        seen.first = Math.min(seen.first, request.start);
        seen.last = Math.max(seen.last, request.start);
      }
    }
  }
  return services;
}
