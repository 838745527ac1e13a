import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { SpanRecord } from '../../src/model/span.ts';
import { seenBy, times, viewOf } from './seen.ts';

/** `sales` writes an order that `stock` confirms; a front calls both, so that neither is inside of the other. */
const request = (write: readonly [number, number], ahead = 0) => `
front  POST /buy                    server  0..100
  front  POST                       client  2..60   server.address=stock
    stock  POST /holds              server  ${5 + ahead}..${55 + ahead}  order.id=K
  front  POST                       client  ${write[0] - 4}..${write[1] + 6}  server.address=sales
    sales  POST /orders             server  ${write[0] - 2}..${write[1] + 4}
      sales  INSERT orders          client  ${write[0]}..${write[1]}  order.id=K db.system.name=postgresql db.operation.name=INSERT db.collection.name=orders
`;
/** Every request is about an order of its own. */
const numbered = (spans: readonly SpanRecord[]): readonly SpanRecord[] =>
  spans.map((span) =>
    span.attributes['order.id'] === undefined
      ? span
      : { ...span, attributes: { ...span.attributes, 'order.id': `${span.traceId}` } },
  );
const healthy = numbered(times(40, request([66, 75]), 'b'));

test('D19 sees a write that another service had not confirmed yet, across services and clocks', () => {
  const [finding] = seenBy('D19', viewOf(numbered(times(15, request([15, 20]), 's')), healthy));
  expect(finding).toMatchObject({
    mechanism: 'premature-commit',
    component: { kind: 'service', service: 'sales' },
    role: 'cause',
    support: 15,
  });
  const [first] = finding?.evidence ?? [];
  expect(first).toMatchObject({
    claim: 'order.ended-before-elsewhere',
    values: { service: { value: 'sales' }, to: { value: 'stock' }, call: { value: 'POST /holds' } },
    counts: { with: 15, of: 15, baselineWith: 0, baselineOf: 40 },
  });
  // The clocks of the two are known to a few milliseconds only, and that is said.
  expect(first?.values.uncertainty).toMatchObject({ unit: 'us' });
});

test('D19 claims nothing that the clocks leave open', () => {
  // The write begins 3 ms before the confirmation, and the clocks leave more than that open.
  expect(seenBy('D19', viewOf(numbered(times(15, request([52, 58]), 's')), healthy))).toEqual([]);
});

test('D19 sees the same order through a clock that is far off', () => {
  const off = 40_000_000;
  const shifted = (spans: readonly SpanRecord[]) =>
    spans.map((span) => (span.service === 'stock' ? { ...span, start: span.start + off, end: span.end + off } : span));
  expect(seenBy('D19', viewOf(shifted(numbered(times(15, request([15, 20]), 's'))), shifted(healthy)))).toMatchObject([
    { support: 15 },
  ]);
  expect(seenBy('D19', viewOf(shifted(numbered(times(15, request([66, 75]), 's'))), shifted(healthy)))).toEqual([]);
});

test('D19 is silent where orders are kept, never were, are about different things, or too rarely seen', () => {
  expect(seenBy('D19', viewOf(numbered(times(15, request([66, 75]), 's')), healthy))).toEqual([]);
  const always = numbered(times(40, request([15, 20]), 'b'));
  expect(seenBy('D19', viewOf(numbered(times(15, request([15, 20]), 's')), always))).toEqual([]);
  const unrelated = (spans: readonly SpanRecord[]) =>
    numbered(spans).map((span) =>
      span.service === 'stock' ? { ...span, attributes: { ...span.attributes, 'order.id': `${span.traceId}x` } } : span,
    );
  expect(
    seenBy('D19', viewOf(unrelated(times(15, request([15, 20]), 's')), unrelated(times(40, request([66, 75]), 'b')))),
  ).toEqual([]);
  expect(
    seenBy('D19', viewOf(numbered(times(15, request([15, 20]), 's')), numbered(times(5, request([66, 75]), 'b')))),
  ).toEqual([]);
});

test('D19 is silent about an id that everything shares', () => {
  // One value for all requests is a default, not an id.
  const view = viewOf(times(80, request([15, 20]), 's'), times(80, request([66, 75]), 'b'));
  expect(seenBy('D19', view)).toEqual([]);
});

test('D19 flips no claim for any skew of a clock inside of what its calls leave open, wherever it stands', () => {
  // The call from 2 to 60 ms round the work from 5 to 55 leaves 3 ms open on one side and 5 on the other.
  const inside = fc.integer({ min: -3_000, max: 5_000 });
  const moved = (spans: readonly SpanRecord[], by: number) =>
    spans.map((span) => (span.service === 'stock' ? { ...span, start: span.start + by, end: span.end + by } : span));
  const claims = (write: readonly [number, number], by: number) =>
    seenBy('D19', viewOf(moved(numbered(times(15, request(write), 's')), by), moved(healthy, by))).map(
      ({ mechanism, component, support }) => ({ mechanism, component, support }),
    );
  const early = claims([15, 20], 0);
  expect(early).toHaveLength(1);
  fc.assert(
    fc.property(inside, fc.constantFrom(0, 0, 9_000_000, -9_000_000), (skew, offset) => {
      expect(claims([66, 75], offset + skew)).toEqual([]);
      expect(claims([52, 58], offset + skew)).toEqual([]);
      expect(claims([15, 20], offset + skew)).toEqual(early);
    }),
    { numRuns: 40 },
  );
});
