import { describe, expect, test } from 'vitest';
import { momentOf } from '../../src/compose/moments.ts';

const NOW = 1_795_348_800_000_000;

describe('a moment as somebody types it', () => {
  test.each([
    ['now', NOW],
    ['-30m', NOW - 1_800_000_000],
    ['-90s', NOW - 90_000_000],
    ['-1.5h', NOW - 5_400_000_000],
    ['-2d', NOW - 172_800_000_000],
    ['2026-11-22T10:15:00Z', Date.UTC(2026, 10, 22, 10, 15) * 1_000],
    ['2026-11-22T10:15:00.250+02:00', Date.UTC(2026, 10, 22, 8, 15, 0, 250) * 1_000],
    ['2026-11-22 10:15', new Date(2026, 10, 22, 10, 15).getTime() * 1_000],
  ])('%s', (text, moment) => {
    expect(momentOf('--from', text, NOW)).toBe(moment);
  });

  test.each([
    '',
    'yesterday',
    '30m',
    '-30',
    '-30w',
    '2026-11-22',
    '2026-13-01T00:00Z',
    '-1e9m',
    '10:15',
  ])('%j is none, and the flag is named', (text) => {
    expect(() => momentOf('--to', text, NOW)).toThrow(/--to is no time/);
  });
});
