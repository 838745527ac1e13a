import type { TraceId } from '../model/units.ts';
import type { TraceBackend, TraceQuery } from '../ports/trace-backend.ts';
import { ranked } from './found-traces.ts';

/** One of several places, and the services whose traces it keeps; without a list it may keep any. */
export type Place = { readonly backend: TraceBackend; readonly services?: readonly string[] };

/** Of so many traces it is remembered where they were found, for links; the oldest are forgotten. */
const REMEMBERED = 10_000;

/**
 * Several places as one, for teams whose services report to different ones. A question about a service goes to the places
 * that keep it, any other question to all. A trace may have spans in several places, so it is fetched from all of them:
 *
 * ```
 *   search checkout ─▶ Jaeger (services: checkout, cart)
 *   search ─────────▶ Jaeger, Tempo      the hits of a trace become one, with the bounds of both
 *   fetch  ─────────▶ Jaeger, then Tempo
 * ```
 *
 * A place that fails fails the question: half of the spans would look like another kind of trouble.
 */
export function severalBackends(places: readonly [Place, ...Place[]]): TraceBackend {
  const homes = new Map<TraceId, TraceBackend>();

  function remember(traceId: TraceId, backend: TraceBackend): void {
    homes.delete(traceId);
    homes.set(traceId, backend);
    const oldest = homes.keys().next().value;
    if (homes.size > REMEMBERED && oldest !== undefined) homes.delete(oldest);
  }

  return {
    title: places.map(({ backend }) => backend.title).join(' and '),
    async *fetch(traceIds, signal) {
      for (const { backend } of places) {
        for await (const batch of backend.fetch(traceIds, signal)) {
          for (const { traceId } of batch) if (!homes.has(traceId)) remember(traceId, backend);
          yield batch;
        }
      }
    },
    async search(query, signal) {
      const asked = places.filter((place) => keeps(place, query));
      const answers = await Promise.all(asked.map(({ backend }) => backend.search(query, signal)));
      const hits = new Map<TraceId, (typeof answers)[number][number]>();
      for (const [index, found] of answers.entries()) {
        for (const hit of found) {
          const known = hits.get(hit.traceId);
          const start = Math.min(hit.start, known?.start ?? hit.start);
          const end = Math.max(hit.start + hit.duration, known === undefined ? 0 : known.start + known.duration);
          hits.set(hit.traceId, { ...hit, start, duration: end - start, error: hit.error || known?.error === true });
          const home = asked[index]?.backend;
          if (known === undefined && home !== undefined) remember(hit.traceId, home);
        }
      }
      return ranked([...hits.values()], query);
    },
    async services(from, to, signal) {
      const answers = await Promise.all(places.map(({ backend }) => backend.services(from, to, signal)));
      return [...new Set(answers.flat())].toSorted();
    },
    linkTo: (traceId, spanId) => (homes.get(traceId) ?? places[0].backend).linkTo(traceId, spanId),
    async check(signal) {
      const healths = await Promise.all(places.map(({ backend }) => backend.check(signal)));
      const hint = healths.find((health) => !health.ok)?.hint ?? healths.find((health) => health.hint)?.hint;
      return {
        ok: healths.every((health) => health.ok),
        detail: healths.map((health, index) => `${places[index]?.backend.title}: ${health.detail}`).join('; '),
        ...(hint === undefined ? {} : { hint }),
      };
    },
  };
}

function keeps({ services }: Place, { service }: TraceQuery): boolean {
  return service === undefined || services === undefined || services.includes(service);
}
