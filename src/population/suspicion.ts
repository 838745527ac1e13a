import type { SpanTable } from '../model/trace.ts';
import { at, numberAt } from '../model/units.ts';
import type { Times } from '../trace/critical-path.ts';
import type { Blame } from './blame.ts';
import type { CellVisits } from './cell-visits.ts';
import type { Cells } from './cells.ts';
import { isEdge } from './cells.ts';
import type { Charges } from './charges.ts';
import { type Contribution, contributions } from './contribution.ts';
import { type EventChange, eventChanges } from './events.ts';
import { type FailureRise, failureRises } from './failures.ts';
import { type CellShift, type Sides, shiftsOf } from './latency.ts';
import { waitingShares } from './lone-traces.ts';
import { ownersOf } from './ownership.ts';
import { type StructuralChange, structuralChanges } from './structure.ts';
import type { ToldEvents } from './told-events.ts';

/** What the engine holds against a party, by family of evidence, each 0…1, and all together. */
export type Suspicion = {
  readonly party: number;
  readonly latency: number;
  readonly failure: number;
  readonly event: number;
  readonly structure: number;
  readonly score: number;
};

/** Everything that two sets of traces say about each other. */
export type Comparison = {
  readonly sides: Sides;
  readonly shifts: readonly CellShift[];
  readonly owners: Int32Array;
  readonly contribution: Contribution;
  readonly failures: readonly FailureRise[];
  readonly structure: readonly StructuralChange[];
  readonly events: readonly EventChange[];
  /** Every party, most suspicious first; ties by name. */
  readonly ranking: readonly Suspicion[];
};

/** What is the same whichever traces are compared. */
export type Groundwork = {
  readonly table: SpanTable;
  /** With every answer inside its call (`trace/nested-times.ts`). */
  readonly times: Times;
  readonly charges: Charges;
  readonly cells: Cells;
  readonly visits: CellVisits;
  readonly blame: Blame;
  readonly told: ToldEvents;
  readonly failed: Uint8Array;
};

/** How much each family may say on its own (accuracy study, section 2; failures as strong as events: kinds and statuses are real here). */
const WEIGHT = { latency: 0.95, event: 0.9, failure: 0.9, structure: 0.6 } as const;
/** How much of a party's evidence disappears behind a callee that explains it. */
const EXPLAINED_AWAY = 0.8;
const REACH = 3;

/**
 * Holds suspects against their reference. Where there is none, `company` (1 a trace) still shows which failures are so common
 * that they tell nothing about the suspects.
 */
export function compare(ground: Groundwork, sides: Sides, company = sides.reference): Comparison {
  const { table, times, charges, cells } = ground;
  const shifts = shiftsOf(table, times, charges, cells, ground.visits, sides);
  const owners = ownersOf(cells, shifts, charges.parties);
  const contribution = contributions(table, charges, cells, shifts, owners, sides);
  const failing = { suspect: sides.suspect, reference: company };
  const failures = failureRises(table, charges, cells, failing, ground.blame, ground.failed);
  const structure = structuralChanges(table, charges, cells, sides);
  const events = eventChanges(table, charges, ground.told, sides);
  const families = { contribution, failures, structure, events };
  const ranking = sides.reference.includes(1) ? rank(ground, families) : rankAlone(ground, sides);
  return { sides, shifts, owners, contribution, failures, structure, events, ranking };
}

type Families = Pick<Comparison, 'contribution' | 'failures' | 'structure' | 'events'>;

function rank({ charges, cells }: Groundwork, families: Families): readonly Suspicion[] {
  const { names } = charges.parties;
  const failure = new Float64Array(names.length);
  for (const { party, weight } of families.failures) failure[party] = Math.max(numberAt(failure, party), weight);
  const event = new Float64Array(names.length);
  for (const { party, weight } of families.events) event[party] = Math.max(numberAt(event, party), weight);
  const structure = structuralWeights(cells, families.structure, calleesOf(cells, names.length), names.length);
  const { latency } = families.contribution;

  const own = names.map(
    (_, party) =>
      1 -
      (1 - WEIGHT.latency * numberAt(latency, party)) *
        (1 - Math.max(WEIGHT.event * numberAt(event, party), WEIGHT.failure * numberAt(failure, party))) *
        (1 - WEIGHT.structure * numberAt(structure, party)),
  );
  const callees = calleesOf(cells, names.length);
  const list = names.map((_, party) => {
    const behind = Math.max(0, ...within(callees, party, REACH).map((callee) => own[callee] ?? 0));
    const left = 1 - EXPLAINED_AWAY * behind;
    const told = Math.max(WEIGHT.event * numberAt(event, party), WEIGHT.failure * numberAt(failure, party));
    const score =
      1 -
      (1 - WEIGHT.latency * numberAt(latency, party)) *
        (1 - left * told) *
        (1 - left * WEIGHT.structure * numberAt(structure, party));
    return {
      party,
      latency: numberAt(latency, party),
      failure: numberAt(failure, party),
      event: numberAt(event, party),
      structure: numberAt(structure, party),
      score,
    };
  });
  const touched = families.contribution.touched;
  return list.sort(
    (a, b) =>
      b.score - a.score ||
      at(touched, b.party) - at(touched, a.party) ||
      ((names[a.party] ?? '') < (names[b.party] ?? '') ? -1 : 1),
  );
}

/** Without anything to compare with, all that can be held against a party is that it was waited for. */
function rankAlone({ table, times, charges, cells }: Groundwork, { suspect }: Sides): readonly Suspicion[] {
  const { names } = charges.parties;
  return [...waitingShares(table, times, charges, cells, suspect)]
    .map((latency, party) => ({ party, latency, failure: 0, event: 0, structure: 0, score: latency }))
    .sort((a, b) => b.score - a.score || ((names[a.party] ?? '') < (names[b.party] ?? '') ? -1 : 1));
}

/** A shape that vanished counts only at the topmost service that lost one: whoever is not called any more lost it as well. */
function structuralWeights(
  cells: Cells,
  changes: readonly StructuralChange[],
  callees: readonly ReadonlySet<number>[],
  parties: number,
): Float64Array {
  const lost = new Set(changes.filter((c) => c.kind === 'vanished-shape').map((c) => at(cells.from, c.cell)));
  const weights = new Float64Array(parties);
  for (const { kind, cell, weight } of changes) {
    const party = at(cells.from, cell);
    const lowered =
      kind === 'vanished-shape' && [...lost].some((other) => other !== party && callees[other]?.has(party) === true);
    if (!lowered) weights[party] = Math.max(numberAt(weights, party), weight);
  }
  return weights;
}

/** By party: whom it calls. */
export function calleesOf(cells: Cells, parties: number): readonly ReadonlySet<number>[] {
  const callees = Array.from({ length: parties }, () => new Set<number>());
  for (let cell = 0; cell < cells.count; cell++) {
    if (isEdge(cells, cell) && cells.from[cell] !== cells.to[cell])
      callees[at(cells.from, cell)]?.add(at(cells.to, cell));
  }
  return callees;
}

/** Everybody reached from a party in at most `reach` calls, itself excluded. */
function within(callees: readonly ReadonlySet<number>[], party: number, reach: number): readonly number[] {
  const found = new Set<number>([party]);
  let edge = [party];
  for (let step = 0; step < reach; step++) {
    edge = edge.flatMap((at) => [...(callees[at] ?? [])]).filter((callee) => !found.has(callee));
    for (const callee of edge) found.add(callee);
  }
  found.delete(party);
  return [...found];
}
