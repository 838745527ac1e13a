import type { SpanRecord } from '../../src/model/span.ts';
import type { Losses } from '../contracts/trace-backend.ts';

/** What each store cannot do, measured on the real one where one could be run: `docs/backends.md` says it in words. */
export const JAEGER_LOSSES: Losses = {
  losses: ['services-of-all-time', 'lists'],
};

export const ZIPKIN_LOSSES: Losses = {
  losses: ['services-of-all-time', 'letter-case', 'links', 'lists'],
  comesBackAs: (span: SpanRecord): SpanRecord => {
    const { scope: _, ...kept } = span;
    return {
      ...kept,
      name: span.name.toLowerCase(),
      attributes: Object.fromEntries(
        Object.entries(span.attributes).map(([key, value]) => [key, Array.isArray(value) ? value.join(',') : value]),
      ),
      events: span.events.map(({ name, time }) => ({ name, time, attributes: {} })),
      links: [],
    };
  },
};

export const CLICKHOUSE_LOSSES: Losses = {
  losses: ['lists'],
  comesBackAs: listsAsTexts,
};

/** By the documented API: no Tempo could be run. */
export const TEMPO_LOSSES: Losses = {
  losses: ['services-of-all-time', 'window-of-the-trace', 'error-flag-by-status'],
};

/** By its sources: no VictoriaTraces could be run. */
export const VICTORIA_LOSSES: Losses = {
  losses: ['services-of-all-time', 'lists'],
  comesBackAs: listsAsTexts,
};
