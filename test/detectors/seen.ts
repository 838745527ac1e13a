import { DETECTORS } from '../../src/detectors/index.ts';
import type { Finding } from '../../src/model/finding.ts';
import type { SpanRecord } from '../../src/model/span.ts';
import { buildView, type View } from '../../src/population/view.ts';
import { TableBuilder } from '../../src/trace/build.ts';
import { draw } from '../draw.ts';

/** A drawing as many requests: each copy is a trace of its own, a second after the one before. */
export function times(count: number, drawing: string, salt = 'a'): readonly SpanRecord[] {
  const spans = draw(drawing);
  return Array.from({ length: count }, (_, copy) =>
    spans.map((span) => ({
      ...span,
      traceId: `${Buffer.from(salt).toString('hex')}${copy.toString(16)}`.padStart(32, '0'),
      start: span.start + copy * 1_000_000,
      end: span.end + copy * 1_000_000,
    })),
  ).flat();
}

/** What the detectors are shown: the drawn suspects held against the drawn baseline. */
export function viewOf(suspects: readonly SpanRecord[], baseline: readonly SpanRecord[] = []): View {
  const builder = new TableBuilder();
  builder.add(suspects);
  builder.add(baseline);
  const table = builder.finish();
  const healthy = new Set(baseline.map((span) => span.traceId));
  return buildView(
    table,
    Uint8Array.from(table.traceIds, (id) => (healthy.has(id) ? 1 : 0)),
    {},
  );
}

/** Findings of the detector with the number, as `D05`. */
export function seenBy(number: string, view: View): readonly Finding[] {
  const detectors = DETECTORS.filter(({ id }) => id.startsWith(number));
  if (detectors.length === 0) throw new Error(`There is no detector ${number}`);
  return detectors.flatMap((detector) => detector.detect(view));
}
