import type { SpanRecord } from '../model/span.ts';
import type { TraceHit, TraceQuery } from '../ports/trace-backend.ts';
import { FoundTraces } from './found-traces.ts';
import type { JaegerApi } from './jaeger-api.ts';
import type { RecentTraces } from './recent-traces.ts';
import { askForSlowest } from './slowest.ts';

/** So many of the latest traces are looked through when tags find too few failed ones. */
const LOOKED_THROUGH = 200;

/**
 * A search over a Jaeger API, which gives whole traces, the latest first: every service and every spelling of the wanted
 * attributes is asked for, and what comes is judged span by span, because stores are generous in different ways.
 *
 * Failed spans are asked for by tag first. Where that finds few, the latest traces are looked through as well: the memory
 * store of Jaeger 2.13 takes `error=true` for its contrary, and no store knows a bare HTTP 503 as an error.
 */
export async function searchJaeger(
  api: JaegerApi,
  query: TraceQuery,
  services: readonly (string | undefined)[],
  tagSets: readonly Readonly<Record<string, string>>[],
  recent: RecentTraces | undefined,
  signal: AbortSignal,
): Promise<readonly TraceHit[]> {
  signal.throwIfAborted();
  if (query.limit <= 0) return [];
  const all = new FoundTraces(query);
  // No service is called nothing, and some servers refuse the question.
  const named = services.filter((service) => service !== '');
  const { operation, from, to, limit } = query;
  const ask = async (minDuration: number, sets = tagSets, depth = limit + 1) => {
    const pages = await Promise.all(
      named.flatMap((service) =>
        sets.map(async (tags) => {
          const page = new FoundTraces(query);
          let staged = recent?.stage();
          const begin = () => {
            staged = recent?.stage();
            return (spans: readonly SpanRecord[]) => {
              page.add(spans);
              all.add(spans);
              staged?.add(spans);
            };
          };
          await api.search({ service, operation, from, to, minDuration, limit: depth, tags }, begin, signal);
          staged?.commit();
          return page.matchLengths;
        }),
      ),
    );
    return pages.flat();
  };
  const least = query.minDuration ?? 0;
  // One more than wanted, to know whether there are more.
  if (query.order === 'latest') await ask(least);
  else await askForSlowest(least, limit, (bar) => ask(bar));
  if (query.errors === true && all.hits.length < limit) {
    await ask(least, untagged(tagSets), Math.max(limit, LOOKED_THROUGH));
  }
  return all.hits;
}

function untagged(tagSets: readonly Readonly<Record<string, string>>[]): readonly Readonly<Record<string, string>>[] {
  return tagSets.map(({ error: _, ...tags }) => tags);
}
