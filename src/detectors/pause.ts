import type { Evidence, Finding } from '../model/finding.ts';
import { at } from '../model/units.ts';
import { ensure } from '../population/numbering.ts';
import { type Stillness, stillnesses } from '../population/pauses.ts';
import { quantile, sorted } from '../population/statistics.ts';
import { sum, type View } from '../population/view.ts';
import { cite, clip, count, named, nameOf, us } from './cite.ts';
import type { Detector } from './detector.ts';

/** A pause is at least this long, µs, and this many times what nearly all quiet times of the service were before. */
const LEAST = 50_000;
const BEYOND = 5;
/** Three requests that stop and go on together prove a pause; where one is proven, two at once are another. */
const PROVES = 3;
const FEWEST = 2;
/** A process that stopped this part of the bad requests that came to it is why they are bad. */
const MOSTLY = 0.5;
const INSTANCE = ['k8s.pod.name', 'service.instance.id', 'container.id', 'host.name', 'process.pid'] as const;

/**
 * D26: one process stopped for a while, with all that it had under way: garbage collection, throttling, a frozen host. It
 * takes three requests at once to see, at work there or on their way, and never is seen from one trace.
 */
export const pause: Detector = {
  id: 'D26 pause',
  asks: 'Did one process stop for a moment with everything it was doing?',
  detect(view) {
    if (sum(view.sides.reference) === 0 || sum(view.bad) === 0) return [];
    const among = (traces: Uint8Array) => stillnesses(view.table, view.charges, traces, FEWEST);
    const found = among(view.window).filter(({ from, to }) => to - from >= LEAST);
    if (found.length === 0) return [];
    const usual = new Map<number, Stillness[]>();
    for (const still of among(view.sides.reference)) ensure(usual, still.party, () => []).push(still);
    const byProcess = new Map<number, Stillness[]>();
    for (const still of found) {
      const quiet = (usual.get(still.party) ?? []).map(({ from, to }) => to - from);
      if (quiet.length > 0 && still.to - still.from < BEYOND * quantile(sorted(quiet), 0.99)) continue;
      ensure(byProcess, at(view.table.resourceOf, still.row), () => []).push(still);
    }
    const proven = [...byProcess.values()].filter((pauses) => pauses.some(({ traces }) => traces.length >= PROVES));
    return proven.flatMap((pauses) => {
      const before = (usual.get(pauses[0]?.party ?? -1) ?? []).filter(({ from, to }) => to - from >= LEAST);
      return findingOf(view, pauses, new Set(before.flatMap(({ traces }) => traces)).size) ?? [];
    });
  },
};

/** `usually`: healthy requests that stopped together, for as long as counts. */
function findingOf(view: View, pauses: readonly Stillness[], usually: number): Finding | undefined {
  const [longest] = pauses.toSorted((a, b) => b.to - b.from - (a.to - a.from) || a.from - b.from);
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
