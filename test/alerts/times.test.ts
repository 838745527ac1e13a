import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseJson } from '../../src/alerts/payload.ts';
import { microsOf } from '../../src/alerts/times.ts';

const MOMENT = 1_773_457_925_123_456;

test.each([
  ['2026-03-14T03:12:05.123456Z', MOMENT],
  ['2026-03-14T03:12:05.123456789Z', MOMENT],
  ['2026-03-14T03:12:05,123456+00:00', MOMENT],
  ['2026-03-14T04:12:05.123456+01:00', MOMENT],
  ['2026-03-13T22:12:05.123456-0500', MOMENT],
  ['2026-03-14 03:12:05.123456 UTC', MOMENT],
  ['2026-03-14 03:12:05.123456', MOMENT],
  [' 2026-03-14T03:12:05.123Z ', 1_773_457_925_123_000],
  ['2026-03-14T03:12Z', 1_773_457_920_000_000],
  [1_773_457_925, 1_773_457_925_000_000],
  [1_773_457_925.5, 1_773_457_925_500_000],
  [1_773_457_925_123, 1_773_457_925_123_000],
  ['1773457925123', 1_773_457_925_123_000],
  ['1773457925123.4567', 1_773_457_925_123_456],
  ['1773457925123456', MOMENT],
  ['1773457925123456789', MOMENT],
  [999_999_999, 999_999_999_000_000],
])('%j is %i', (time, micros) => {
  expect(microsOf(time)).toBe(micros);
});

test.each([
  '0001-01-01T00:00:00Z',
  '9999-12-31T23:59:59Z',
  '2026-13-45T99:99:99Z',
  '2026-03-14',
  'yesterday',
  '',
  0,
  -1,
  1e300,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  '9'.repeat(30),
  '-1773457925',
  null,
  undefined,
  {},
  true,
])('%j says no time', (time) => {
  expect(microsOf(time)).toBeUndefined();
});

test('a moment is the same in every unit, to the unit’s own precision', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1_000_000_000, max: 4_000_000_000 }),
      fc.integer({ min: 0, max: 999_999 }),
      (seconds, rest) => {
        const digits = `${seconds}${String(rest).padStart(6, '0')}`;
        const micros = seconds * 1_000_000 + rest;
        expect(microsOf(digits)).toBe(micros);
        expect(microsOf(`${digits}999`)).toBe(micros);
        expect(microsOf(new Date(micros / 1_000).toISOString())).toBe(Math.floor(micros / 1_000) * 1_000);
      },
    ),
  );
});

test('whole numbers that JavaScript does not have arrive as they were written', () => {
  const json = parseJson(
    Buffer.from(
      '{"a":1420452193166002001,"b":9007199254740991,"c":1.5e300,"d":[-18446744073709551615],"e":"1420452193166002001"}',
    ),
  );
  expect(json).toEqual({
    a: '1420452193166002001',
    b: 9_007_199_254_740_991,
    c: 1.5e300,
    d: ['-18446744073709551615'],
    e: '1420452193166002001',
  });
});
