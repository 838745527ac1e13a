import { createRequire, syncBuiltinESMExports } from 'node:module';
import { context, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { NetInstrumentation } from '@opentelemetry/instrumentation-net';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { onFlush, settings } from './process.ts';

/*
 * The preload of every traced process: `node --import telemetry.ts services/edge.ts`. The instrumentations patch what `require`
 * returns; `syncBuiltinESMExports` shows the patched functions to those who import by name.
 */
const provider = new TracerProvider({
  resource: resourceFromAttributes({
    'service.name': settings.service,
    'service.version': settings.version,
    'service.instance.id': settings.instance,
    'service.namespace': 'theatre',
    'telemetry.sdk.language': 'nodejs',
  }),
  spanProcessors: [
    new BatchSpanProcessor({
      exporter: new OTLPTraceExporter({ url: settings.otlpUrl }),
      scheduledDelayMillis: 1_000,
      maxQueueSize: 20_000,
    }),
  ],
});
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
propagation.setGlobalPropagator(new W3CTraceContextPropagator());
trace.setGlobalTracerProvider(provider);
for (const instrumentation of [new NetInstrumentation(), new HttpInstrumentation()]) {
  instrumentation.setTracerProvider(provider);
}
const require = createRequire(import.meta.url);
for (const builtin of ['net', 'http']) require(builtin);
syncBuiltinESMExports();

onFlush(() => provider.forceFlush());
