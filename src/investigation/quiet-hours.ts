import { DAYS, type QuietHours } from '../model/quiet-hours.ts';
import { type EpochMicros, MINUTE } from '../model/units.ts';

const NAMES: readonly string[] = DAYS;
const DAY_MINUTES = 24 * 60;
/** Quiet hours that follow each other without a gap for longer than this would never end. */
const LONGEST = 8 * DAY_MINUTES;

/** A moment on the clock of a zone. */
type Local = { readonly day: number; readonly minute: number };

/**
 * When the quiet that holds now is over: the first whole minute that no quiet hours cover. Undefined when none hold. After
 * eight days of unbroken quiet it is over all the same, so that nothing is held for ever.
 */
export function quietUntil(now: EpochMicros, hours: readonly QuietHours[]): EpochMicros | undefined {
  const clocks = hours.map((each) => ({ each, clock: clockOf(each.zone) }));
  const left = (at: EpochMicros) =>
    clocks.reduce((most, { each, clock }) => Math.max(most, minutesLeft(each, clock(at))), 0);
  if (left(now) === 0) return undefined;
  const last = now + LONGEST * MINUTE;
  let at = Math.floor(now / MINUTE) * MINUTE;
  // Where a clock is put forward or back, the minutes left are an hour off; so the jump stops short and looks again.
  for (let minutes = left(at); minutes > 0 && at < last; minutes = left(at)) {
    at += (minutes > 90 ? minutes - 70 : 1) * MINUTE;
  }
  return at;
}

/** Minutes until these hours end, on the face of the clock; 0 when they do not hold. */
function minutesLeft({ from, to, days }: QuietHours, { day, minute }: Local): number {
  const length = to > from ? to - from : to + DAY_MINUTES - from;
  const begins = (index: number) => days.some((each) => DAYS.indexOf(each) === (index + 7) % 7);
  const sinceToday = minute - from;
  const sinceYesterday = sinceToday + DAY_MINUTES;
  const today = begins(day) && sinceToday >= 0 && sinceToday < length ? length - sinceToday : 0;
  const yesterday = begins(day - 1) && sinceYesterday < length ? length - sinceYesterday : 0;
  return Math.max(today, yesterday);
}

function clockOf(zone: string): (at: EpochMicros) => Local {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  return (at) => {
    const parts = new Map(format.formatToParts(at / 1_000).map(({ type, value }) => [type, value]));
    const weekday = (parts.get('weekday') ?? '').toLowerCase();
    return {
      day: NAMES.indexOf(weekday),
      minute: Number(parts.get('hour')) * 60 + Number(parts.get('minute')),
    };
  };
}
