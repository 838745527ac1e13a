import type { Finding } from '../model/finding.ts';
import { at } from '../model/units.ts';
import { isEdge } from '../population/cells.ts';
import { median, sorted } from '../population/statistics.ts';
import { sum, type View } from '../population/view.ts';
import { cite, clip, count, factor, typicalVisit } from './cite.ts';
import type { Detector } from './detector.ts';

const FEWEST_SERVICES = 3;
const FEWEST_VISITS = 8;
const LEAST_SHARE = 0.6;
const LEAST_SHIFT = 0.1;
/** Spread of the logarithmic shifts below which everything moved alike. */
const ALIKE = 0.15;
/** Starts on whole milliseconds leave a time as uncertain as this, µs: much for a work of two milliseconds. */
const GRAIN = 1_000;

/**
 * D25: everything became slower by about the same factor. That is a shared machine, network or load and no single service;
 * it is told as context, and what stands out beyond it is still ranked.
 */
export const commonMode: Detector = {
  id: 'D25 common-mode-slowdown',
  asks: 'Did everything become slower alike?',
  detect(view) {
    const shifts = view.comparison.shifts.filter(
      ({ cell, now, before }) =>
        !isEdge(view.cells, cell) &&
        now.length >= FEWEST_VISITS &&
        before.length >= FEWEST_VISITS &&
        median(before) > 500,
    );
    const services = new Set(shifts.map(({ cell }) => at(view.cells.from, cell)));
    if (services.size < FEWEST_SERVICES) return [];
    const logs = shifts.map(({ now, before }) => ({
      value: Math.log((median(now) + 100) / (median(before) + 100)),
      blur: GRAIN / median(before),
    }));
    const middle = median(sorted(logs.map(({ value }) => value)));
    const close = logs.filter(({ value, blur }) => Math.abs(value - middle) <= ALIKE + blur).length / logs.length;
    if (middle < LEAST_SHIFT || close < LEAST_SHARE) return [];
    return [finding(view, shifts, middle, close, services.size)];
  },
};

function finding(
  view: View,
  shifts: View['comparison']['shifts'],
  middle: number,
  close: number,
  services: number,
): Finding {
  const [largest] = [...shifts].sort((a, b) => median(b.now) - median(a.now) || a.cell - b.cell);
  const row = largest === undefined ? 0 : typicalVisit(view, largest.cell, view.sides.suspect);
  return {
    detector: commonMode.id,
    mechanism: 'common-mode-slowdown',
    component: {
      kind: 'attribute',
      key: 'services',
      value: 'all',
      services: view.charges.parties.names.slice(0, view.charges.parties.services),
    },
    role: 'context',
    strength: clip(1 - Math.exp(-middle)),
    specificity: clip(close),
    support: sum(view.sides.suspect),
    evidence: [
      cite(view, [row], 'common-mode.factor', {
        factor: factor(Math.exp(middle)),
        operations: count(Math.round(close * shifts.length)),
        of: count(shifts.length),
        services: count(services),
      }),
    ],
  };
}
