import { z } from 'zod';
import { grafanaPage } from '../formats/trace-links.ts';
import { MINUTE } from '../model/units.ts';
import { systemClock } from '../ports/clock.ts';
import type { TraceBackend } from '../ports/trace-backend.ts';
import { type BackendContext, defineBackend, linkFrom } from './backend.ts';
import { checked } from './checked.ts';
import { createClient } from './client.ts';
import { CONNECTION } from './connection.ts';
import { eachTrace } from './each-trace.ts';
import { tempoApi } from './tempo-api.ts';

const Options = z.strictObject({
  ...CONNECTION,
  kind: z.literal('tempo').default('tempo'),
  /** `X-Scope-OrgID`; several are joined by `|`. */
  tenant: z.string().min(1).optional(),
  /** Where people look at traces. */
  grafana: z.strictObject({ url: z.url({ protocol: /^https?$/ }), datasource: z.string().min(1) }).optional(),
});

/**
 * Grafana Tempo 2 and 3, also Grafana Cloud, and whatever speaks its HTTP API:
 *
 * ```yaml
 * backend:
 *   kind: tempo
 *   url: http://tempo:3200                # Grafana Cloud: https://tempo-….grafana.net/tempo
 *   tenant: team-a                        # if it serves several
 *   grafana: { url: https://grafana.example.com, datasource: <uid of the data source> }
 * ```
 *
 * Traces are fetched as protobuf, which has none of the dialects of its JSON. A trace beyond Tempo's size limit comes cut.
 */
export const tempo = defineBackend('tempo', 'Grafana Tempo', Options, connect);

function connect(options: z.output<typeof Options>, context: BackendContext): TraceBackend {
  const { tenant, grafana } = options;
  const headers = { ...(tenant === undefined ? {} : { 'x-scope-orgid': tenant }), ...options.headers };
  const client = createClient('Tempo', { ...options, headers });
  const api = tempoApi(client);
  const template = options.linkTemplate ?? context.linkTemplate;
  let reached = false;

  /** A 404 for a trace means "not there" only on a server that was seen to be Tempo. */
  async function reach(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const now = systemClock.now();
    if (!reached) await api.services(now - 5 * MINUTE, now, signal);
    reached = true;
  }

  return {
    title: client.title,
    async *fetch(traceIds, signal, missing) {
      signal.throwIfAborted();
      if (traceIds.length === 0) return;
      await reach(signal);
      yield* eachTrace(
        traceIds,
        options.concurrency,
        (traceId, own) => api.trace(traceId, own, missing),
        signal,
        missing,
      );
    },
    search: api.search,
    services: api.services,
    linkTo: (traceId, spanId) => {
      if (template !== undefined || grafana === undefined) return linkFrom(template, traceId, spanId);
      const datasource = { uid: grafana.datasource, type: 'tempo' };
      return grafanaPage(grafana.url.replace(/\/+$/, ''), datasource, traceId, spanId);
    },
    check: (signal) =>
      checked(client, signal, async () => {
        const now = systemClock.now();
        const services = await api.services(now - 60 * MINUTE, now, signal);
        return { count: services.length, detail: 'last hour' };
      }),
  };
}
