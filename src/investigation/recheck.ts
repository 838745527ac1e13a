import type { Answered, Recheck } from '../model/investigation.ts';
import { MINUTE } from '../model/units.ts';
import type { Clock } from '../ports/clock.ts';
import type { Store } from '../ports/store.ts';
import type { TraceBackend } from '../ports/trace-backend.ts';
import { TableBuilder } from '../trace/build.ts';
import type { Analyse } from './analyse.ts';

const TRACES = 100;
const WINDOW = 2 * MINUTE;

/**
 * Whether it still happens: the latest requests, held against the baseline that was kept with the investigation, by the same
 * rule that counted the first ones. Undefined for a single trace, which cannot go on.
 */
export async function recheck(
  parts: { readonly backend: TraceBackend; readonly store: Store; readonly clock: Clock; readonly analyse: Analyse },
  answered: Answered,
  signal: AbortSignal,
): Promise<Recheck | undefined> {
  if (answered.trigger.kind !== 'alert') return undefined;
  const { scope } = answered.gathering;
  const now = parts.clock.now();
  const from = Math.max(now - WINDOW, answered.analysis.impact.lastSeen ?? scope.from);
  const builder = new TableBuilder();
  const kept = await parts.store.keptTraces(answered.id);
  const baselineIds = new Set(
    kept.filter((span) => span.parentSpanId === undefined && span.start < scope.from).map((span) => span.traceId),
  );
  builder.add(kept.filter((span) => baselineIds.has(span.traceId)));

  const hits = new Set<string>();
  for (const service of scope.services.length === 0 ? [undefined] : scope.services) {
    const found = await parts.backend.search(
      { ...(service === undefined ? {} : { service }), from, to: now, order: 'latest', limit: TRACES },
      signal,
    );
    for (const hit of found) hits.add(hit.traceId);
  }
  for await (const batch of parts.backend.fetch([...hits].toSorted(), signal)) builder.add(batch);
  const table = builder.finish();
  const baseline = Uint8Array.from({ length: table.traces }, (_, ordinal) =>
    baselineIds.has(table.traceIds[ordinal] ?? '') ? 1 : 0,
  );
  const { impact } = parts.analyse({ table, baseline }, answered.trigger);
  return { at: now, affected: impact.affected, examined: impact.examined };
}
