import { Failure } from '../failure.ts';
import type { Gathering, Scope } from '../model/investigation.ts';
import type { SpanTable } from '../model/trace.ts';
import { at, type EpochMicros, MINUTE, type TraceId } from '../model/units.ts';
import type { TraceBackend, TraceQuery } from '../ports/trace-backend.ts';
import { TableBuilder } from '../trace/build.ts';
import type { FromFiles } from './from-files.ts';
import { nearestNames } from './nearest-names.ts';
import { Notes } from './notes.ts';
import { findOnset } from './onset.ts';

/** What a person at a command line asks a live backend about. */
export type LiveQuestion =
  | { readonly by: 'trace'; readonly traceId: TraceId }
  | {
      readonly by: 'window';
      readonly service: string;
      readonly operation?: string;
      readonly from: EpochMicros;
      readonly to: EpochMicros;
    };

/** How far the work has come; `of` is known before the first step of a stage. */
export type Step = { readonly stage: 'searching' | 'reading'; readonly done: number; readonly of: number };

export type FromBackend = FromFiles & { readonly gathering: Gathering; readonly focus?: TraceId };

type Parts = {
  readonly backend: TraceBackend;
  readonly progress: (step: Step) => void;
  readonly signal: AbortSignal;
};

/** Slices of the window, so that a busy minute does not stand for all of it. */
const SLICES = 6;
const PER_SLICE = 40;
const PER_KIND = 60;
const BASELINE_SLICES = 4;
/** A window of seconds still wants minutes to be held against. */
const SHORTEST_BASELINE = 10 * MINUTE;
const LONGEST_BASELINE = 24 * 60 * MINUTE;
/** Traces are asked for so many at a time, which is how the reading can be watched. */
const AT_ONCE = 25;
const SPAN_LIMIT = 400_000;

/**
 * Reads what a person named from a live backend: one trace with healthy company of its route, or the traces of a service
 * in a window with what went before as their baseline.
 *
 * ```
 *   …│←─ baseline, 4 slices that double ─→│ from ── 6 slices, errors, the slowest ── to │
 * ```
 *
 * Where a moment inside the window stands out at which the trouble began, what began before it is baseline as well.
 * Throws a `Failure` of kind `not-found` that names the nearest services, when nobody is called so.
 */
export function readBackend(parts: Parts, question: LiveQuestion): Promise<FromBackend> {
  return question.by === 'trace' ? readTrace(parts, question.traceId) : readWindow(parts, question);
}

async function readTrace(parts: Parts, traceId: TraceId): Promise<FromBackend> {
  const { backend, signal, progress } = parts;
  const notes = new Notes();
  progress({ stage: 'searching', done: 0, of: 2 });
  const alone = await tableOf(backend, [traceId], notes, signal);
  if (alone.traces === 0)
    throw new Failure(
      'not-found',
      `Trace ${traceId} is not in ${backend.title}.`,
      'Check the id, or ask again in a minute: spans may still be on their way, and old traces are dropped.',
    );
  progress({ stage: 'searching', done: 1, of: 2 });
  const root = at(alone.first, 0);
  const startedAt = alone.epoch + at(alone.start, root);
  const around = {
    service: alone.text(at(alone.service, root)),
    from: startedAt - 30 * MINUTE,
    to: startedAt + 5 * MINUTE,
  };
  const hits = await backend.search({ ...around, order: 'latest', limit: 4 * PER_SLICE }, signal, notes.missing);
  progress({ stage: 'searching', done: 2, of: 2 });
  const healthy = hits.filter((hit) => !hit.error).map((hit) => hit.traceId);
  const table = await readAll(parts, new Set([traceId, ...healthy]), notes);
  const baseline = Uint8Array.from(table.traceIds, (id) => (id === traceId ? 0 : 1));
  const scope: Scope = { services: [around.service], from: around.from, to: around.to, traceIds: [traceId] };
  return { ...gathered(backend, scope, table, baseline, notes), focus: traceId };
}

async function readWindow(parts: Parts, question: LiveQuestion & { by: 'window' }): Promise<FromBackend> {
  const { backend, signal, progress } = parts;
  const { service, operation, from, to } = question;
  const notes = new Notes();
  const searches = searchesFor(question);
  progress({ stage: 'searching', done: 0, of: searches.length + 1 });
  await mustKnow(backend, service, { from: from - SHORTEST_BASELINE, to }, notes, signal);
  const found = new Set<TraceId>();
  let inside = 0;
  for (const [index, query] of searches.entries()) {
    progress({ stage: 'searching', done: index + 1, of: searches.length + 1 });
    const hits = await backend.search(query, signal, notes.missing);
    for (const hit of hits) found.add(hit.traceId);
    if (query.from >= from) inside += hits.length;
  }
  progress({ stage: 'searching', done: searches.length + 1, of: searches.length + 1 });
  if (inside === 0)
    throw new Failure(
      'not-found',
      `${service} has no traces${operation === undefined ? '' : ` of ${operation}`} between ${iso(from)} and ${iso(to)} in ${backend.title}.`,
      'Take a longer time with --from and --to, or look whether its spans arrive.',
    );
  const table = await readAll(parts, found, notes);
  const onset = findOnset(table, to);
  const split = onset !== undefined && onset.at > from ? onset.at : from;
  const baseline = Uint8Array.from(table.traceIds, (_, ordinal) =>
    table.epoch + at(table.start, at(table.first, ordinal)) < split ? 1 : 0,
  );
  const scope: Scope = {
    services: [service],
    ...(operation === undefined ? {} : { operation }),
    from: split,
    to,
    traceIds: [],
  };
  return gathered(backend, scope, table, baseline, notes);
}

function searchesFor({
  service,
  operation,
  from,
  to,
}: LiveQuestion & { by: 'window' }): readonly [TraceQuery, ...TraceQuery[]] {
  const about = { service, ...(operation === undefined ? {} : { operation }) };
  const width = Math.max(1, Math.ceil((to - from) / SLICES));
  const inside = Array.from({ length: SLICES }, (_, slice) => ({
    ...about,
    from: from + slice * width,
    to: Math.min(to, from + (slice + 1) * width),
    order: 'latest' as const,
    limit: PER_SLICE,
  }));
  const reach = Math.min(LONGEST_BASELINE, Math.max(SHORTEST_BASELINE, 2 * (to - from)));
  const before = Array.from({ length: BASELINE_SLICES }, (_, slice) => ({
    ...about,
    from: Math.floor(from - reach / 2 ** (BASELINE_SLICES - 1 - slice)),
    to: Math.ceil(slice === 0 ? from : from - reach / 2 ** (BASELINE_SLICES - slice)) - 1,
    order: 'latest' as const,
    limit: PER_KIND,
  }));
  return [
    { ...about, from, to, errors: true, order: 'latest', limit: PER_KIND },
    { ...about, from, to, order: 'slowest', limit: PER_KIND },
    ...inside,
    ...before,
  ];
}

/** A service that nobody is called like is a slip of the finger, which no search would tell. */
async function mustKnow(
  backend: TraceBackend,
  service: string,
  window: { readonly from: EpochMicros; readonly to: EpochMicros },
  notes: Notes,
  signal: AbortSignal,
): Promise<void> {
  const known = await backend.services(window.from, window.to, signal, notes.missing);
  if (known.includes(service) || known.includes(service.toLowerCase())) return;
  const near = nearestNames(service, known);
  throw new Failure(
    'not-found',
    `No service is called ${service} in ${backend.title}.`,
    near.length > 0
      ? `Did you mean ${near.join(', ')}?`
      : known.length === 0
        ? 'It has seen no services in this time: look whether spans arrive, or take a longer time with --from.'
        : `It knows ${known.slice(0, 10).join(', ')}${known.length > 10 ? ` and ${known.length - 10} more` : ''}.`,
  );
}

async function readAll(
  { backend, progress, signal }: Parts,
  wanted: ReadonlySet<TraceId>,
  notes: Notes,
): Promise<SpanTable> {
  const ids = [...wanted].toSorted();
  const builder = new TableBuilder();
  let spans = 0;
  for (let from = 0; from < ids.length && spans <= SPAN_LIMIT; from += AT_ONCE) {
    progress({ stage: 'reading', done: from, of: ids.length });
    for await (const batch of backend.fetch(ids.slice(from, from + AT_ONCE), signal, notes.missing)) {
      builder.add(batch);
      spans += batch.length;
      if (spans > SPAN_LIMIT) break;
    }
  }
  if (spans > SPAN_LIMIT) notes.limit(`Reading stopped at ${SPAN_LIMIT} spans`);
  progress({ stage: 'reading', done: ids.length, of: ids.length });
  return builder.finish();
}

async function tableOf(
  backend: TraceBackend,
  ids: readonly TraceId[],
  notes: Notes,
  signal: AbortSignal,
): Promise<SpanTable> {
  const builder = new TableBuilder();
  for await (const batch of backend.fetch(ids, signal, notes.missing)) builder.add(batch);
  return builder.finish();
}

function gathered(
  backend: TraceBackend,
  scope: Scope,
  table: SpanTable,
  baseline: Uint8Array,
  notes: Notes,
): FromBackend {
  const healthy = baseline.reduce((sum, flag) => sum + flag, 0);
  return {
    table,
    baseline,
    gathering: {
      backend: backend.title,
      scope,
      suspects: table.traces - healthy,
      baseline: healthy,
      spans: table.size,
      notes: notes.all,
    },
  };
}

function iso(micros: EpochMicros): string {
  return new Date(micros / 1_000).toISOString();
}
