import {
  type Attributes,
  context,
  isSpanContextValid,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';

const tracer = trace.getTracer('causeway');

/**
 * Runs `work` inside a span of the bot's own trace. Without an SDK (no endpoint configured) it costs next to nothing.
 * `parent` is a W3C `traceparent` that came through the queue, so that one trace runs from the webhook to the card.
 */
export function inSpan<Result>(
  name: string,
  options: { readonly attributes?: Attributes; readonly parent?: string | undefined; readonly kind?: SpanKind },
  work: (span: Span) => Promise<Result>,
): Promise<Result> {
  const parent = options.parent === undefined ? context.active() : withRemoteParent(options.parent);
  return tracer.startActiveSpan(
    name,
    {
      kind: options.kind ?? SpanKind.INTERNAL,
      ...(options.attributes === undefined ? {} : { attributes: options.attributes }),
    },
    parent,
    async (span) => {
      try {
        return await work(span);
      } catch (thrown) {
        span.setStatus({
          code: SpanStatusCode.ERROR,
          message: thrown instanceof Error ? thrown.message : String(thrown),
        });
        throw thrown;
      } finally {
        span.end();
      }
    },
  );
}

/** The `traceparent` of the span that runs now; undefined when nothing is recorded. */
export function traceparent(): string | undefined {
  const spanContext = trace.getActiveSpan()?.spanContext();
  if (spanContext === undefined || !isSpanContextValid(spanContext)) return undefined;
  return `00-${spanContext.traceId}-${spanContext.spanId}-${spanContext.traceFlags.toString(16).padStart(2, '0')}`;
}

function withRemoteParent(header: string) {
  const [, traceId = '', spanId = '', flags = '00'] =
    /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/.exec(header) ?? [];
  const spanContext = { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true };
  return isSpanContextValid(spanContext) ? trace.setSpanContext(context.active(), spanContext) : context.active();
}
