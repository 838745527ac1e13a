import { z } from 'zod';
import { spellingsOf } from '../formats/semantic-conventions.ts';
import { zipkinPage } from '../formats/trace-links.ts';
import type { SpanRecord } from '../model/span.ts';
import { MINUTE } from '../model/units.ts';
import type { TraceBackend, TraceHit, TraceQuery } from '../ports/trace-backend.ts';
import { bytesOf, jsonOf, readSpans } from './answer.ts';
import { type BackendContext, defineBackend, linkFrom } from './backend.ts';
import { checked } from './checked.ts';
import { type Client, createClient } from './client.ts';
import { baseOf, CONNECTION } from './connection.ts';
import { eachTrace } from './each-trace.ts';
import { FoundTraces } from './found-traces.ts';
import { RecentTraces } from './recent-traces.ts';
import { isPage, pageInstead } from './refusal.ts';
import { askForSlowest } from './slowest.ts';

const Options = z.strictObject({ ...CONNECTION, kind: z.literal('zipkin').default('zipkin') });

/** A trace that began this long before the window may still have a span that begins in it. */
const HEAD_START = MINUTE;
const SEARCHES = 8;
/** So many of the latest traces are looked through when no tag tells enough failed ones. */
const LOOKED_THROUGH = 200;

/**
 * Zipkin 2 and 3. The address is that of its page, without `/zipkin` or `/api`:
 *
 * ```yaml
 * backend:
 *   kind: zipkin
 *   url: http://zipkin:9411
 * ```
 *
 * What is lost on the way into Zipkin is lost for the analysis as well: the case of service and span names, links between
 * traces, attributes of events, lists (they become `a,b`), and which attributes were the resource's.
 */
export const zipkin = defineBackend('zipkin', 'Zipkin', Options, connect);

const Names = z.array(z.string());

function connect(options: z.output<typeof Options>, context: BackendContext): TraceBackend {
  const client = createClient('Zipkin', options);
  const template = options.linkTemplate ?? context.linkTemplate;
  const services = (signal: AbortSignal) =>
    client.ask({ path: '/api/v2/services' }, (answer) => jsonOf(answer, Names), signal);
  const recent = new RecentTraces();
  let reached = false;

  /** A 404 for a trace means "not there" only on a server that was seen to be Zipkin. */
  async function reach(signal: AbortSignal): Promise<void> {
    if (!reached) await services(signal);
    reached = true;
  }

  return {
    title: client.title,
    async *fetch(traceIds, signal, missing) {
      signal.throwIfAborted();
      if (traceIds.length === 0) return;
      await reach(signal);
      const get = recent.before((traceId, own) => traceOf(client, traceId, own));
      yield* eachTrace(traceIds, options.concurrency, get, signal, missing);
    },
    search: (query, signal) => searchZipkin(client, query, recent, signal),
    async services(_from, _to, signal) {
      signal.throwIfAborted();
      return (await services(signal)).toSorted();
    },
    linkTo: (traceId, spanId) =>
      template === undefined ? zipkinPage(baseOf(options), traceId) : linkFrom(template, traceId, spanId),
    check: (signal) =>
      checked(client, signal, async () => ({ count: (await services(signal)).length, detail: 'API version 2' })),
  };
}

function traceOf(client: Client, traceId: string, signal: AbortSignal): Promise<readonly (readonly SpanRecord[])[]> {
  return client.ask(
    { path: `/api/v2/trace/${traceId}`, answers: [404] },
    async (answer) => {
      const batches: (readonly SpanRecord[])[] = [];
      if (answer.status !== 404) await readSpans(answer, (batch) => batches.push(batch));
      else if (isPage(answer.contentType, await bytesOf(answer))) throw pageInstead(answer.title);
      return batches;
    },
    signal,
  );
}

async function searchZipkin(
  client: Client,
  query: TraceQuery,
  recent: RecentTraces,
  signal: AbortSignal,
): Promise<readonly TraceHit[]> {
  signal.throwIfAborted();
  if (query.limit <= 0) return [];
  const all = new FoundTraces(query, 'folded');
  // One more than wanted, to know whether there are more.
  const ask = async (minDuration: number, asked = query, limit = query.limit + 1) => {
    const pages = await Promise.all(
      annotationQueries(asked).map((annotations) =>
        client.ask(
          { path: '/api/v2/traces', params: paramsOf({ ...query, limit }, minDuration, annotations) },
          async (answer) => {
            const page = new FoundTraces(query, 'folded');
            const staged = recent.stage();
            await readSpans(answer, (spans) => {
              page.add(spans);
              all.add(spans);
              staged.add(spans);
            });
            staged.commit();
            return page.matchLengths;
          },
          signal,
        ),
      ),
    );
    return pages.flat();
  };
  const least = query.minDuration ?? 0;
  if (query.order === 'latest') await ask(least);
  else await askForSlowest(least, query.limit, (bar) => ask(bar));
  if (query.errors === true && all.hits.length < query.limit) {
    await ask(least, { ...query, errors: false }, Math.max(query.limit, LOOKED_THROUGH));
  }
  return all.hits;
}

function paramsOf(query: TraceQuery, minDuration: number, annotations: string): readonly (readonly [string, string])[] {
  const end = Math.ceil(Math.max(0, query.to) / 1_000);
  const begin = Math.floor(Math.max(0, query.from - HEAD_START) / 1_000);
  return [
    ['endTs', String(end)],
    ['lookback', String(Math.max(1, end - begin))],
    ['limit', String(query.limit)],
    ...(query.service === undefined || !askable(query.service)
      ? []
      : [['serviceName', query.service.toLowerCase()] as const]),
    ...(query.operation === undefined || !askable(query.operation)
      ? []
      : [['spanName', query.operation.toLowerCase()] as const]),
    ...(minDuration > 0 ? [['minDuration', String(minDuration)] as const] : []),
    ...(annotations === '' ? [] : [['annotationQuery', annotations] as const]),
  ];
}

/** Zipkin's web server takes two dots for an attempt to leave a folder, even in a query; such a name is judged here alone. */
function askable(name: string): boolean {
  return !name.includes('..');
}

/**
 * Every way in which the wanted may be written: exporters mark a failed span with a tag `error`, or only with
 * `otel.status_code`, or only with `error.type`; attributes have old and new names. Zipkin has no way to write a text that
 * holds ` and `, so such a one is left to the judgement of what comes back.
 */
function annotationQueries(query: TraceQuery): readonly string[] {
  let terms: string[][] = query.errors === true ? [['error'], ['otel.status_code=ERROR'], ['error.type']] : [[]];
  for (const [key, value] of Object.entries(query.attributes ?? {})) {
    if (/ and /i.test(` ${key}=${value} `) || key.includes('=') || !askable(`${key}${value}`)) continue;
    terms = spellingsOf(key)
      .flatMap((name) => terms.map((term) => [...term, `${name}=${value}`]))
      .slice(0, SEARCHES);
  }
  return terms.map((term) => term.join(' and '));
}
