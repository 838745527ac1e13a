import fc from 'fast-check';
import type { SpanRecord } from '../../src/model/span.ts';
import type { Trace } from '../../src/model/trace.ts';
import { buildTable, traceAt } from '../../src/trace/build.ts';

const EPOCH = 1_800_000_000_000_000;
const id = (n: number) => (n + 1).toString(16).padStart(16, '0');

/** Any tree of one to sixty spans: deep, wide, with repeated siblings, errors, spans of no length and several roots. */
export const arbitraryTrace: fc.Arbitrary<Trace> = fc
  .array(
    fc.record({
      parent: fc.nat(),
      isRoot: fc.nat(12).map((n) => n === 0),
      name: fc.constantFrom('GET /a', 'GET /b', 'SELECT', 'work'),
      service: fc.constantFrom('gateway', 'auth', 'store'),
      start: fc.nat(5_000),
      length: fc.oneof(fc.constant(0), fc.nat(5_000)),
      error: fc.nat(6).map((n) => n === 0),
    }),
    { minLength: 1, maxLength: 60 },
  )
  .map((spans) => {
    const records = spans.map((span, index): SpanRecord => {
      const isRoot = index === 0 || span.isRoot;
      return {
        traceId: 'a'.repeat(32),
        spanId: id(index),
        ...(isRoot ? {} : { parentSpanId: id(span.parent % index) }),
        service: span.service,
        name: span.name,
        kind: 'internal',
        start: EPOCH + span.start,
        end: EPOCH + span.start + span.length,
        status: span.error ? 'error' : 'unset',
        attributes: {},
        resource: {},
        events: [],
        links: [],
      };
    });
    return traceAt(buildTable(records), 0);
  });
