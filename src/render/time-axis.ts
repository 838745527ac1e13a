import type { Micros } from '../model/units.ts';

/** Marks of a time axis from zero: their places in microseconds and the unit that their labels share. */
export type TimeAxis = {
  readonly ticks: readonly Micros[];
  readonly unit: 'µs' | 'ms' | 's' | 'min';
  readonly per: Micros;
};

/** At most `most` round marks (1, 2 or 5 of a unit) over the whole length; an empty length has its zero. */
export function timeAxis(total: Micros, most: number): TimeAxis {
  const scale = unitOf(total);
  if (total <= 0) return { ticks: [0], ...scale };
  const rough = total / scale.per / most;
  const magnitude = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * magnitude).find((each) => each >= rough) ?? rough;
  const ticks: number[] = [];
  for (let mark = 0; mark * step * scale.per <= total; mark += 1) ticks.push(mark * step * scale.per);
  return { ticks, ...scale };
}

function unitOf(total: Micros): { unit: TimeAxis['unit']; per: Micros } {
  if (total < 1_000) return { unit: 'µs', per: 1 };
  if (total < 1_000_000) return { unit: 'ms', per: 1_000 };
  if (total < 180_000_000) return { unit: 's', per: 1_000_000 };
  return { unit: 'min', per: 60_000_000 };
}
