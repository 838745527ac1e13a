import { z } from 'zod';
import { Failure } from '../failure.ts';
import type { TraceBackend } from '../ports/trace-backend.ts';
import { type BackendContext, defineBackend, linkFrom } from './backend.ts';

const Options = z.strictObject({
  kind: z.literal('embedded').default('embedded'),
  /** A page that shows a trace, with `{traceId}` and perhaps `{spanId}`; by default `links.trace`. */
  linkTemplate: z.string().includes('{traceId}').optional(),
});

/**
 * The traces that services send to the bot itself. Nothing to install: point the exporters at it,
 *
 * ```
 *   OTEL_EXPORTER_OTLP_ENDPOINT=http://<host of the bot>:4318
 *   OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf        # or http/json
 * ```
 *
 * How long and how much is kept is set under `traces` in `causeway.yml`. It serves one process only: where web and worker
 * are separate processes, use a backend that both can reach.
 */
export const embedded = defineBackend('embedded', 'Embedded trace store', Options, connect);

function connect(options: z.output<typeof Options>, context: BackendContext): TraceBackend {
  const { archive } = context;
  const template = options.linkTemplate ?? context.linkTemplate;
  if (archive === undefined) {
    throw new Failure(
      'misconfigured',
      'The embedded trace store serves one process only, and this one runs no receiver.',
      'Run one process (CAUSEWAY_ROLE=all), or configure another backend under `backend`.',
    );
  }
  return {
    title: 'the spans Causeway received itself',
    fetch: (traceIds, signal) => archive.fetch(traceIds, signal),
    search: (query, signal) => archive.search(query, signal),
    services: (from, to, signal) => archive.services(from, to, signal),
    linkTo: (traceId, spanId) => linkFrom(template, traceId, spanId),
    async check(signal) {
      try {
        const { spans, traces, bytes, limit } = await archive.stats(signal);
        const held = `${spans} spans of ${traces} traces in ${Math.round(bytes / 1e6)} of ${Math.round(limit / 1e6)} MB`;
        if (spans > 0) return { ok: true, detail: held };
        return { ok: true, detail: held, hint: 'No spans have arrived yet: point OTEL_EXPORTER_OTLP_ENDPOINT here.' };
      } catch (thrown) {
        signal.throwIfAborted();
        const failure = Failure.from(thrown);
        return { ok: false, detail: failure.message, hint: failure.hint };
      }
    },
  };
}
