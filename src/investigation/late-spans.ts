import type { Amendment, Answered, Gathering } from '../model/investigation.ts';
import type { Verdict } from '../model/verdict.ts';
import { type FindOutParts, type FoundOut, findOut } from './find-out.ts';

/**
 * How long after a verdict its youngest traces are read again. Exporters send every 5 s and may take 30 s for it
 * (OpenTelemetry's batch processor), a sampler at the tail waits 30 s for a trace, VictoriaTraces shows spans after 30 s.
 */
export const LATE_AFTER_MS = 30_000;

/**
 * Looks whether spans came after the verdict, and if so, finds out anew over the same time. Undefined when none came or when
 * they change nothing: then the verdict stands as it was said.
 *
 * ```
 *   traces that still grew ── read again ── no more spans ─────────────▶ stands
 *                                   └── grown ── the whole look again ──┬─ same verdict ──▶ stands
 *                                                                       └─ another ──▶ amended, once
 * ```
 */
export async function lookForLateSpans(
  parts: FindOutParts,
  answered: Answered,
  signal: AbortSignal,
): Promise<(FoundOut & { readonly amended: Amendment }) | undefined> {
  const { unfinished = [], scope } = answered.gathering;
  if (unfinished.length === 0) return undefined;
  const late = await grownSince(parts, unfinished, signal);
  if (late.traces === 0) return undefined;
  // Over the time that was looked at before: what happened since is for the recheck to tell.
  const isAlert = answered.trigger.kind === 'alert';
  const then = isAlert ? { ...parts, clock: { now: () => scope.to } } : parts;
  const found = await findOut(then, answered, async () => {}, signal);
  if (isSame(found.analysis.verdict, answered.analysis.verdict)) return undefined;
  return { ...found, amended: { at: parts.clock.now(), ...late } };
}

/** Reads the traces again and counts what was not there before. */
async function grownSince(
  { analyst, backend }: FindOutParts,
  unfinished: NonNullable<Gathering['unfinished']>,
  signal: AbortSignal,
): Promise<{ readonly traces: number; readonly spans: number }> {
  const before = new Map(unfinished.map(({ traceId, spans }) => [traceId, spans]));
  const study = analyst.open();
  try {
    for await (const batch of backend.fetch([...before.keys()], signal)) await study.add(batch, signal);
    // Counted as the first time: twins that a sender repeats are no more spans.
    const { traces } = await study.divide({ by: 'hand', suspects: [...before.keys()] }, signal);
    const more = traces
      .map(({ traceId, spans }) => spans - (before.get(traceId) ?? spans))
      .filter((count) => count > 0);
    return { traces: more.length, spans: more.reduce((sum, count) => sum + count, 0) };
  } finally {
    study.close();
  }
}

/** Whether they say the same in the card's first line. */
function isSame(one: Verdict, other: Verdict): boolean {
  const said = ({ kind, hypotheses: [top] }: Verdict) =>
    JSON.stringify([kind, kind === 'cannot-tell' ? undefined : [top?.mechanism, top?.component]]);
  return said(one) === said(other);
}
