import type { Evidence, Finding } from '../model/finding.ts';
import { at, numberAt } from '../model/units.ts';
import { SOON, type Stillness, stillnesses } from '../population/pauses.ts';
import { chanceOfRates, chanceOfSoMany, median } from '../population/statistics.ts';
import { sum, type View } from '../population/view.ts';
import { ordinalOf } from '../trace/build.ts';
import { cite, clip, count, named, nameOf, us } from './cite.ts';
import type { Detector } from './detector.ts';
import { intermediaryOf } from './intermediary.ts';

/** A pause is at least this long, µs. */
const LEAST = 50_000;
/** Three requests that stop and go on together prove a pause. */
const PROVES = 3;
/** So do pairs, when luck deals as many of them at most one time in a hundred. So rarely must more be stopped by luck than before. */
const PAIR = 2;
const CHANCE = 0.01;
/** A request that was stopped lost at least this part of the time; whoever merely works as long as ever lost nothing. */
const LOST = 0.5;
/** A process that stopped this part of the bad requests that came to it is why they are bad. */
const MOSTLY = 0.5;
const INSTANCE = ['k8s.pod.name', 'service.instance.id', 'container.id', 'host.name', 'process.pid'] as const;

/**
 * D26: one process stopped for a while, with all that it had under way: garbage collection, throttling, a frozen host. It
 * takes requests that set out apart, at work there or on their way, and that went on together: three of them, or pairs again
 * and again. Never is it seen from one trace.
 */
export const pause: Detector = {
  id: 'D26 pause',
  asks: 'Did one process stop for a moment with everything it was doing?',
  detect(view) {
    if (sum(view.sides.reference) === 0 || sum(view.bad) === 0) return [];
    const stopsIn = (traces: Uint8Array) =>
      stillnesses(view.table, view.charges, traces, 1)
        .filter(({ from, to }) => to - from >= LEAST)
        .map((still) => stopOf(view, still))
        .filter((stop) => stop.traces.length > 0);
    const found = stopsIn(view.window);
    if (found.length === 0) return [];
    const usual = Map.groupBy(stopsIn(view.sides.reference), ({ party }) => party);
    const byProcess = Map.groupBy(found, ({ row }) => at(view.table.resourceOf, row));
    return [...byProcess]
      .sort(([a], [b]) => a - b)
      .flatMap(([, stops]) => {
        const usually = stoppedTogether(usual.get(stops[0]?.party ?? -1) ?? []);
        return isProven(stops) && isMore(view, stops, usually) ? (findingOf(view, stops, usually) ?? []) : [];
      });
  },
};

/** Requests that stopped with another one. */
function stoppedTogether(stops: readonly Stop[]): number {
  return new Set(stops.filter(isTogether).flatMap(({ traces }) => traces)).size;
}

const isTogether = ({ apart, traces }: Stop): boolean => apart && traces.length >= PAIR;

/** Whether more requests stop together than did before, beyond luck. */
function isMore(view: View, stops: readonly Stop[], usually: number): boolean {
  const now = { with: stoppedTogether(stops), of: sum(view.window) };
  return chanceOfRates(now, { with: usually, of: sum(view.sides.reference) }) <= CHANCE;
}

/** A still time with those requests only that lost time by it. */
type Stop = Stillness & {
  /** They set out so far apart that nothing but the process can have held them up together. */
  readonly apart: boolean;
};

function stopOf(view: View, still: Stillness): Stop {
  const visits = still.visits.filter((entry) => lostIn(view, still, entry));
  const sent = visits.map((entry) => numberAt(view.table.start, senderOf(view, entry) ?? entry));
  const spread = sent.reduce((most, time) => Math.max(most, time), 0) - sent.reduce((a, b) => Math.min(a, b), Infinity);
  return {
    ...still,
    visits,
    traces: [...new Set(visits.map((entry) => ordinalOf(view.table, entry)))],
    apart: spread > SOON,
  };
}

/** The call that a visit answers, where its caller can be seen and asked the process itself. */
function senderOf(view: View, entry: number): number | undefined {
  const caller = at(view.table.parent, entry);
  if (caller < 0 || at(view.charges.callee, caller) !== entry) return undefined;
  return intermediaryOf(view, caller) === undefined ? caller : undefined;
}

/**
 * Whether a visit, with its way there, took longer than such visits usually do by a good part of the time for which it stood
 * still. Long work that says nothing of itself is as still, but it is so every time; what was never seen before tells nothing.
 */
function lostIn(view: View, { from, to }: Stillness, entry: number): boolean {
  const sender = senderOf(view, entry);
  // Not begun yet, and nobody knows when it came: it may have been held up on its way.
  if (sender === undefined && numberAt(view.table.start, entry) >= to) return false;
  const rows = sender === undefined ? [entry] : [entry, sender];
  let lost = 0;
  for (const row of rows) {
    const before = view.comparison.shifts[at(view.cells.of, row)]?.before;
    if (before === undefined || before.length === 0) continue;
    lost += Math.max(0, numberAt(view.cells.time, row) - median(before));
  }
  return lost >= LOST * (to - Math.max(from, numberAt(view.table.start, sender ?? entry)));
}

/**
 * Whether requests went on together that set out apart: three, or so many pairs as hardly come about by themselves. Of n
 * requests that are held up one by one in a time T, about n² · `SOON` / T pairs go on so close to each other (each has 2 ·
 * `SOON` / T to meet each other one, a pair counts once), and as many as a Poisson law of that mean allows.
 */
function isProven(stops: readonly Stop[]): boolean {
  const together = stops.filter(isTogether);
  if (together.some(({ traces }) => traces.length >= PROVES)) return true;
  const held = new Set(stops.flatMap(({ traces }) => traces)).size;
  const began = stops.reduce((first, { from }) => Math.min(first, from), Number.POSITIVE_INFINITY);
  const ended = stops.reduce((last, { to }) => Math.max(last, to), 0);
  const lucky = (held * held * SOON) / Math.max(SOON, ended - began);
  return together.length >= PROVES && chanceOfSoMany(together.length, lucky) <= CHANCE;
}

/** `usually`: healthy requests that stopped together, for as long as counts. */
function findingOf(view: View, pauses: readonly Stop[], usually: number): Finding | undefined {
  const [longest] = pauses.toSorted(
    (a, b) =>
      Math.min(PAIR, b.traces.length) - Math.min(PAIR, a.traces.length) ||
      b.to - b.from - (a.to - a.from) ||
      a.from - b.from,
  );
  const [row] = longest?.visits ?? [];
  if (longest === undefined || row === undefined) return undefined;
  const stopped = new Set(pauses.flatMap(({ traces }) => traces));
  let bad = 0;
  for (const trace of stopped) if (view.bad[trace] === 1) bad++;
  const came = badAt(view, longest.party);
  const service = nameOf(view, longest.party);
  const values = {
    service: named(service),
    time: us(longest.to - longest.from),
    requests: count(longest.traces.length),
  };
  const evidence: [Evidence, ...Evidence[]] = [
    cite(view, [row], 'pause.still', values, { counts: { with: stopped.size, of: sum(view.window) } }),
  ];
  const instance = instanceOf(view, longest.row);
  if (instance !== undefined)
    evidence.push(cite(view, [row], 'pause.process', { service: named(service), instance: named(instance) }));
  if (pauses.length > 1)
    evidence.push(cite(view, [row], 'pause.times', { pauses: count(pauses.length), with: count(stopped.size) }));
  return {
    detector: pause.id,
    mechanism: 'pause',
    component: { kind: 'service', service },
    role: bad > 0 && bad >= MOSTLY * came ? 'cause' : 'context',
    strength: clip(1 - LEAST / (LEAST + longest.to - longest.from)),
    specificity: clip(1 - usually / Math.max(1, sum(view.sides.reference))),
    support: stopped.size,
    evidence,
  };
}

/** Bad requests that came to a service. */
function badAt({ table, charges, bad }: View, party: number): number {
  const came = new Set<number>();
  for (let trace = 0; trace < table.traces; trace++) {
    if (bad[trace] !== 1) continue;
    for (let row = at(table.first, trace); row < at(table.first, trace + 1); row++)
      if (charges.party[row] === party) came.add(trace);
  }
  return came.size;
}

function instanceOf({ table }: View, row: number): string | undefined {
  for (const key of INSTANCE) {
    const value = table.resource(row, key);
    if (value !== undefined && value !== '') return String(value);
  }
  return undefined;
}
