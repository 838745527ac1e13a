import type { KeyValue, ResourceSpans } from './otlp-capture.ts';

/** A received span, flat: times in ms since the first span of its trace. */
export type Received = {
  readonly traceId: string;
  readonly spanId: string;
  readonly parent: string | undefined;
  readonly service: string;
  readonly version: string;
  readonly name: string;
  readonly kind: 'internal' | 'server' | 'client' | 'other';
  readonly start: number;
  readonly end: number;
  readonly error: boolean;
  readonly attributes: Readonly<Record<string, unknown>>;
};

/** One trace: its root first asked for, children by `under`. */
export type ReceivedTrace = {
  readonly root: Received | undefined;
  readonly spans: readonly Received[];
  under(parent: Received): readonly Received[];
};

/** Every trace that a service of the shop was the entry of, by when it began. */
export function tracesOf(batches: readonly ResourceSpans[]): readonly ReceivedTrace[] {
  const spans = batches.flatMap((batch) => {
    const resource = attributesOf(batch.resource?.attributes);
    return (batch.scopeSpans ?? []).flatMap((scope) =>
      (scope.spans ?? []).map((span): Received => {
        return {
          traceId: span.traceId,
          spanId: span.spanId,
          parent: span.parentSpanId,
          service: String(resource['service.name']),
          version: String(resource['service.version']),
          name: span.name,
          kind: span.kind === 1 ? 'internal' : span.kind === 2 ? 'server' : span.kind === 3 ? 'client' : 'other',
          start: Number(BigInt(span.startTimeUnixNano) / 1_000n) / 1_000,
          end: Number(BigInt(span.endTimeUnixNano) / 1_000n) / 1_000,
          error: span.status?.code === 2,
          attributes: attributesOf(span.attributes),
        };
      }),
    );
  });
  return [...Map.groupBy(spans, (span) => span.traceId).values()]
    .map((some): ReceivedTrace => {
      const children = Map.groupBy(some, (span) => span.parent);
      return {
        spans: some,
        root: some.find((span) => span.parent === undefined && span.kind === 'server'),
        under: (parent) => (children.get(parent.spanId) ?? []).toSorted((a, b) => a.start - b.start),
      };
    })
    .filter((trace) => trace.root !== undefined)
    .sort((a, b) => startOf(a) - startOf(b));
}

export function startOf(trace: ReceivedTrace): number {
  return trace.root?.start ?? 0;
}

export function attributesOf(list: readonly KeyValue[] | undefined): Record<string, unknown> {
  return Object.fromEntries((list ?? []).map(({ key, value }) => [key, Object.values(value)[0]]));
}

/** Time of a span in which none of its children ran. */
export function selfTime(trace: ReceivedTrace, span: Received): number {
  let covered = 0;
  let until = span.start;
  for (const child of trace.under(span)) {
    const start = Math.max(child.start, until);
    const end = Math.min(child.end, span.end);
    covered += Math.max(0, end - start);
    until = Math.max(until, end);
  }
  return span.end - span.start - covered;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
