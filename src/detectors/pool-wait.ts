import type { Finding } from '../model/finding.ts';
import { at, numberAt } from '../model/units.ts';
import { deviation } from '../population/latency.ts';
import { linkedSetups } from '../population/linked-setups.ts';
import { aboutNames } from '../population/names.ts';
import { ensure } from '../population/numbering.ts';
import { median, sorted } from '../population/statistics.ts';
import { sum, type View } from '../population/view.ts';
import { cite, clip, named, nameOf, operationOf, tracesIn, us } from './cite.ts';
import type { Detector } from './detector.ts';
import { kindOf, slowerCells } from './slower-cells.ts';

const POOL = /\bpool\b|pool[.-]|acquire|get ?connection|wait_for_connection|borrow|checkout connection/i;
/** A wait must fill this part of its visit, or have grown threefold. */
const LEAST_SHARE = 0.2;
const LEAST_WAIT = 5_000;

/** D06: waiting for a connection of a pool that is used up. */
export const poolWait: Detector = {
  id: 'D06 pool-wait',
  asks: 'Do requests wait for a free connection?',
  detect(view) {
    const now = waits(view, view.sides.suspect);
    const before = waits(view, view.sides.reference);
    return [...now.values()].flatMap((wait) => poolFinding(view, wait, before.get(wait.key)) ?? []);
  },
};

type Wait = { readonly key: string; readonly party: number; readonly rows: number[] };

function waits(view: View, traces: Uint8Array): ReadonlyMap<string, Wait> {
  const { table, charges } = view;
  const found = new Map<string, Wait>();
  const opening = linkedSetups(table);
  const isWait = aboutNames(table, (name) => POOL.test(name));
  for (let trace = 0; trace < table.traces; trace++) {
    if (traces[trace] !== 1) continue;
    for (let row = at(table.first, trace); row < at(table.first, trace + 1); row++) {
      // Who waits while a new connection is opened for the pool waits for the peer, not for the pool.
      if (!isWait(row) || opening.has(row)) continue;
      const party = at(charges.party, row);
      const key = `${party} ${at(table.operation, row)}`;
      ensure(found, key, () => ({ key, party, rows: [] })).rows.push(row);
    }
  }
  return found;
}

function poolFinding(view: View, wait: Wait, before: Wait | undefined): Finding | undefined {
  const timeOf = (row: number) => numberAt(view.table.end, row) - numberAt(view.table.start, row);
  const now = sorted(wait.rows.map(timeOf));
  const usual = sorted((before?.rows ?? []).map(timeOf));
  const compared = sum(view.sides.reference) > 0;
  const moved = deviation(now, usual);
  const longest = [...wait.rows].sort((a, b) => timeOf(b) - timeOf(a) || a - b)[Math.floor(wait.rows.length / 4)];
  if (longest === undefined || timeOf(longest) < LEAST_WAIT) return undefined;
  const entry = at(view.charges.visit, longest);
  const share = timeOf(longest) / Math.max(1, timeOf(entry));
  if (share < LEAST_SHARE || (compared && moved < 0.3)) return undefined;
  const service = nameOf(view, wait.party);
  return {
    detector: poolWait.id,
    mechanism: 'pool-wait',
    component: { kind: 'operation', service, operation: operationOf(view, longest) },
    // A pool runs dry when what holds its connections takes longer; then that is the trouble, and waiting comes of it.
    role: storeIsSlower(view, wait.party) ? 'effect' : 'cause',
    strength: clip(compared ? moved : share),
    specificity: clip(compared ? moved : 0.5),
    support: tracesIn(view, wait.rows),
    evidence: [
      cite(view, [longest, entry], 'pool-wait.time', {
        service: named(service),
        operation: named(operationOf(view, longest)),
        now: us(timeOf(longest)),
        usual: us(usual.length === 0 ? 0 : median(usual)),
      }),
    ],
  };
}

/** Whether a store that the service calls takes longer too. */
function storeIsSlower(view: View, party: number): boolean {
  return slowerCells(view).some(({ cell }) => view.cells.from[cell] === party && kindOf(view, cell) === 'store');
}
