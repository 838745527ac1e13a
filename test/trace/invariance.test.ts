import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SpanRecord } from '../../src/model/span.ts';
import type { SpanTable } from '../../src/model/trace.ts';
import { at, numberAt } from '../../src/model/units.ts';
import { logicalCalls } from '../../src/trace/attempts.ts';
import { buildTable } from '../../src/trace/build.ts';
import { callsOf } from '../../src/trace/calls.ts';
import { connectionAttempts } from '../../src/trace/connection-attempts.ts';
import { criticalPath, criticalTimes } from '../../src/trace/critical-path.ts';
import { errorOrigins } from '../../src/trace/error-origins.ts';
import { messagesOf } from '../../src/trace/messages.ts';
import { selfTimes } from '../../src/trace/self-time.ts';
import { alignedTimes, clocksOf } from '../../src/trace/skew.ts';
import { visitEntries } from '../../src/trace/visits.ts';
import { hostileTrace } from './random-trace.ts';

/** Everything the algorithms say about a table, in rows and times, without a word of the data. */
function analysis(table: SpanTable) {
  return {
    path: criticalPath(table, 0),
    times: criticalTimes(table),
    self: selfTimes(table),
    calls: callsOf(table),
    visits: visitEntries(table),
    errors: errorOrigins(table, 0),
    attempts: logicalCalls(table, 0),
    connections: connectionAttempts(table, 0),
    messages: messagesOf(table),
    aligned: [...alignedTimes(table, clocksOf(table)).start],
  };
}

const renamed = new Map([
  ['a', 'zürich'],
  ['b', 'Ω'],
  ['c', '<!channel>'],
]);

describe('every algorithm, on any spans,', () => {
  const holds = (change: (spans: readonly SpanRecord[]) => readonly SpanRecord[]) => {
    fc.assert(
      fc.property(hostileTrace, (spans) => {
        expect(analysis(buildTable(change(spans)))).toEqual(analysis(buildTable(spans)));
      }),
      { numRuns: 150 },
    );
  };

  it('says the same whatever the order of arrival', () => {
    holds((spans) => spans.toReversed());
  });

  it('says the same when every span comes twice', () => {
    holds((spans) => spans.flatMap((span) => [span, span]));
  });

  it('says the same at another time of day', () => {
    holds((spans) =>
      spans.map((span) => ({ ...span, start: span.start + 3_600_000_000, end: span.end + 3_600_000_000 })),
    );
  });

  it('says the same about services of other names', () => {
    holds((spans) =>
      spans.map((span) => {
        const service = renamed.get(span.service) ?? '';
        return { ...span, service, resource: { 'service.name': service } };
      }),
    );
  });

  it('says the same in another trace', () => {
    holds((spans) => spans.map((span) => ({ ...span, traceId: 'f'.repeat(32) })));
  });

  it('keeps a call inside its span: gap never below zero nor above the length', () => {
    fc.assert(
      fc.property(hostileTrace, (spans) => {
        const table = buildTable(spans);
        const calls = callsOf(table);
        for (let call = 0; call < calls.count; call++) {
          const client = at(calls.client, call);
          expect(numberAt(calls.gap, call)).toBeGreaterThanOrEqual(0);
          expect(numberAt(calls.gap, call)).toBeLessThanOrEqual(
            numberAt(table.end, client) - numberAt(table.start, client),
          );
          expect(at(calls.of, client)).toBe(call);
        }
        for (const { rows, origin } of errorOrigins(table, 0)) {
          expect(rows.at(-1)).toBe(origin);
          // A chain only ever goes down.
          expect(rows.toSorted((a, b) => a - b)).toEqual(rows);
        }
      }),
      { numRuns: 150 },
    );
  });
});
