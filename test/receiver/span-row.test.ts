import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeSpan, encodeBody } from '../../src/receiver/span-row.ts';
import { packSpans, unpackSpans } from '../../src/store/kept-traces.ts';
import { someSpans } from '../formats/some-spans.ts';

test('any span comes back from its row as it was', () => {
  fc.assert(
    fc.property(someSpans, (spans) => {
      expect(spans.map((span) => decodeSpan(span, encodeBody(span)))).toEqual(spans);
    }),
  );
});

test('a row that was written before probabilities were read is a span of which none is known', () => {
  const body = ['2'.repeat(16), 0, 2, 0, 0, {}, 0, 0, 0];
  const columns = { traceId: '1'.repeat(32), service: 'a', name: 'b', start: 1, end: 2, resource: {} };
  expect(decodeSpan(columns, JSON.stringify(body))).not.toHaveProperty('probability');
});

test('any span comes back from the traces that an investigation keeps', async () => {
  await fc.assert(
    fc.asyncProperty(someSpans, async (spans) => {
      expect(await unpackSpans(await packSpans(spans))).toEqual(spans);
    }),
    { numRuns: 30 },
  );
});
