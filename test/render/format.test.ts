import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  formatBytes,
  formatCount,
  formatFactor,
  formatMicros,
  formatRatio,
  formatUtc,
} from '../../src/render/format.ts';
import { safeMessage, safeName } from '../../src/render/names.ts';
import { ellipsize, textWidth, wrap } from '../../src/render/text-width.ts';
import { timeAxis } from '../../src/render/time-axis.ts';

describe('numbers as people read them', () => {
  test.each([
    [0, '0 ms'],
    [12, '12 µs'],
    [400, '0.4 ms'],
    [1_000, '1 ms'],
    [7_460, '7.5 ms'],
    [9_949, '9.9 ms'],
    [9_950, '10 ms'],
    [184_000, '184 ms'],
    [999_499, '999 ms'],
    [999_500, '1.0 s'],
    [3_210_000, '3.2 s'],
    [9_960_000, '10 s'],
    [41_400_000, '41 s'],
    [59_600_000, '1 min'],
    [125_000_000, '2 min 5 s'],
    [11_520_000_000, '3 h 12 min'],
    [-184_000, '−184 ms'],
  ])('%i µs is %s', (micros, text) => {
    expect(formatMicros(micros)).toBe(text);
  });

  test('a longer time never reads as a shorter one', () => {
    const scale: Readonly<Record<string, number>> = { µs: 1, ms: 1e3, s: 1e6, min: 6e7, h: 3.6e9 };
    const read = (text: string) =>
      [...text.matchAll(/([\d.]+) (µs|ms|s|min|h)/g)].reduce(
        (sum, [, n, unit]) => sum + Number(n) * (scale[unit ?? ''] ?? 0),
        0,
      );
    fc.assert(
      fc.property(fc.nat(1e11), (micros) => {
        const shown = read(formatMicros(micros));
        expect(Math.abs(shown - micros)).toBeLessThanOrEqual(Math.max(25, micros * 0.13));
      }),
    );
  });

  test('counts, factors, shares and bytes', () => {
    expect([0, 9_999, 12_345, 1_234_567, -12].map(formatCount)).toEqual([
      '0',
      '9999',
      '12\u202f345',
      '1\u202f234\u202f567',
      '−12',
    ]);
    expect([6, 1.25, 120.4].map(formatFactor)).toEqual(['6.0×', '1.3×', '120×']);
    expect([0, 0.001, 0.5, 0.999, 1].map(formatRatio)).toEqual(['0 %', '<1 %', '50 %', '>99 %', '100 %']);
    expect([512, 4_200, 17_000_000, 999_600].map(formatBytes)).toEqual(['512 B', '4.2 kB', '17 MB', '1.0 MB']);
  });

  test('times say UTC, and impossible ones do not throw', () => {
    expect(formatUtc(1_795_316_940_120_000, 'millisecond')).toBe('2026-11-22 03:09:00.120 UTC');
    expect(formatUtc(Number.NaN)).toBe('unknown time');
    expect(formatUtc(1e22)).toBe('unknown time');
  });
});

describe('names from outside', () => {
  test.each([
    ['a\nb\tc', 'a b c'],
    ['`rm -rf`', "'rm -rf'"],
    ['\u202eevil\u2066', 'evil'],
    ['ze\u200bro', 'zero'],
    ['', '(no name)'],
    ['\u0000\u0007', '(no name)'],
    ['<!channel>', '<!channel>'],
    ['\ud83d', '\ufffd'],
  ])('%j becomes %j', (name, safe) => {
    expect(safeName(name)).toBe(safe);
  });

  test('are one bounded, well-formed line', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 500 }), fc.integer({ min: 1, max: 100 }), (name, limit) => {
        const safe = safeName(name, limit);
        if (safe !== '(no name)') expect([...safe].length).toBeLessThanOrEqual(limit);
        expect(safe.isWellFormed()).toBe(true);
        expect(safe).not.toMatch(/[\p{Cc}`\u202a-\u202e\u2066-\u2069\u200b]/u);
        expect(safeName(safe, 1_000)).toBe(safe);
      }),
    );
    expect(safeName('x'.repeat(5_000), 60)).toBe(`${'x'.repeat(59)}…`);
  });

  test('error texts lose addresses, tokens and long numbers, and keep the rest', () => {
    expect(safeMessage('user bob@example.org not found')).toBe('user [address] not found');
    expect(safeMessage('Authorization: Bearer abc.def refused')).toBe('Authorization: [token] refused');
    expect(safeMessage('key sk_live_51HxyzABCDEFGH0123456789 revoked')).toBe('key [id] revoked');
    expect(safeMessage('card 4111-1111-1111-1111')).toBe('card [number]');
    expect(safeMessage('connect ECONNREFUSED 10.0.0.7:5432 after 3 tries')).toBe(
      'connect ECONNREFUSED 10.0.0.7:5432 after 3 tries',
    );
  });
});

describe('text in pictures', () => {
  test('is cut to the width it may take', () => {
    const style = { size: 18, bold: false };
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 80 }), fc.integer({ min: 0, max: 600 }), (text, width) => {
        const cut = ellipsize(text, width, style);
        expect(textWidth(cut, style)).toBeLessThanOrEqual(width);
        if (textWidth(text, style) <= width) expect(cut).toBe(text);
      }),
    );
  });

  test('wraps whole words on as many lines as there may be', () => {
    const lines = wrap('one two three four five six seven eight', 100, { size: 18, bold: false }, 2);
    expect(lines).toHaveLength(2);
    expect(lines[0]).toBe('one two');
    expect(lines[1]).toMatch(/^three.*…$/);
  });

  test('stands on an axis of round marks', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e11 }), fc.integer({ min: 2, max: 10 }), (total, most) => {
        const { ticks, per } = timeAxis(total, most);
        expect(ticks[0]).toBe(0);
        expect(ticks.length).toBeLessThanOrEqual(most + 1);
        expect(ticks.at(-1)).toBeLessThanOrEqual(total);
        expect(Number(((ticks[1] ?? per) / per).toPrecision(1))).toBeCloseTo((ticks[1] ?? per) / per);
      }),
    );
    expect(timeAxis(0, 5).ticks).toEqual([0]);
    expect(timeAxis(3_210_000, 5)).toEqual({ ticks: [0, 1_000_000, 2_000_000, 3_000_000], unit: 's', per: 1_000_000 });
  });
});
