import { createRequire, syncBuiltinESMExports } from 'node:module';
import { type Context, context, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  CompositePropagator,
  type ExportResult,
  ExportResultCode,
  W3CBaggagePropagator,
  W3CTraceContextPropagator,
} from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { NetInstrumentation } from '@opentelemetry/instrumentation-net';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  type ReadableSpan,
  type Span,
  type SpanExporter,
  type SpanProcessor,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { Flushed } from '../control.ts';
import { liveAndDieWithTheShop, settings } from './parent.ts';

/*
 * The preload of every instrumented service (`node --import telemetry.ts order.ts`): tracing must stand before the service
 * imports `node:http`. The instrumentations patch what `require` returns; `syncBuiltinESMExports` then carries the patched
 * functions over to everyone who imports them by name, so no module loader hook is needed.
 */
liveAndDieWithTheShop();

/** Key under which the acting customer travels from the gateway to every service behind it. */
export const USER = 'user.id';

/** Exports over OTLP and keeps count of what arrived. */
class CountingExporter implements SpanExporter {
  #count: Flushed = { delivered: 0, lost: 0 };
  readonly #otlp = new OTLPTraceExporter({ url: settings.otlpUrl, timeoutMillis: 5_000 });

  export(spans: ReadableSpan[], done: (result: ExportResult) => void): void {
    this.#otlp.export(spans, (result) => {
      const { delivered, lost } = this.#count;
      if (result.code === ExportResultCode.SUCCESS)
        this.#count = { ...this.#count, delivered: delivered + spans.length };
      else this.#count = { delivered, lost: lost + spans.length, reason: result.error?.message };
      done(result);
    });
  }
  shutdown(): Promise<void> {
    return this.#otlp.shutdown();
  }
  /** The count since it was last asked for. */
  takeCount(): Flushed {
    const count = this.#count;
    this.#count = { delivered: 0, lost: 0 };
    return count;
  }
}
const exporter = new CountingExporter();

/** Puts the customer named in the baggage on every span, as applications do that want to search traces by customer. */
const customerOnEverySpan: SpanProcessor = {
  onStart(span: Span, parent: Context) {
    const user = propagation.getBaggage(parent)?.getEntry(USER)?.value;
    if (user !== undefined) span.setAttribute(USER, user);
  },
  onEnd() {},
  forceFlush: async () => {},
  shutdown: async () => {},
};

const provider = new TracerProvider({
  resource: resourceFromAttributes({
    'service.name': settings.service,
    'service.version': settings.version,
    'service.instance.id': settings.instance,
  }),
  spanProcessors: [
    customerOnEverySpan,
    new BatchSpanProcessor({ exporter, scheduledDelayMillis: 500, maxQueueSize: 20_000 }),
  ],
});
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
propagation.setGlobalPropagator(
  new CompositePropagator({ propagators: [new W3CTraceContextPropagator(), new W3CBaggagePropagator()] }),
);
trace.setGlobalTracerProvider(provider);
for (const instrumentation of [new NetInstrumentation(), new HttpInstrumentation()]) {
  instrumentation.setTracerProvider(provider);
}
const require = createRequire(import.meta.url);
for (const builtin of ['net', 'http', 'https']) require(builtin);
syncBuiltinESMExports();

/** Hands every finished span over; tells how many arrived and how many did not since the last time. */
export async function flushSpans(): Promise<Flushed> {
  // It rejects when an export failed; the count says so too, and how many spans it cost.
  await provider.forceFlush().catch(() => {});
  return exporter.takeCount();
}
