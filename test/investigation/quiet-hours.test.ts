import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { quietUntil } from '../../src/investigation/quiet-hours.ts';
import { DAYS, type QuietHours } from '../../src/model/quiet-hours.ts';
import { MINUTE } from '../../src/model/units.ts';

const at = (iso: string) => Date.parse(iso) * 1_000;
const until = (now: string, ...hours: readonly QuietHours[]) => {
  const end = quietUntil(at(now), hours);
  return end === undefined ? undefined : new Date(end / 1_000).toISOString();
};
const quiet = (from: string, to: string, rest: Partial<QuietHours> = {}): QuietHours => {
  const minutes = (clock: string) => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3));
  return { from: minutes(from), to: minutes(to), days: DAYS, zone: 'UTC', unless: 'critical', ...rest };
};

describe('quiet hours', () => {
  test('hold over midnight and end in the morning', () => {
    const night = quiet('22:00', '07:00');
    expect(until('2026-11-22T21:59:59Z', night)).toBeUndefined();
    expect(until('2026-11-22T22:00:00Z', night)).toBe('2026-11-23T07:00:00.000Z');
    expect(until('2026-11-23T06:59:30Z', night)).toBe('2026-11-23T07:00:00.000Z');
    expect(until('2026-11-23T07:00:00Z', night)).toBeUndefined();
  });

  test('belong to the day on which they begin', () => {
    const friday = quiet('22:00', '07:00', { days: ['fri'] });
    // 2026-11-20 is a Friday.
    expect(until('2026-11-21T03:00:00Z', friday)).toBe('2026-11-21T07:00:00.000Z');
    expect(until('2026-11-20T03:00:00Z', friday)).toBeUndefined();
    expect(until('2026-11-21T23:00:00Z', friday)).toBeUndefined();
  });

  test('of days that follow each other end once, after the last', () => {
    const weekend = quiet('00:00', '00:00', { days: ['sat', 'sun'] });
    expect(until('2026-11-21T09:00:00Z', weekend)).toBe('2026-11-23T00:00:00.000Z');
    expect(until('2026-11-21T09:00:00Z', weekend, quiet('22:00', '07:30'))).toBe('2026-11-23T07:30:00.000Z');
  });

  test('go by the clock of their zone', () => {
    const night = quiet('22:00', '07:00', { zone: 'Asia/Kolkata' });
    expect(until('2026-11-22T17:00:00Z', night)).toBe('2026-11-23T01:30:00.000Z');
  });

  // Berlin: 2026-03-29 02:00 becomes 03:00, 2026-10-25 03:00 becomes 02:00.
  test.each([
    ['2026-03-28T22:00:00Z', '2026-03-29T05:00:00.000Z'],
    ['2026-03-29T00:30:00Z', '2026-03-29T05:00:00.000Z'],
    ['2026-10-24T21:00:00Z', '2026-10-25T06:00:00.000Z'],
    ['2026-10-25T00:30:00Z', '2026-10-25T06:00:00.000Z'],
  ])('end at seven on the wall although the clock is put on or back: %s', (now, end) => {
    expect(until(now, quiet('22:00', '07:00', { zone: 'Europe/Berlin' }))).toBe(end);
  });

  test('that never stop are over after eight days, so that nothing is held for ever', () => {
    expect(until('2026-11-22T00:00:00Z', quiet('00:00', '00:00'))).toBe('2026-11-30T00:00:00.000Z');
  });

  test('end at the first minute that is not quiet', { timeout: 60_000 }, () => {
    const zones = ['UTC', 'Europe/Berlin', 'America/St_Johns', 'Australia/Lord_Howe', 'Pacific/Apia'];
    const some = fc.record({
      from: fc.nat(1_439),
      to: fc.nat(1_439),
      days: fc.uniqueArray(fc.constantFrom(...DAYS), { minLength: 1, maxLength: 6 }),
      zone: fc.constantFrom(...zones),
      unless: fc.constant('critical' as const),
    });
    const now = fc.integer({ min: at('2026-01-01T00:00:00Z'), max: at('2027-01-01T00:00:00Z') });
    fc.assert(
      fc.property(now, fc.array(some, { minLength: 1, maxLength: 2 }), (moment, hours) => {
        const end = quietUntil(moment, hours);
        if (end === undefined) return;
        expect(end).toBeGreaterThan(moment);
        expect(end % MINUTE).toBe(0);
        // Held for eight days, it is let go although it is still quiet.
        if (end < moment + 8 * 24 * 60 * MINUTE - MINUTE) expect(quietUntil(end, hours)).toBeUndefined();
        for (let step = 1; step < 20; step += 1) {
          const between = moment + Math.floor(((end - MINUTE - moment) * step) / 20);
          if (between > moment) expect(quietUntil(between, hours)).toBe(end);
        }
      }),
      { numRuns: 60 },
    );
  });
});
