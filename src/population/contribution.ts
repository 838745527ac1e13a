import type { SpanTable } from '../model/trace.ts';
import { at, byteAt, numberAt } from '../model/units.ts';
import type { Cells } from './cells.ts';
import type { Charges } from './charges.ts';
import type { CellShift, Sides } from './latency.ts';

/** How much of what suspects took too long is each party's and each cell's doing. */
export type Contribution = {
  /** By party, 0…1: share of the excess in the suspects that touch it, beyond the same share in the reference. */
  readonly latency: Float64Array;
  /** By cell, µs: mean excess in a suspect that visits it, weighted with the cell's deviation. */
  readonly cellExcess: Float64Array;
  /** By trace, 0…1: how far beyond usual it took. */
  readonly badness: Float64Array;
  /** By trace, µs: excess felt time over all its cells. */
  readonly excess: Float64Array;
  /** By party: suspects that touch it. */
  readonly touched: Int32Array;
};

/** Prevalence only breaks ties: a service that few requests touch may still be the cause of what they suffer. */
const PREVALENCE_POWER = 0.15;

/**
 * For trace t and cell k let e be the felt time beyond the usual, E their sum and b the usual sum. A party's share of t is
 * Σ deviation·e / max(E, b) over the cells it owns; its contribution is the mean share over suspects that touch it, less the
 * same over the reference, less one standard error.
 */
export function contributions(
  table: SpanTable,
  charges: Charges,
  cells: Cells,
  shifts: readonly CellShift[],
  owners: Int32Array,
  sides: Sides,
): Contribution {
  const parties = charges.parties.names.length;
  const suspects = new Moments(parties);
  const reference = new Moments(parties);
  const badTouching = new Float64Array(parties);
  const badness = new Float64Array(table.traces);
  const excess = new Float64Array(table.traces);
  const cellExcess = new Float64Array(cells.count);
  const cellVisits = new Int32Array(cells.count);
  const share = new Float64Array(parties);
  const touchedIn = new Int32Array(parties).fill(-1);
  const here: number[] = [];
  // One shift a cell, in the order of cells: as columns, because every visit asks.
  const usualFelt = Float64Array.from(shifts, (shift) => shift.usualFelt);
  const deviation = Float64Array.from(shifts, (shift) => shift.deviation);
  const known = Uint8Array.from(shifts, ({ before }) => (before.length === 0 ? 0 : 1));
  let bad = 0;

  for (let trace = 0; trace < table.traces; trace++) {
    const now = sides.suspect[trace] === 1;
    if (!now && sides.reference[trace] !== 1) continue;
    here.length = 0;
    let over = 0;
    let usual = 0;
    for (let row = at(table.first, trace); row < at(table.first, trace + 1); row++) {
      const cell = at(cells.of, row);
      if (cell < 0) continue;
      touch(at(cells.from, cell));
      if (at(cells.to, cell) >= 0) touch(at(cells.to, cell));
      usual += numberAt(usualFelt, cell);
      if (byteAt(known, cell) === 0) continue;
      const beyond = Math.max(0, numberAt(cells.felt, row) - numberAt(usualFelt, cell));
      over += beyond;
      const owner = at(owners, cell);
      const weighed = numberAt(deviation, cell) * beyond;
      share[owner] = numberAt(share, owner) + weighed;
      if (now) {
        cellExcess[cell] = numberAt(cellExcess, cell) + weighed;
        cellVisits[cell] = at(cellVisits, cell) + 1;
      }
    }
    badness[trace] = over + usual === 0 ? 0 : over / (over + usual);
    excess[trace] = over;
    if (now) bad += numberAt(badness, trace);
    const whole = Math.max(over, usual, 1);
    for (const party of here) {
      (now ? suspects : reference).add(party, numberAt(share, party) / whole);
      if (now) badTouching[party] = numberAt(badTouching, party) + numberAt(badness, trace);
    }

    function touch(party: number): void {
      if (touchedIn[party] === trace) return;
      touchedIn[party] = trace;
      share[party] = 0;
      here.push(party);
    }
  }
  for (let cell = 0; cell < cells.count; cell++) {
    if (at(cellVisits, cell) > 0) cellExcess[cell] = numberAt(cellExcess, cell) / at(cellVisits, cell);
  }
  const latency = Float64Array.from(badTouching, (touching, party) => {
    const rise = suspects.mean(party) - reference.mean(party);
    const noise = Math.hypot(suspects.error(party), reference.error(party));
    const prevalence = bad === 0 ? 0 : touching / bad;
    return Math.max(0, rise - noise) * prevalence ** PREVALENCE_POWER;
  });
  return { latency, cellExcess, badness, excess, touched: suspects.counts };
}

/** Running mean and standard error, one of each a party. */
class Moments {
  readonly counts: Int32Array;
  readonly #sum: Float64Array;
  readonly #squares: Float64Array;

  constructor(size: number) {
    this.counts = new Int32Array(size);
    this.#sum = new Float64Array(size);
    this.#squares = new Float64Array(size);
  }

  add(index: number, value: number): void {
    this.counts[index] = at(this.counts, index) + 1;
    this.#sum[index] = numberAt(this.#sum, index) + value;
    this.#squares[index] = numberAt(this.#squares, index) + value * value;
  }

  mean(index: number): number {
    const n = at(this.counts, index);
    return n === 0 ? 0 : numberAt(this.#sum, index) / n;
  }

  error(index: number): number {
    const n = at(this.counts, index);
    if (n < 2) return 0;
    const variance = (numberAt(this.#squares, index) - n * this.mean(index) ** 2) / (n - 1);
    return Math.sqrt(Math.max(0, variance) / n);
  }
}
