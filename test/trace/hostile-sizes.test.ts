import { describe, expect, it } from 'vitest';
import type { SpanRecord } from '../../src/model/span.ts';
import { logicalCalls } from '../../src/trace/attempts.ts';
import { buildTable, SPAN_LIMIT, TableBuilder } from '../../src/trace/build.ts';
import { callsOf } from '../../src/trace/calls.ts';
import { connectionAttempts } from '../../src/trace/connection-attempts.ts';
import { criticalPath } from '../../src/trace/critical-path.ts';
import { traceDiff } from '../../src/trace/diff.ts';
import { errorOrigins } from '../../src/trace/error-origins.ts';
import { DRAWN_EPOCH, draw, drawnTraceId } from '../draw.ts';

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

it.each([
  ['wide', (index: number) => ({ parent: 1, start: index, end: index + 1 })],
  ['deep', (index: number) => ({ parent: index, start: index, end: 400_000 - index })],
])('the critical path of 100,000 spans %s', (_, shape) => {
  const size = 100_000;
  const span = (id: number, parent: number | undefined, start: number, end: number): SpanRecord => ({
    traceId: drawnTraceId(1),
    spanId: id.toString(16).padStart(16, '0'),
    ...(parent === undefined ? {} : { parentSpanId: parent.toString(16).padStart(16, '0') }),
    service: 'a',
    name: 'work',
    kind: 'internal',
    start: DRAWN_EPOCH + start,
    end: DRAWN_EPOCH + end,
    status: 'unset',
    attributes: {},
    resource: {},
    events: [],
    links: [],
  });
  const builder = new TableBuilder({ spanLimit: size + 1 });
  builder.add([span(1, undefined, 0, 400_000)]);
  for (let index = 1; index <= size; index++) {
    const { parent, start, end } = shape(index);
    builder.add([span(index + 1, parent, start, end)]);
  }
  const table = builder.finish();
  expect(table.size).toBe(size + 1);
  const sections = criticalPath(table, 0);
  expect(sections[0]?.start).toBe(0);
  expect(sections.at(-1)?.end).toBe(400_000);
  expect(new Set(sections.map(({ row }) => row)).size).toBe(size + 1);
});
