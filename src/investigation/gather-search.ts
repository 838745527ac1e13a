import { type EpochMicros, MINUTE, SECOND, type TraceId } from '../model/units.ts';
import type { TraceBackend, TraceHit, TraceQuery } from '../ports/trace-backend.ts';
import { type Aim, ladder, type Rung, type Target } from './aim.ts';
import { Allowance, INCIDENT_BUDGET } from './budget.ts';
import { slowerFrom, worseFrom } from './change-point.ts';
import type { GatherParts } from './gathered.ts';
import type { Window } from './known-incidents.ts';
import { Notes } from './notes.ts';
import { ALERT_PRECISION, ENOUGH, FEWEST_SUSPECTS, splitWithoutOnset } from './onset.ts';

/** The hour before it: what is usual at this time of the day. */
const LOOK_BACK = 64 * MINUTE;
const DAY = 24 * 60 * MINUTE;
/** Errors and the slowest are wanted from around the alert only; a question says itself from when on. */
const SUSPECT_WINDOW = 10 * MINUTE;
/** As many as are read; more need not be found. */
export const BASELINE_WANTED = 200;

const LATEST = 200;
const PER_SLICE = 80;
const PER_KIND = 60;
/** Slices asked for at a time; the backend's own limit holds among them. */
const SLICES_AT_ONCE = 4;
const NARROWEST_SLICE = 2 * SECOND;
/** Of a long time since then slices of about this length are looked at, so that a busy minute does not stand for all of it. */
const SINCE_SLICE = 5 * MINUTE;
const MOST_SINCE = 6;

/** A trace that was found, and whether by chance: not because it failed or was slow. */
export type Found = TraceHit & { readonly plain: boolean };

/** Whom to ask, and at what cost. */
export type Reading = {
  readonly backend: TraceBackend;
  readonly allowance: Allowance;
  readonly notes: Notes;
  readonly signal: AbortSignal;
};

/** Begins a look into the backend: from here on its time runs. */
export function startReading({ backend, budget }: GatherParts, signal: AbortSignal): Reading {
  const notes = new Notes();
  return { backend, notes, allowance: new Allowance(budget ?? INCIDENT_BUDGET, notes), signal };
}

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
 *   …│←─── 8 s ──→│← 4 s →│←2 s→│←── the latest 200 ──→│ to        by chance, known incidents left out
 *       ≤ 80         ≤ 80   ≤ 80      ↑ at
 *                  │← the latest 60 errors, the slowest 60 ─→│
 * ```
 *
 * Where the latest 200 are all of the hour, nothing else is asked. Where too little came before the trouble, the day before
 * is looked at as well.
 */
export async function searchAround(reading: Reading, aim: Aim): Promise<Catch> {
  const rungs = ladder(aim);
  const catches = new Catches(aim);
  let whole = true;
  let [used] = rungs;
  for (const [index, rung] of rungs.entries()) {
    const before = catches.size;
    if (rung.everyone === true) {
      await lookFurtherBack(reading, used, aim, catches);
      if (catches.size >= FEWEST_SUSPECTS) break;
    }
    used = rung;
    for (const target of rung.targets) whole = (await lookAround(reading, target, aim, catches)) && whole;
    if (index > 0 && rung.note !== undefined && catches.size > before) reading.notes.step(rung.note);
    const { suspects, healthy } = catches.sides();
    if (suspects >= FEWEST_SUSPECTS && healthy >= ENOUGH) break;
  }
  await lookFurtherBack(reading, used, aim, catches);
  if (catches.left) reading.notes.step('Traces of earlier incidents were left out');
  return { found: catches.list(), split: catches.sides().split, rung: used, whole };
}

/** One target around that time; answers whether all its traces since the hour before were found. */
async function lookAround(reading: Reading, target: Target, aim: Aim, catches: Catches): Promise<boolean> {
  const { asked, at, to } = aim;
  const hour = { ...target, from: at - LOOK_BACK, to };
  const latest = await ask(reading, { ...hour, order: 'latest', limit: LATEST });
  if (latest === undefined) return false;
  catches.add(latest, true);
  if (latest.length < LATEST) return true;
  const oldest = latest.reduce((least, hit) => Math.min(least, hit.start), to);
  const around = { ...target, from: asked === 'by an alert' ? at - SUSPECT_WINDOW : at, to, limit: PER_KIND };
  const picked = [
    ask(reading, { ...around, errors: true, order: 'latest' }),
    ask(reading, { ...around, order: 'slowest' }),
  ];
  const slices = slicesBefore(oldest, aim);
  for (let from = 0; from < slices.length; from += SLICES_AT_ONCE) {
    const wave = slices.slice(from, from + SLICES_AT_ONCE);
    const answers = await Promise.all(
      wave.map((slice) => ask(reading, { ...target, ...slice, order: 'latest', limit: PER_SLICE })),
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
async function lookFurtherBack(reading: Reading, { targets }: Rung, { at }: Aim, catches: Catches): Promise<void> {
  const before = catches.sides().healthy;
  if (before >= ENOUGH) return;
  const limit = BASELINE_WANTED / 2;
  for (const target of targets) {
    for (const window of [
      { from: at - DAY, to: at - LOOK_BACK },
      { from: at - DAY - LOOK_BACK / 2, to: at - DAY + LOOK_BACK / 2 },
    ]) {
      catches.add((await ask(reading, { ...target, ...window, order: 'latest', limit })) ?? [], true);
    }
  }
  if (catches.sides().healthy > before)
    reading.notes.step('Too few healthy traces within the hour before, so the day before was read as well');
}

/** Even slices since then, the latest first, where the latest traces are not all of that time; then such as double backwards. */
function slicesBefore(oldest: EpochMicros, { at, to }: Aim): readonly Window[] {
  const slices: Window[] = [];
  const since = Math.max(0, oldest - at);
  const count = Math.min(MOST_SINCE, Math.ceil(since / SINCE_SLICE));
  for (let slice = count; slice > 0; slice -= 1)
    slices.push({
      from: at + Math.floor(((slice - 1) * since) / count),
      to: at + Math.floor((slice * since) / count),
    });
  const first = Math.max(NARROWEST_SLICE, Math.min(to - oldest, LOOK_BACK / 8));
  for (let width = first, end = Math.min(oldest, at); end > at - LOOK_BACK; width *= 2) {
    const from = Math.max(end - width, at - LOOK_BACK);
    slices.push({ from, to: end });
    end = from;
  }
  return slices;
}

/** One search; undefined when the allowance is used up: then we go on with what there is. */
export async function ask(reading: Reading, query: TraceQuery): Promise<readonly TraceHit[] | undefined> {
  const { backend, allowance, notes, signal } = reading;
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
  readonly #aim: Aim;
  readonly #found = new Map<TraceId, Found>();
  /** Whether any was left out for an earlier incident. */
  left = false;

  constructor(aim: Aim) {
    this.#aim = aim;
  }

  get size(): number {
    return this.#found.size;
  }

  add(hits: readonly TraceHit[], plain: boolean): void {
    for (const hit of hits) {
      if (this.#aim.excluded.some(({ from, to }) => hit.start >= from && hit.start < to)) this.left = true;
      else this.#found.set(hit.traceId, { ...hit, plain: plain || this.#found.get(hit.traceId)?.plain === true });
    }
  }

  list(): readonly Found[] {
    return [...this.#found.values()].toSorted((a, b) => a.start - b.start || (a.traceId < b.traceId ? -1 : 1));
  }

  /** How many lie on which side of the moment at which it seems to have begun; `seen` when one stands out. */
  sides() {
    const { asked, at, to } = this.#aim;
    const plain = this.list().filter((hit) => hit.plain);
    const occurrences = plain.map(({ start, duration, error, entry }) => ({
      start,
      // Requests of all kinds in one heap: their times say nothing.
      duration: entry === undefined ? 0 : duration,
      failed: error,
      route: entry ?? '',
    }));
    const until = asked === 'by an alert' ? at + ALERT_PRECISION : to;
    const onset = worseFrom(occurrences, until) ?? slowerFrom(occurrences, until);
    const starts = plain.map(({ start }) => start);
    const split = asked === 'by an alert' ? (onset ?? splitWithoutOnset(starts, at)) : Math.max(onset ?? at, at);
    const healthy = plain.filter(({ start, error }) => start < split && !error).length;
    const suspects = starts.filter((start) => start >= split).length;
    return { split, seen: onset !== undefined, healthy, suspects };
  }
}
