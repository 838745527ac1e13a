import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findOnset } from '../../src/investigation/onset.ts';
import type { SpanRecord } from '../../src/model/span.ts';
import { MILLISECOND, SECOND } from '../../src/model/units.ts';
import { buildTable } from '../../src/trace/build.ts';

const T0 = 1_790_000_000 * SECOND;

describe('when the trouble began', () => {
  test('errors that set in at a moment', () => {
    const spans = requests(60, (n) => ({ status: n >= 40 && n % 3 !== 0 ? 'error' : 'unset' }));
    expect(findOnset(buildTable(spans), T0 + 60 * SECOND)).toEqual({ at: T0 + 40 * SECOND, by: 'errors or slowness' });
  });

  test('slowness that sets in at a moment, even when most of the window is slow', () => {
    const spans = requests(60, (n) => ({ end: T0 + n * SECOND + (n >= 20 ? 400 : 20) * MILLISECOND }));
    expect(findOnset(buildTable(spans), T0 + 60 * SECOND)?.at).toBe(T0 + 20 * SECOND);
  });

  test('a slow route that always was slow is no onset, and neither is a traffic mix', () => {
    const spans = requests(60, (n) =>
      n % 2 === 0 ? {} : { name: 'GET /report', end: T0 + n * SECOND + 900 * MILLISECOND },
    );
    expect(findOnset(buildTable(spans), T0 + 60 * SECOND)).toBeUndefined();
  });

  test('a few errors here and there are no onset', () => {
    const spans = requests(100, (n) => ({ status: n % 25 === 7 ? 'error' : 'unset' }));
    expect(findOnset(buildTable(spans), T0 + 100 * SECOND)).toBeUndefined();
  });

  test('without harm, the moment a new version first answered', () => {
    const spans = requests(40, (n) => ({ resource: { 'service.version': n < 25 ? '1' : '2' } }));
    expect(findOnset(buildTable(spans), T0 + 40 * SECOND)).toEqual({ at: T0 + 25 * SECOND, by: 'deploy' });
  });

  test('a deploy shortly before the harm is where the baseline ends', () => {
    const spans = requests(80, (n) => ({
      resource: { 'service.version': n < 40 ? '1' : '2' },
      status: n >= 46 && n % 3 !== 0 ? 'error' : 'unset',
    }));
    expect(findOnset(buildTable(spans), T0 + 80 * SECOND)).toEqual({ at: T0 + 40 * SECOND, by: 'deploy' });
  });

  test('a version that came and went again is no deploy of now', () => {
    const spans = requests(80, (n) => ({ resource: { 'service.version': n >= 5 && n < 12 ? '2' : '1' } }));
    expect(findOnset(buildTable(spans), T0 + 80 * SECOND)).toBeUndefined();
  });

  test('what began after the alert did not wake anybody', () => {
    const spans = requests(40, (n) => ({ resource: { 'service.version': n < 25 ? '1' : '2' } }));
    expect(findOnset(buildTable(spans), T0 + 20 * SECOND)).toBeUndefined();
    expect(findOnset(buildTable([]), T0)).toBeUndefined();
  });

  test('the order in which traces come changes nothing', () => {
    const spans = requests(40, (n) => ({ status: n >= 30 ? 'error' : 'unset' }));
    const expected = findOnset(buildTable(spans), T0 + 40 * SECOND);
    fc.assert(
      fc.property(fc.shuffledSubarray(spans, { minLength: spans.length }), (shuffled) => {
        expect(findOnset(buildTable(shuffled), T0 + 40 * SECOND)).toEqual(expected);
      }),
      { numRuns: 20 },
    );
  });
});

/** One request a second, each a single span. */
function requests(count: number, given: (n: number) => Partial<SpanRecord>): SpanRecord[] {
  return Array.from({ length: count }, (_, n) => ({
    traceId: (n + 1).toString(16).padStart(32, '0'),
    spanId: (n + 1).toString(16).padStart(16, '0'),
    service: 'shop',
    name: 'GET /cart',
    kind: 'server',
    start: T0 + n * SECOND,
    end: T0 + n * SECOND + 20 * MILLISECOND,
    status: 'unset',
    attributes: {},
    resource: {},
    events: [],
    links: [],
    ...given(n),
  }));
}
