import { describe, expect, it } from 'vitest';
import type { SpanRecord } from '../../src/model/span.ts';
import { logicalCalls } from '../../src/trace/attempts.ts';
import { buildTable, SPAN_LIMIT } from '../../src/trace/build.ts';
import { callsOf } from '../../src/trace/calls.ts';
import { connectionAttempts } from '../../src/trace/connection-attempts.ts';
import { traceDiff } from '../../src/trace/diff.ts';
import { errorOrigins } from '../../src/trace/error-origins.ts';
import { DRAWN_EPOCH, draw } from '../draw.ts';

const SIZE = SPAN_LIMIT;
const [template] = draw('a GET client 0..1 ! http.request.method=GET url.full=http://b/x');

/** As many spans as a trace may have; whatever is quadratic in one of their shapes runs into the time limit of the test. */
function many(shape: (index: number) => Partial<SpanRecord>): readonly SpanRecord[] {
  return Array.from({ length: SIZE }, (_, index) => ({
    ...template!,
    spanId: hex(index + 1),
    start: DRAWN_EPOCH + index * 1_000,
    end: DRAWN_EPOCH + index * 1_000 + 500,
    ...shape(index),
  }));
}

const hex = (id: number) => id.toString(16).padStart(16, '0');

describe(`a trace of ${SIZE} spans`, () => {
  it('that all share one id', () => {
    const table = buildTable(many(() => ({ spanId: hex(1), parentSpanId: hex(1) })));
    expect(table.size).toBe(SIZE);
    expect(new Set(Array.from({ length: SIZE }, (_, row) => table.spanId(row))).size).toBe(SIZE);
  });

  it('that are one ring', () => {
    const table = buildTable(many((index) => ({ parentSpanId: hex(((index + 1) % SIZE) + 1) })));
    expect(table.repairs.get(0)?.filter(({ kind }) => kind === 'cycle')).toHaveLength(1);
    // The first span is cut free; the last hangs below it, long after its end, with all the others below.
    expect(errorOrigins(table, 0)).toHaveLength(2);
    expect(traceDiff({ table, ordinal: 0 }, { table, ordinal: 0 })).toEqual([]);
  });

  it('that are attempts of one call', () => {
    const table = buildTable(
      many((index) => (index === 0 ? { kind: 'server', end: DRAWN_EPOCH + 10 ** 9 } : { parentSpanId: hex(1) })),
    );
    expect(logicalCalls(table, 0)).toMatchObject([{ outcome: 'exhausted', attempts: { length: SIZE - 1 } }]);
    expect(errorOrigins(table, 0)).toHaveLength(1);
    expect(callsOf(table).count).toBe(SIZE - 1);
  });

  it('that are connections which lost their parents, between requests', () => {
    const table = buildTable(
      many((index) => (index % 2 === 0 ? {} : { name: 'tcp.connect', kind: 'internal', parentSpanId: 'f'.repeat(16) })),
    );
    expect(connectionAttempts(table, 0)).toEqual([]);
  });
});
