import type { Answered, Recheck } from '../model/investigation.ts';
import { MINUTE, type TraceId } from '../model/units.ts';
import type { Analyst } from '../ports/analyst.ts';
import type { Clock } from '../ports/clock.ts';
import type { Store } from '../ports/store.ts';
import type { TraceBackend } from '../ports/trace-backend.ts';
import { targetsOf } from './aim.ts';

const TRACES = 100;
const WINDOW = 2 * MINUTE;

/**
 * Whether it still happens: the latest requests, held against the baseline that was kept with the investigation, by the same
 * rule that counted the first ones. Undefined for a single trace, which cannot go on.
 */
export async function recheck(
  parts: { readonly backend: TraceBackend; readonly store: Store; readonly clock: Clock; readonly analyst: Analyst },
  answered: Answered,
  signal: AbortSignal,
): Promise<Recheck | undefined> {
  if (answered.trigger.kind !== 'alert') return undefined;
  const { scope } = answered.gathering;
  const now = parts.clock.now();
  const from = Math.max(now - WINDOW, answered.analysis.impact.lastSeen ?? scope.from);
  const kept = await parts.store.keptTraces(answered.id);
  const baseline = new Set(
    kept.filter((span) => span.parentSpanId === undefined && span.start < scope.from).map((span) => span.traceId),
  );
  const latest = new Set<TraceId>();
  for (const target of targetsOf(scope)) {
    const found = await parts.backend.search({ ...target, from, to: now, order: 'latest', limit: TRACES }, signal);
    for (const hit of found) if (!baseline.has(hit.traceId)) latest.add(hit.traceId);
  }
  const study = parts.analyst.open();
  try {
    await study.add(
      kept.filter((span) => baseline.has(span.traceId)),
      signal,
    );
    for await (const batch of parts.backend.fetch([...latest].toSorted(), signal)) await study.add(batch, signal);
    await study.divide({ by: 'hand', suspects: [...latest] }, signal);
    const { impact } = await study.analyse({ trigger: answered.trigger }, signal);
    return { at: now, affected: impact.affected, examined: impact.examined };
  } finally {
    study.close();
  }
}
