import type { SpanRecord } from '../model/span.ts';
import type { TraceId } from '../model/units.ts';
import type { Analysis } from '../model/verdict.ts';
import type { TraceBackend } from '../ports/trace-backend.ts';
import type { Gathered } from './gathered.ts';

/** About 2 MB compressed at some 100 bytes a span. */
const SPAN_LIMIT = 15_000;
/** Others beside the cited ones, for questions about the many. */
const OTHERS = 40;

/**
 * The spans worth keeping with an investigation, so that its thread can be asked when the backend has forgotten: the
 * exemplar pair first, then every trace that evidence cites, then some of the rest, whole traces only.
 */
export async function copyCited(
  backend: TraceBackend,
  gathered: Gathered,
  analysis: Analysis,
  signal: AbortSignal,
): Promise<readonly SpanRecord[]> {
  const byTrace = new Map<TraceId, SpanRecord[]>();
  // Spans that a place does not give now were missing when the traces were gathered, too, and that was noted then.
  const noted = () => {};
  for await (const batch of backend.fetch(worthKeeping(gathered, analysis), signal, noted)) {
    for (const span of batch) {
      const spans = byTrace.get(span.traceId);
      if (spans === undefined) byTrace.set(span.traceId, [span]);
      else spans.push(span);
    }
  }
  const kept: SpanRecord[] = [];
  for (const traceId of worthKeeping(gathered, analysis)) {
    const spans = byTrace.get(traceId) ?? [];
    const room = SPAN_LIMIT - kept.length;
    // One trace beyond all measure is cut rather than left out: it is the exemplar more often than not.
    if (spans.length <= room) kept.push(...spans);
    else if (kept.length === 0) kept.push(...spans.slice(0, room));
  }
  return kept;
}

function worthKeeping(gathered: Gathered, analysis: Analysis): readonly TraceId[] {
  const { exemplar, lineage } = analysis;
  const cited = [...analysis.verdict.hypotheses, ...analysis.findings].flatMap((part) =>
    part.evidence.map((item) => item.traceId),
  );
  const pair = [exemplar?.suspect, exemplar?.healthy].filter((id) => id !== undefined);
  const actor = lineage?.traceIds.slice(0, OTHERS) ?? [];
  return [...new Set([...pair, ...cited, ...actor, ...sample(gathered.suspects), ...sample(gathered.baseline)])];
}

function sample(ids: readonly TraceId[]): readonly TraceId[] {
  const step = Math.max(1, Math.ceil(ids.length / OTHERS));
  return ids.filter((_, index) => index % step === 0);
}
