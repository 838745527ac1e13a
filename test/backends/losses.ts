import type { SpanRecord } from '../../src/model/span.ts';
import type { Losses } from '../contracts/trace-backend.ts';

/** What each store cannot do, measured on the real one where one could be run: `docs/backends.md` says it in words. */
export const JAEGER_LOSSES: Losses = { losses: ['services-of-all-time', 'lists'] };

/** Version 1 of Jaeger's API writes lists as texts of JSON. */
export const JAEGER_V1_LOSSES: Losses = { ...JAEGER_LOSSES, comesBackAs: listsAsTexts };

/** Jaeger 2.13 ignores wanted attributes in version 3, so that all of them are judged on our side, lists too. */
export const JAEGER_V3_LOSSES: Losses = { losses: ['services-of-all-time'] };

export const ZIPKIN_LOSSES: Losses = {
  losses: ['services-of-all-time', 'letter-case', 'links', 'lists'],
  comesBackAs: (span) => {
    const { scope: _, ...kept } = span;
    return {
      ...kept,
      service: span.service.toLowerCase(),
      name: span.name.toLowerCase(),
      attributes: Object.fromEntries(
        Object.entries(span.attributes).map(([key, value]) => [key, Array.isArray(value) ? value.join(',') : value]),
      ),
      events: span.events.map(({ name, time }) => ({ name, time, attributes: {} })),
      links: [],
    };
  },
};

export const CLICKHOUSE_LOSSES: Losses = { losses: ['lists'], comesBackAs: listsAsTexts };

/** The name of the scope, which SigNoz keeps in a JSON column since lately, is not read. */
export const SIGNOZ_LOSSES: Losses = {
  losses: ['lists'],
  comesBackAs: (span) => {
    const { scope: _, ...kept } = listsAsTexts(span);
    return kept;
  },
};

/** By the documented API: no Tempo could be run. */
export const TEMPO_LOSSES: Losses = {
  losses: ['services-of-all-time', 'window-of-the-trace', 'error-flag-by-status'],
};

/** By its sources: no VictoriaTraces could be run. */
export const VICTORIA_LOSSES: Losses = { losses: ['services-of-all-time', 'lists'], comesBackAs: listsAsTexts };

function listsAsTexts(span: SpanRecord): SpanRecord {
  const attributes = Object.fromEntries(
    Object.entries(span.attributes).map(([key, value]) => [key, Array.isArray(value) ? JSON.stringify(value) : value]),
  );
  return { ...span, attributes };
}
