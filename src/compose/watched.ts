import type { TraceId } from '../model/units.ts';
import type { TraceBackend } from '../ports/trace-backend.ts';

/** How far asking a backend has come. How many searches it takes shows only while they are made. */
export type Step =
  | { readonly stage: 'searching'; readonly done: number }
  | { readonly stage: 'reading'; readonly done: number; readonly of: number };

/**
 * The backend, and whoever waits is told how far it has come: of each search when it is begun, of each trace when the first
 * of its spans is there. Traces that are not there count as read in the end.
 */
export function watched(backend: TraceBackend, show: (step: Step) => void): TraceBackend {
  let searches = 0;
  return {
    title: backend.title,
    services(...ask) {
      show({ stage: 'searching', done: searches });
      return backend.services(...ask);
    },
    search(...ask) {
      show({ stage: 'searching', done: searches });
      searches += 1;
      return backend.search(...ask);
    },
    async *fetch(traceIds, signal, missing) {
      const of = traceIds.length;
      const seen = new Set<TraceId>();
      show({ stage: 'reading', done: 0, of });
      for await (const batch of backend.fetch(traceIds, signal, missing)) {
        const known = seen.size;
        for (const { traceId } of batch) seen.add(traceId);
        if (seen.size > known && seen.size < of) show({ stage: 'reading', done: seen.size, of });
        yield batch;
      }
      show({ stage: 'reading', done: of, of });
    },
    linkTo: (traceId, spanId) => backend.linkTo(traceId, spanId),
    check: (signal) => backend.check(signal),
  };
}
