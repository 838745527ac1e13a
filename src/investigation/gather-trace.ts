import { Failure } from '../failure.ts';
import type { Scope } from '../model/investigation.ts';
import type { SpanRecord } from '../model/span.ts';
import { type EpochMicros, MINUTE, type TraceId } from '../model/units.ts';
import type { TraceQuery } from '../ports/trace-backend.ts';
import { evenly } from './gather-choose.ts';
import { readInto } from './gather-read.ts';
import { ask, type Found, startReading } from './gather-search.ts';
import { type Gathered, type GatherParts, gathering, type Progress } from './gathered.ts';
import { ENOUGH } from './onset.ts';

/** Company that is read; more would not tell more about one trace. */
const COMPANY = 100;
const FOUND = 160;
const BEFORE = 30 * MINUTE;
const AFTER = 5 * MINUTE;
const DAY = 24 * 60 * MINUTE;

/**
 * One trace that somebody named, with healthy company to hold it against: requests for the same from around it, and where
 * there are too few, others of the same service, then those of the whole day. Throws a `Failure` of kind `not-found` when the
 * backend does not have it.
 */
export async function gatherForTrace(
  parts: GatherParts,
  traceId: TraceId,
  options: { readonly progress: Progress; readonly signal: AbortSignal },
): Promise<Gathered> {
  const { backend, clock } = parts;
  const { signal } = options;
  const reading = startReading(parts, signal);
  const { allowance, notes } = reading;
  const entry = await entryOf(backend.fetch([traceId], signal, notes.missing));
  if (entry === undefined)
    throw new Failure(
      'not-found',
      `Trace ${traceId} is not in ${backend.title}.`,
      'Check the id, or ask again in a minute: spans may still be on their way, and old traces are dropped.',
    );

  const { service, operation, start } = entry;
  const around = { service, from: start - BEFORE, to: start + AFTER };
  const steps: readonly { readonly query: Pick<TraceQuery, 'service' | 'operation' | 'from' | 'to'>; note?: string }[] =
    [
      { query: { ...around, operation } },
      { query: around, note: `Too few healthy requests for ${operation}, so others of ${service} were read as well` },
      {
        query: { service, operation, from: start - DAY, to: start + AFTER },
        note: 'Too few healthy traces around it, so the day before was read as well',
      },
    ];
  const company = new Map<TraceId, Found>();
  for (const { query, note } of steps) {
    if (company.size >= ENOUGH) break;
    const known = company.size;
    for (const hit of (await ask(reading, { ...query, order: 'latest', limit: FOUND })) ?? [])
      if (!hit.error && hit.traceId !== traceId) company.set(hit.traceId, { ...hit, plain: true });
    if (note !== undefined && company.size > known) notes.step(note);
  }
  const hits = [...company.values()].toSorted((a, b) => a.start - b.start || (a.traceId < b.traceId ? -1 : 1));
  const chosen = evenly(hits, COMPANY).map((hit) => hit.traceId);
  await options.progress({ traces: 1 + chosen.length });

  const scope: Scope = { services: [service], operation, from: around.from, to: around.to, traceIds: [traceId] };
  return gathering(
    parts.analyst,
    async (study) => {
      const links = await readInto(study, reading, [traceId, ...chosen]);
      const divided = await study.divide({ by: 'hand', suspects: [traceId, ...links.from(traceId)] }, signal);
      if (divided.spans === 0 && allowance.isLate()) throw allowance.tooLate(backend.title);
      return { divided, scope, notes, title: backend.title, now: clock.now() };
    },
    traceId,
  );
}

type Entry = { readonly service: string; readonly operation: string; readonly start: EpochMicros };

/** The root of the trace, or whoever began first where that is missing. */
async function entryOf(batches: AsyncIterable<readonly SpanRecord[]>): Promise<Entry | undefined> {
  let first: SpanRecord | undefined;
  const rank = (span: SpanRecord) => (span.parentSpanId === undefined ? 0 : 1);
  const before = (a: SpanRecord, b: SpanRecord) =>
    rank(a) - rank(b) || a.start - b.start || (a.spanId < b.spanId ? -1 : 1);
  for await (const batch of batches) {
    for (const span of batch) if (first === undefined || before(span, first) < 0) first = span;
  }
  return first && { service: first.service, operation: first.name, start: first.start };
}
