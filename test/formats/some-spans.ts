import fc from 'fast-check';
import type { AttributeValue, SpanRecord } from '../../src/model/span.ts';

const id = (digits: number) =>
  fc.stringMatching(new RegExp(`^[0-9a-f]{${digits}}$`)).filter((text) => !/^0+$/.test(text));
const time = fc.integer({ min: 1, max: 4_000_000_000_000_000 });
const scalar = fc.oneof(
  fc.string({ unit: 'binary' }).map((text) => text.toWellFormed()),
  fc.boolean(),
  fc.maxSafeInteger(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).filter((value) => !Object.is(value, -0)),
);
const value: fc.Arbitrary<AttributeValue> = fc.oneof(scalar, fc.array(scalar, { maxLength: 5 }));
const attributes = fc.dictionary(fc.stringMatching(/^x[a-z.]{0,8}$/), value, { maxKeys: 5, noNullPrototype: true });
const name = fc.string({ maxLength: 20 });

/** Any spans that a sender could truthfully send, under today's attribute names. */
export const someSpans: fc.Arbitrary<readonly SpanRecord[]> = fc.array(
  fc
    .record({
      traceId: id(32),
      spanId: id(16),
      parentSpanId: fc.option(id(16), { nil: undefined }),
      service: fc.string({ minLength: 1, maxLength: 10 }),
      name,
      kind: fc.constantFrom('unspecified', 'internal', 'server', 'client', 'producer', 'consumer'),
      start: time,
      end: time,
      status: fc.constantFrom('unset', 'ok', 'error'),
      statusMessage: fc.option(fc.string({ minLength: 1 }), { nil: undefined }),
      attributes,
      events: fc.array(fc.record({ name, time, attributes }), { maxLength: 3 }),
      links: fc.array(fc.record({ traceId: id(32), spanId: id(16), attributes }), { maxLength: 2 }),
      probability: fc.constantFrom(undefined, 1, 0.5, 3 / 16, 2 ** -20, 2 ** -56),
      scope: fc.option(fc.string({ minLength: 1, maxLength: 10 }), { nil: undefined }),
    })
    .map(({ parentSpanId, statusMessage, scope, probability, ...span }) => ({
      ...span,
      ...(parentSpanId === undefined ? {} : { parentSpanId }),
      ...(statusMessage === undefined ? {} : { statusMessage }),
      ...(scope === undefined ? {} : { scope }),
      ...(probability === undefined ? {} : { probability }),
      resource: { 'service.name': span.service },
    })),
  { maxLength: 8 },
);
