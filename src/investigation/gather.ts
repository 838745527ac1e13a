import type { Alert } from '../model/alert.ts';
import type { Gathering, Investigation, Scope } from '../model/investigation.ts';
import type { SpanTable } from '../model/trace.ts';
import { at, type EpochMicros, MINUTE, SECOND, type TraceId } from '../model/units.ts';
import type { Clock } from '../ports/clock.ts';
import type { TraceBackend, TraceHit } from '../ports/trace-backend.ts';
import { TableBuilder } from '../trace/build.ts';
import { findOnset } from './onset.ts';
import { servicesNamedBy } from './scope.ts';

/** Enough for the statistics of every detector, little enough to read in a second. */
const PER_SLICE = 80;
const PER_KIND = 60;
const SPAN_LIMIT = 200_000;
/** Slices of time before the alert, doubling: an onset may lie seconds back or an hour. */
const FIRST_SLICE = 2 * SECOND;
const LOOK_BACK = 64 * MINUTE;
const SUSPECT_WINDOW = 10 * MINUTE;
/** An incident counts as known for this long after its alert when nobody saw its end, and this long after an end that was seen. */
const UNSEEN_END = 30 * SECOND;
const SEEN_END = 2 * SECOND;

/** Suspect and baseline traces in one table, so that call paths compare. */
export type Gathered = {
  readonly gathering: Gathering;
  readonly table: SpanTable;
  /** By trace ordinal: 1 for a baseline trace. */
  readonly baseline: Uint8Array;
  readonly focus?: TraceId;
};

export type Progress = (found: { readonly traces: number }) => Promise<void>;

type Window = { readonly from: EpochMicros; readonly to: EpochMicros };

/**
 * Finds the traces of an alert without being given an id: plain samples in slices that double backwards from the alert,
 * errors and the slowest close to it, and all that the alert itself names. What began before the onset is the baseline.
 *
 * ```
 *   …│←  8 s →│←  4 s →│←2 s→│←2 s→│ alert │ now
 *     ≤ 80      ≤ 80     ≤ 80  ≤ 80    ≤ 80      traces a slice, known incidents left out
 * ```
 */
export async function gatherForAlert(
  parts: { readonly backend: TraceBackend; readonly clock: Clock },
  alert: Alert,
  options: {
    readonly services?: readonly string[] | undefined;
    readonly known: readonly Investigation[];
    readonly progress: Progress;
    readonly signal: AbortSignal;
  },
): Promise<Gathered> {
  const { backend } = parts;
  const { signal } = options;
  const now = parts.clock.now();
  const alertAt = Math.min(alert.startedAt, now);
  const notes: string[] = [];
  const services = options.services ?? servicesNamedBy(alert, await backend.services(alertAt - LOOK_BACK, now, signal));
  if (services.length === 0)
    notes.push(`No service is called like the alert's ${alert.service ?? 'title'}, so all were read`);

  const hits = new Map<TraceId, TraceHit>();
  for (const service of services.length === 0 ? [undefined] : services) {
    const scope = service === undefined ? {} : { service };
    const searches = [
      ...slices(alertAt, now).map((slice) => ({ ...scope, ...slice, order: 'latest' as const, limit: PER_SLICE })),
      { ...scope, from: alertAt - SUSPECT_WINDOW, to: now, errors: true, order: 'latest' as const, limit: PER_KIND },
      { ...scope, from: alertAt - SUSPECT_WINDOW, to: now, order: 'slowest' as const, limit: PER_KIND },
    ];
    for (const search of searches) for (const hit of await backend.search(search, signal)) hits.set(hit.traceId, hit);
  }
  const excluded = knownIncidents(options.known, alert);
  const kept = [...hits.values()].filter(
    (hit) => !excluded.some((window) => hit.start >= window.from && hit.start < window.to),
  );
  if (kept.length < hits.size) notes.push(`Traces of earlier incidents were left out`);
  await options.progress({ traces: kept.length });

  const ids = [...new Set([...alert.traceIds, ...kept.map((hit) => hit.traceId)])].toSorted();
  const table = await readTable(backend, ids, notes, signal);
  const onset = findOnset(table, alertAt);
  const split = onset?.at ?? alertAt - 5 * MINUTE;
  if (onset === undefined) notes.push('No moment stands out at which it began');
  const named = new Set(alert.traceIds);
  const baseline = Uint8Array.from({ length: table.traces }, (_, ordinal) => {
    const startedAt = table.epoch + at(table.start, at(table.first, ordinal));
    return startedAt < split && !named.has(table.traceIds[ordinal] ?? '') ? 1 : 0;
  });
  const scope: Scope = { services, from: split, to: now, traceIds: alert.traceIds };
  return { gathering: summary(backend, scope, table, baseline, notes), table, baseline };
}

/** One trace that somebody named, with healthy company of the same service from the half hour around it. */
export async function gatherForTrace(
  parts: { readonly backend: TraceBackend; readonly clock: Clock },
  traceId: TraceId,
  options: { readonly progress: Progress; readonly signal: AbortSignal },
): Promise<Gathered | undefined> {
  const { backend } = parts;
  const notes: string[] = [];
  const alone = await readTable(backend, [traceId], notes, options.signal);
  if (alone.traces === 0) return undefined;
  const root = at(alone.first, 0);
  const startedAt = alone.epoch + at(alone.start, root);
  const service = alone.text(at(alone.service, root));
  const around = { service, from: startedAt - 30 * MINUTE, to: startedAt + 5 * MINUTE };
  const hits = await backend.search({ ...around, order: 'latest', limit: 2 * PER_SLICE }, options.signal);
  await options.progress({ traces: hits.length });
  const ids = [...new Set([traceId, ...hits.filter((hit) => !hit.error).map((hit) => hit.traceId)])].toSorted();
  const table = await readTable(backend, ids, notes, options.signal);
  const baseline = Uint8Array.from({ length: table.traces }, (_, ordinal) =>
    table.traceIds[ordinal] === traceId ? 0 : 1,
  );
  const scope: Scope = { services: [service], from: around.from, to: around.to, traceIds: [traceId] };
  return { gathering: summary(backend, scope, table, baseline, notes), table, baseline, focus: traceId };
}

function slices(alertAt: EpochMicros, now: EpochMicros): readonly Window[] {
  const found: Window[] = now > alertAt ? [{ from: alertAt, to: now }] : [];
  let to = alertAt;
  for (let width = FIRST_SLICE; alertAt - to < LOOK_BACK; width = alertAt - to) {
    found.push({ from: to - width, to });
    to -= width;
  }
  return found;
}

/** Windows in which other investigations say that something was wrong. */
function knownIncidents(known: readonly Investigation[], alert: Alert): readonly Window[] {
  const windows: Window[] = [];
  for (const other of known) {
    if (other.status !== 'answered' || other.trigger.kind !== 'alert') continue;
    if (other.trigger.alert.source === alert.source && other.trigger.alert.id === alert.id) continue;
    const { impact } = other.analysis;
    const begun = other.trigger.alert.startedAt;
    const from = Math.min(impact.since ?? begun, other.gathering.scope.from, begun) - SECOND;
    const to = impact.lastSeen === undefined ? begun + UNSEEN_END : Math.max(impact.lastSeen, begun) + SEEN_END;
    windows.push({ from: Math.max(from, begun - SUSPECT_WINDOW), to: Math.min(to, alert.startedAt - 2 * SECOND) });
  }
  return windows;
}

async function readTable(
  backend: TraceBackend,
  ids: readonly TraceId[],
  notes: string[],
  signal: AbortSignal,
): Promise<SpanTable> {
  const builder = new TableBuilder();
  let spans = 0;
  for await (const batch of backend.fetch(ids, signal)) {
    spans += batch.length;
    if (spans > SPAN_LIMIT) {
      notes.push(`Reading stopped at ${SPAN_LIMIT} spans`);
      break;
    }
    builder.add(batch);
  }
  return builder.finish();
}

function summary(
  backend: TraceBackend,
  scope: Scope,
  table: SpanTable,
  baseline: Uint8Array,
  notes: readonly string[],
): Gathering {
  const healthy = baseline.reduce((sum, flag) => sum + flag, 0);
  return {
    backend: backend.title,
    scope,
    suspects: table.traces - healthy,
    baseline: healthy,
    spans: table.size,
    notes,
  };
}
