import { z } from 'zod';
import { Failure } from '../failure.ts';
import { jaegerPage } from '../formats/trace-links.ts';
import type { TraceBackend } from '../ports/trace-backend.ts';
import { type BackendContext, defineBackend, linkFrom } from './backend.ts';
import { checked } from './checked.ts';
import { createClient } from './client.ts';
import { baseOf, CONNECTION } from './connection.ts';
import { eachTrace } from './each-trace.ts';
import { type JaegerApi, jaegerV1, jaegerV3, tagSets } from './jaeger-api.ts';
import { searchJaeger } from './jaeger-search.ts';
import { RecentTraces } from './recent-traces.ts';

const Options = z.strictObject({
  ...CONNECTION,
  kind: z.literal('jaeger').default('jaeger'),
  /** Where the server keeps several tenants. */
  tenant: z.string().min(1).optional(),
  tenantHeader: z.string().min(1).default('x-tenant'),
});

/**
 * Jaeger 1.x and 2.x, and whatever speaks its API (Quickwit: the URL ends in `/jaeger`). The address is that of its page:
 *
 * ```yaml
 * backend:
 *   kind: jaeger
 *   url: http://jaeger-query:16686        # with the base path, if it has one
 * ```
 *
 * Version 3 of the API is used where the server has it, and version 1 where that knows more: until 2.19 only version 1
 * finds spans by attribute, after 2.20 it is gone. Jaeger lists all services it ever saw, whatever the window.
 */
export const jaeger = defineBackend('jaeger', 'Jaeger', Options, connect);

type Dialect = {
  readonly modern: boolean;
  readonly search: (needsTags: boolean) => JaegerApi;
  readonly api: JaegerApi;
};

function connect(options: z.output<typeof Options>, context: BackendContext): TraceBackend {
  const { tenant, tenantHeader } = options;
  const headers = { ...(tenant === undefined ? {} : { [tenantHeader]: tenant }), ...options.headers };
  const client = createClient('Jaeger', { ...options, headers });
  const [v1, v3] = [jaegerV1(client), jaegerV3(client)];
  const template = options.linkTemplate ?? context.linkTemplate;
  let known: Dialect | undefined;
  let namesService = false;
  const recent = new RecentTraces();

  /** Asks once which API there is; an answer is remembered, a failure is not. */
  async function dialect(signal: AbortSignal): Promise<Dialect> {
    if (known !== undefined) return known;
    signal.throwIfAborted();
    const [modern, classic] = await Promise.all([speaks(v3, signal), speaks(v1, signal)]);
    if (modern !== true && classic !== true) throw moreTelling(modern, classic);
    known = {
      modern: modern === true,
      api: modern === true ? v3 : v1,
      search: (needsTags) => (modern !== true || (needsTags && classic === true) ? v1 : v3),
    };
    return known;
  }

  return {
    title: client.title,
    async *fetch(traceIds, signal, missing) {
      signal.throwIfAborted();
      if (traceIds.length === 0) return;
      const { api } = await dialect(signal);
      yield* eachTrace(traceIds, options.concurrency, recent.before(api.trace), signal, missing);
    },
    async search(query, signal) {
      const sets = tagSets(query);
      const { search, api } = await dialect(signal);
      const chosen = search(sets.some((tags) => Object.keys(tags).length > 0));
      if (query.service !== undefined) return searchJaeger(chosen, query, [query.service], sets, recent, signal);
      // Some stores find nothing without a service (Cassandra, and version 1 of the API): then each is asked for.
      if (chosen === v3 && !namesService) {
        try {
          return await searchJaeger(chosen, query, [undefined], sets, recent, signal);
        } catch (thrown) {
          signal.throwIfAborted();
          if (!asksForService(thrown, client.title)) throw thrown;
          namesService = true;
        }
      }
      return searchJaeger(chosen, query, await api.services(signal), sets, recent, signal);
    },
    async services(_from, _to, signal) {
      const { api } = await dialect(signal);
      return api.services(signal);
    },
    linkTo: (traceId, spanId) =>
      template === undefined ? jaegerPage(baseOf(options), traceId, spanId) : linkFrom(template, traceId, spanId),
    check: (signal) =>
      checked(client, signal, async () => {
        const { api, modern } = await dialect(signal);
        const services = await api.services(signal);
        return { count: services.length, detail: `API version ${modern ? 3 : 1}` };
      }),
  };
}

/** Whether the server answers this API; the failure where it answers something else. What is a failure anyway is thrown. */
async function speaks(api: JaegerApi, signal: AbortSignal): Promise<true | Failure> {
  try {
    await api.services(signal);
    return true;
  } catch (thrown) {
    signal.throwIfAborted();
    if (!(thrown instanceof Failure)) throw thrown;
    if (thrown.kind === 'not-found' || thrown.kind === 'misconfigured' || thrown.kind === 'refused') return thrown;
    throw thrown;
  }
}

/** Cassandra's complaint comes as a 500, version 1's as a 400; the server's own name may hold the word, too. */
function asksForService(thrown: unknown, title: string): boolean {
  if (!(thrown instanceof Failure) || (thrown.kind !== 'refused' && thrown.kind !== 'unreachable')) return false;
  return /service/i.test(thrown.message.replace(title, ''));
}

/** Two addresses, two complaints: a login page or a certificate says more than a missing path. */
function moreTelling(left: true | Failure, right: true | Failure): Failure {
  const failures = [left, right].filter((failure) => failure instanceof Failure);
  const chosen = failures.find((failure) => failure.kind === 'misconfigured') ?? failures.at(-1);
  return chosen ?? new Failure('refused', 'Jaeger answers nothing that we know.', 'Check `backend.url`.');
}
