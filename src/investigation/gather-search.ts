import { type EpochMicros, MINUTE, SECOND, type TraceId } from '../model/units.ts';
import type { TraceBackend, TraceHit, TraceQuery } from '../ports/trace-backend.ts';
import type { Rung, Target } from './aim.ts';
import type { Allowance } from './budget.ts';
import { slowerFrom, worseFrom } from './change-point.ts';
import type { Notes } from './notes.ts';
import { ALERT_PRECISION, ENOUGH, FEWEST_SUSPECTS, splitWithoutOnset } from './onset.ts';

/** The hour before the alert: what is usual at this time of the day. */
const LOOK_BACK = 64 * MINUTE;
const DAY = 24 * 60 * MINUTE;
/** Errors and the slowest are wanted from around the alert only. */
const SUSPECT_WINDOW = 10 * MINUTE;
/** As many as are read; more need not be found. */
export const BASELINE_WANTED = 200;

const LATEST = 200;
const PER_SLICE = 80;
const PER_KIND = 60;
/** Slices asked for at a time; the backend's own limit holds among them. */
const SLICES_AT_ONCE = 4;
const NARROWEST_SLICE = 2 * SECOND;

export type Window = { readonly from: EpochMicros; readonly to: EpochMicros };

/** A trace that was found, and whether by chance: not because it failed or was slow. */
export type Found = TraceHit & { readonly plain: boolean };

type Parts = {
  readonly backend: TraceBackend;
  readonly allowance: Allowance;
  readonly notes: Notes;
  readonly signal: AbortSignal;
};
type When = { readonly alertAt: EpochMicros; readonly now: EpochMicros; readonly excluded: readonly Window[] };

/** What a search found altogether. */
export type Catch = {
  /** By start, then trace id. */
  readonly found: readonly Found[];
  /** Where the traces seem to part into healthy and suspect ones; the spans decide later. */
  readonly split: EpochMicros;
  /** How widely it had to be asked. */
  readonly rung: Rung;
  /** Whether every trace of the time was found, so that nothing was left to choice. */
  readonly whole: boolean;
};

/**
 * Looks for traces rung by rung until there are enough to compare, and then no further.
 *
 * ```
 *   …│←─── 8 s ──→│← 4 s →│←2 s→│←── the latest 200 ──→│ now       by chance, known incidents left out
 *       ≤ 80         ≤ 80   ≤ 80      ↑ alert
 *                  │← the latest 60 errors, the slowest 60 ─→│
 * ```
 *
 * Where the latest 200 are all of the hour, nothing else is asked. Where too little came before the trouble, the day before
 * is looked at as well.
 */
export async function searchAround(parts: Parts, rungs: readonly [Rung, ...Rung[]], when: When): Promise<Catch> {
  const catches = new Catches(when);
  let whole = true;
  let [used] = rungs;
  for (const [index, rung] of rungs.entries()) {
    const before = catches.size;
    if (rung.everyone === true) {
      await lookFurtherBack(parts, used, when, catches);
      if (catches.size >= FEWEST_SUSPECTS) break;
    }
    used = rung;
    for (const target of rung.targets) whole = (await lookAround(parts, target, when, catches)) && whole;
    if (index > 0 && rung.note !== undefined && catches.size > before) parts.notes.step(rung.note);
    const { suspects, healthy } = catches.sides();
    if (suspects >= FEWEST_SUSPECTS && healthy >= ENOUGH) break;
  }
  await lookFurtherBack(parts, used, when, catches);
  if (catches.left) parts.notes.step('Traces of earlier incidents were left out');
  return { found: catches.list(), split: catches.sides().split, rung: used, whole };
}

/** One target around the alert; answers whether all its traces of the hour were found. */
async function lookAround(parts: Parts, target: Target, when: When, catches: Catches): Promise<boolean> {
  const { alertAt, now } = when;
  const hour = { ...target, from: alertAt - LOOK_BACK, to: now };
  const latest = await ask(parts, { ...hour, order: 'latest', limit: LATEST });
  if (latest === undefined) return false;
  catches.add(latest, true);
  if (latest.length < LATEST) return true;
  const oldest = latest.reduce((least, hit) => Math.min(least, hit.start), now);
  const around = { ...target, from: alertAt - SUSPECT_WINDOW, to: now, limit: PER_KIND };
  const picked = [
    ask(parts, { ...around, errors: true, order: 'latest' }),
    ask(parts, { ...around, order: 'slowest' }),
  ];
  const slices = slicesBefore(oldest, when);
  for (let from = 0; from < slices.length; from += SLICES_AT_ONCE) {
    const wave = slices.slice(from, from + SLICES_AT_ONCE);
    const answers = await Promise.all(
      wave.map((slice) => ask(parts, { ...target, ...slice, order: 'latest', limit: PER_SLICE })),
    );
    for (const answer of answers) catches.add(answer ?? [], true);
    const { healthy, seen } = catches.sides();
    // Without an onset in sight everything so far may be sick, so it is looked further back.
    if (seen && healthy >= BASELINE_WANTED) break;
  }
  for (const answer of await Promise.all(picked)) catches.add(answer ?? [], false);
  return false;
}

/** The day before, where the hour holds too few healthy traces; the latest of it, and the same hour of yesterday. */
async function lookFurtherBack(parts: Parts, { targets }: Rung, when: When, catches: Catches): Promise<void> {
  const { alertAt } = when;
  const before = catches.sides().healthy;
  if (before >= ENOUGH) return;
  const limit = BASELINE_WANTED / 2;
  for (const target of targets) {
    for (const window of [
      { from: alertAt - DAY, to: alertAt - LOOK_BACK },
      { from: alertAt - DAY - LOOK_BACK / 2, to: alertAt - DAY + LOOK_BACK / 2 },
    ]) {
      catches.add((await ask(parts, { ...target, ...window, order: 'latest', limit })) ?? [], true);
    }
  }
  if (catches.sides().healthy > before)
    parts.notes.step('Too few healthy traces within the hour before, so the day before was read as well');
}

/** Slices that double backwards, from where the latest traces end or from the alert, whichever is earlier. */
function slicesBefore(oldest: EpochMicros, { alertAt, now }: When): readonly Window[] {
  const slices: Window[] = oldest > alertAt ? [{ from: alertAt, to: oldest }] : [];
  const begin = Math.min(oldest, alertAt);
  const first = Math.max(NARROWEST_SLICE, Math.min(now - oldest, LOOK_BACK / 8));
  for (let width = first, to = begin; to > alertAt - LOOK_BACK; width *= 2) {
    const from = Math.max(to - width, alertAt - LOOK_BACK);
    slices.push({ from, to });
    to = from;
  }
  return slices;
}

/** One search; undefined when the allowance is used up: then we go on with what there is. */
export async function ask(parts: Parts, query: TraceQuery): Promise<readonly TraceHit[] | undefined> {
  const { backend, allowance, notes, signal } = parts;
  if (!allowance.maySearch()) return undefined;
  try {
    return await backend.search(query, allowance.within(signal), notes.missing);
  } catch (thrown) {
    signal.throwIfAborted();
    if (allowance.isLate()) return undefined;
    throw thrown;
  }
}

/** Every trace that was found, each once. */
class Catches {
  readonly #when: When;
  readonly #found = new Map<TraceId, Found>();
  /** Whether any was left out for an earlier incident. */
  left = false;

  constructor(when: When) {
    this.#when = when;
  }

  get size(): number {
    return this.#found.size;
  }

  add(hits: readonly TraceHit[], plain: boolean): void {
    for (const hit of hits) {
      if (this.#when.excluded.some(({ from, to }) => hit.start >= from && hit.start < to)) this.left = true;
      else this.#found.set(hit.traceId, { ...hit, plain: plain || this.#found.get(hit.traceId)?.plain === true });
    }
  }

  list(): readonly Found[] {
    return [...this.#found.values()].toSorted((a, b) => a.start - b.start || (a.traceId < b.traceId ? -1 : 1));
  }

  /** How many lie on which side of the moment at which it seems to have begun; `seen` when one stands out. */
  sides() {
    const { alertAt } = this.#when;
    const plain = this.list().filter((hit) => hit.plain);
    const occurrences = plain.map(({ start, duration, error, entry }) => ({
      start,
      // Requests of all kinds in one heap: their times say nothing.
      duration: entry === undefined ? 0 : duration,
      failed: error,
      route: entry ?? '',
    }));
    const until = alertAt + ALERT_PRECISION;
    const onset = worseFrom(occurrences, until) ?? slowerFrom(occurrences, until);
    const starts = plain.map(({ start }) => start);
    const split = onset ?? splitWithoutOnset(starts, alertAt);
    const healthy = plain.filter(({ start, error }) => start < split && !error).length;
    const suspects = starts.filter((start) => start >= split).length;
    return { split, seen: onset !== undefined, healthy, suspects };
  }
}
