import { z } from 'zod';
import { victoriaTracesPage } from '../formats/trace-links.ts';
import { systemClock } from '../ports/clock.ts';
import type { TraceBackend } from '../ports/trace-backend.ts';
import { type BackendContext, defineBackend, linkFrom } from './backend.ts';
import { checked } from './checked.ts';
import { createClient } from './client.ts';
import { baseOf, CONNECTION } from './connection.ts';
import { eachTrace } from './each-trace.ts';
import { jaegerV1, tagSets } from './jaeger-api.ts';
import { searchJaeger } from './jaeger-search.ts';
import { type TempoApi, tempoApi } from './tempo-api.ts';

const Options = z.strictObject({
  ...CONNECTION,
  kind: z.literal('victoria-traces').default('victoria-traces'),
  /** Which of its two faces is asked: `jaeger` is the older and complete one, `tempo` searches with TraceQL. */
  face: z.enum(['jaeger', 'tempo']).default('jaeger'),
  /** Of a cluster, as `accountID:projectID`. */
  tenant: z
    .string()
    .regex(/^\d+(:\d+)?$/, 'must be accountID or accountID:projectID')
    .optional(),
});

/** It keeps attributes of spans and of resources apart and is asked for each. */
const CARRIERS = ['', 'resource_attr:'];

/**
 * VictoriaTraces, single node or cluster (then the address of vtselect or vmauth):
 *
 * ```yaml
 * backend:
 *   kind: victoria-traces
 *   url: http://victoria-traces:10428     # without /select/…
 * ```
 *
 * It shows spans only after `-search.latencyOffset` (30 s by default), which a fresh alert may be quicker than.
 */
export const victoriaTraces = defineBackend('victoria-traces', 'VictoriaTraces', Options, connect);

function connect(options: z.output<typeof Options>, context: BackendContext): TraceBackend {
  const base = baseOf(options);
  const [account, project] = options.tenant?.split(':') ?? [];
  const headers = {
    ...(account === undefined ? {} : { AccountID: account, ProjectID: project ?? '0' }),
    ...options.headers,
  };
  const client = createClient('VictoriaTraces', { ...options, headers, url: `${base}/select/${options.face}` });
  const template = options.linkTemplate ?? context.linkTemplate;
  const face = options.face === 'jaeger' ? jaegerFace() : tempoApi(client);
  let reached = false;

  function jaegerFace(): Pick<TempoApi, 'search' | 'services' | 'trace'> {
    const api = jaegerV1(client);
    return {
      trace: api.trace,
      services: (_from, _to, signal) => api.services(signal),
      // A search without a service is refused, so each is asked for. Its traces may be cut at the window's ends, so they are
      // good for judging, and fetched anew for everything else.
      search: async (query, signal) => {
        signal.throwIfAborted();
        const services = query.service === undefined ? await api.services(signal) : [query.service];
        return searchJaeger(api, query, services, tagSets(query, CARRIERS), undefined, signal);
      },
    };
  }

  return {
    title: `VictoriaTraces at ${base}`,
    async *fetch(traceIds, signal, missing) {
      signal.throwIfAborted();
      if (traceIds.length === 0) return;
      // A 404 for a trace means "not there" only behind an address that was seen to be right.
      if (!reached) await face.services(0, systemClock.now(), signal);
      reached = true;
      yield* eachTrace(
        traceIds,
        options.concurrency,
        (traceId, own) => face.trace(traceId, own, missing),
        signal,
        missing,
      );
    },
    search: face.search,
    services: face.services,
    linkTo: (traceId, spanId) =>
      template === undefined ? victoriaTracesPage(base, traceId, spanId) : linkFrom(template, traceId, spanId),
    check: (signal) =>
      checked(client, signal, async () => ({
        count: (await face.services(0, systemClock.now(), signal)).length,
        detail: `its ${options.face} face`,
      })),
  };
}
