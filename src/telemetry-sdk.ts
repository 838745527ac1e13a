import { context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { isLoopback } from './config.ts';
import type { Log } from './ports/log.ts';

/**
 * Starts reporting the bot's own traces to an OTLP endpoint; resolves to what stops it. Imported lazily: without an
 * endpoint none of the SDK is loaded. An endpoint that is the bot's own receiver is refused, since the bot's spans would
 * then stand among those it judges.
 */
export function startTelemetry(
  endpoint: string,
  own: { readonly ports: readonly number[] },
  log: Log,
): { stop(): Promise<void> } {
  const url = new URL(endpoint);
  if (isLoopback(url.hostname) && own.ports.includes(Number(url.port))) {
    log.warn({ endpoint }, "OTEL_EXPORTER_OTLP_ENDPOINT is this bot's own receiver; its own traces stay unreported");
    return { stop: async () => {} };
  }
  const exporter = new OTLPTraceExporter({
    url: new URL('v1/traces', endpoint.endsWith('/') ? endpoint : `${endpoint}/`).href,
  });
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'causeway' }),
    spanProcessors: [new BatchSpanProcessor({ exporter })],
  });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  trace.setGlobalTracerProvider(provider);
  return { stop: () => provider.shutdown() };
}
