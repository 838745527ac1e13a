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
      attributes: {
        ...Object.fromEntries(
          Object.entries(span.attributes).map(([key, value]) => [key, Array.isArray(value) ? value.join(',') : value]),
        ),
        ...(span.statusMessage === undefined ? {} : { error: span.statusMessage }),
      },
      events: span.events.map(({ name, time }) => ({ name, time, attributes: {} })),
      links: [],
    };
  },
};

export const CLICKHOUSE_LOSSES: Losses = {
  losses: ['lists'],
  comesBackAs: (span: SpanRecord): SpanRecord => ({
    ...span,
    attributes: Object.fromEntries(
      Object.entries(span.attributes).map(([key, value]) => [
        key,
        Array.isArray(value) ? JSON.stringify(value) : value,
      ]),
    ),
  }),
};
