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
/** A process that stopped this part of the bad requests is why they are bad. */
const MOSTLY = 0.5;
const INSTANCE = ['k8s.pod.name', 'service.instance.id', 'container.id', 'host.name', 'process.pid'] as const;

/**
 * D26: one process stopped for a while, with all that it had under way: garbage collection, throttling, a frozen host. It
 * takes three requests at once to see, and never is seen from one trace.
 */
export const pause: Detector = {
  id: 'D26 pause',
  asks: 'Did one process stop for a moment with everything it was doing?',
  detect(view) {
    if (sum(view.sides.reference) === 0 || sum(view.bad) === 0) return [];
    const found = stillnesses(view.table, view.charges, view.window).filter(({ from, to }) => to - from >= LEAST);
    if (found.length === 0) return [];
    const usual = new Map<number, number[]>();
    for (const { party, from, to } of stillnesses(view.table, view.charges, view.sides.reference))
      ensure(usual, party, () => []).push(to - from);
    const byProcess = new Map<number, Stillness[]>();
    for (const still of found) {
      const quiet = usual.get(still.party);
      if (quiet !== undefined && still.to - still.from < BEYOND * quantile(sorted(quiet), 0.99)) continue;
      ensure(byProcess, at(view.table.resourceOf, still.row), () => []).push(still);
    }
    return [...byProcess.values()].flatMap((pauses) => findingOf(view, pauses) ?? []);
  },
};

function findingOf(view: View, pauses: readonly Stillness[]): Finding | undefined {
  const [longest] = pauses.toSorted((a, b) => b.to - b.from - (a.to - a.from) || a.from - b.from);
  const [row] = longest?.visits ?? [];
  if (longest === undefined || row === undefined) return undefined;
  const stopped = new Set(pauses.flatMap(({ traces }) => traces));
  let bad = 0;
  for (const trace of stopped) if (view.bad[trace] === 1) bad++;
  const allBad = sum(view.bad);
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
    role: allBad > 0 && bad >= MOSTLY * allBad ? 'cause' : 'context',
    strength: clip(1 - LEAST / (LEAST + longest.to - longest.from)),
    specificity: clip(bad / Math.max(1, stopped.size)),
    support: stopped.size,
    evidence,
  };
}

function instanceOf({ table }: View, row: number): string | undefined {
  for (const key of INSTANCE) {
    const value = table.resource(row, key);
    if (value !== undefined && value !== '') return String(value);
  }
  return undefined;
}
