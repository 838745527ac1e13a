import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { traceQl } from '../../src/backends/traceql.ts';
import type { SpanRecord } from '../../src/model/span.ts';
import { CONTRACT_SPANS } from '../contracts/trace-backend.ts';
import { readTraceQl } from './traceql-reader.ts';

const ALL = { traceDuration: true, mostRecent: true } as const;
const WINDOW = { from: 0, to: 1, order: 'latest', limit: 1 } as const;
const [PLAIN] = CONTRACT_SPANS;
const anything = fc.string({ unit: 'binary', maxLength: 40 });

describe('TraceQL of a query', () => {
  test('reads as one would write it', () => {
    expect(traceQl({ ...WINDOW, service: 'shop', minDuration: 1_500 }, 2_000, ALL)).toBe(
      '{ resource.service.name = "shop" && duration >= 1500us && traceDuration >= 2000us } with(most_recent=true)',
    );
    expect(traceQl(WINDOW, 0, { traceDuration: false, mostRecent: false })).toBe('{ }');
    expect(traceQl({ ...WINDOW, attributes: { 'user.id': '7' } }, 0, { ...ALL, mostRecent: false })).toContain(
      'span.user.id = "7" || span.user.id = 7 || resource.user.id = "7"',
    );
  });

  test('whatever a name holds, the query means that name and nothing more', () => {
    fc.assert(
      fc.property(anything, anything, anything, anything, (service, operation, key, value) => {
        if (PLAIN === undefined || key === '') return;
        const query = { ...WINDOW, service, operation, attributes: { [key]: value } };
        const { matches } = readTraceQl(traceQl(query, 0, ALL));
        const asked: SpanRecord = {
          ...PLAIN,
          name: operation,
          attributes: Object.fromEntries([[key, value]]),
          resource: { 'service.name': service },
        };
        const [seen, other] = [asked, PLAIN].map((span) => ({ span, traceDuration: 0 }));
        const known = key === '__proto__' || ['http.status_code'].includes(key);
        if (seen !== undefined && !known) expect(matches(seen)).toBe(true);
        if (other !== undefined && service !== PLAIN.service) expect(matches(other)).toBe(false);
      }),
    );
  });
});
