import type { SpanTable } from '../model/trace.ts';
import { at } from '../model/units.ts';
import { PairNumbers } from '../trace/pair-numbers.ts';
import type { Cells } from './cells.ts';
import type { Charges } from './charges.ts';
import type { Sides } from './latency.ts';
import { ensure } from './numbering.ts';
import { certainRise, STRICT_Z } from './statistics.ts';

/** How what a service does for a request changed in kind, as opposed to in time. */
export type StructuralChange = {
  readonly kind: 'missing' | 'cut-short' | 'new-shape' | 'vanished-shape';
  /** Cell of the visit's entry. */
  readonly cell: number;
  /** How surely the rate changed, 0…1, already weighted by how much this kind of change means. */
  readonly weight: number;
  readonly now: { readonly with: number; readonly of: number };
  readonly before: { readonly with: number; readonly of: number };
  /** Row whose operation is missing or new (an example from a trace that has it), −1 where the whole shape is meant. */
  readonly part: number;
  /** A visit that shows the change: entry row in a suspect, or in the reference when suspects have none left. */
  readonly example: number;
};

/** A pair is an expectation when it held nine times in ten. */
const EXPECTED = 0.9;
/** A shape is new when the reference shows it at most this often. */
const RARE = 0.02;
const UNSURE = 0.5;
const FEWEST = 3;
const WIDEST = 64;

type Shape = {
  /** Ascending. */
  readonly parts: readonly number[];
  readonly has: ReadonlySet<number>;
  now: number;
  before: number;
  exampleNow: number;
  exampleBefore: number;
};

/**
 * Compares the *sets* of things that visits of one kind do: parts are local paths inside the visit, and the operations
 * called from them. Order and number are left to others, so loops and races change nothing here.
 */
export function structuralChanges(
  table: SpanTable,
  charges: Charges,
  cells: Cells,
  sides: Sides,
): readonly StructuralChange[] {
  const { shapes, exampleOf } = collectShapes(table, charges, cells, sides);
  const changes: StructuralChange[] = [];
  for (const [cell, known] of [...shapes].sort(([a], [b]) => a - b)) {
    const list = [...known.values()];
    changes.push(...missingParts(cell, list, exampleOf), ...changedShapes(cell, list));
  }
  return changes.sort((a, b) => b.weight - a.weight || a.cell - b.cell);
}

function collectShapes(table: SpanTable, charges: Charges, cells: Cells, sides: Sides) {
  const paths = new PairNumbers();
  const calls = new PairNumbers();
  const part = new Int32Array(table.size);
  const exampleOf = new Map<number, number>();
  const shapes = new Map<number, Map<string, Shape>>();
  const nothing = new Steps(undefined, -1);
  const done: Steps[] = [];
  /** By part, the visit that it was last seen in. */
  const seenIn: number[] = [];
  for (let trace = 0; trace < table.traces; trace++) {
    const now = sides.suspect[trace] === 1;
    if (!now && sides.reference[trace] !== 1) continue;
    const from = at(table.first, trace);
    const to = at(table.first, trace + 1);
    for (let row = from; row < to; row++) {
      const entry = at(charges.visit, row);
      part[row] = paths.number(entry === row ? -1 : at(part, at(table.parent, row)), at(table.operation, row));
      if (entry === row) {
        done[row - from] = nothing;
        continue;
      }
      note(entry, from, 2 * at(part, row), row);
      const callee = at(charges.callee, row);
      if (callee >= 0) note(entry, from, 2 * calls.number(at(part, row), at(table.operation, callee)) + 1, row);
    }
    for (let row = from; row < to; row++) {
      if (at(charges.visit, row) === row) count(row, now, done[row - from] ?? nothing);
    }
  }
  return { shapes, exampleOf };

  function note(entry: number, from: number, id: number, row: number): void {
    if (seenIn[id] === entry) return;
    if (seenIn[id] === undefined) exampleOf.set(id, row);
    seenIn[id] = entry;
    done[entry - from] = (done[entry - from] ?? nothing).and(id);
  }

  function count(entry: number, now: boolean, steps: Steps): void {
    const { parts, has, key } = steps.whole;
    const known = ensure(shapes, at(cells.of, entry), () => new Map<string, Shape>());
    const shape = ensure(known, key, () => ({ parts, has, now: 0, before: 0, exampleNow: -1, exampleBefore: -1 }));
    if (now) {
      shape.now++;
      if (shape.exampleNow < 0) shape.exampleNow = entry;
    } else {
      shape.before++;
      if (shape.exampleBefore < 0) shape.exampleBefore = entry;
    }
  }
}

/**
 * What a visit has done so far, as a node of a tree whose edges are first occurrences: visits that do the same in the same
 * order share their nodes, so that most rows cost a look-up and no memory.
 */
class Steps {
  readonly #before: Steps | undefined;
  readonly #step: number;
  readonly #next = new Map<number, Steps>();
  #whole: { readonly parts: readonly number[]; readonly has: ReadonlySet<number>; readonly key: string } | undefined;

  constructor(before: Steps | undefined, step: number) {
    this.#before = before;
    this.#step = step;
  }

  and(step: number): Steps {
    return ensure(this.#next, step, () => new Steps(this, step));
  }

  /** All of them, ascending; the same key for the same set, whatever the order. */
  get whole() {
    if (this.#whole === undefined) {
      const has = new Set<number>();
      let node: Steps = this;
      while (node.#before !== undefined) {
        has.add(node.#step);
        node = node.#before;
      }
      const parts = [...has].sort((a, b) => a - b);
      this.#whole = { parts, has, key: parts.join() };
    }
    return this.#whole;
  }
}

/** "Whenever a happened, b happened too" before, and not any more; a is the visit itself or any part of it. */
function missingParts(
  cell: number,
  shapes: readonly Shape[],
  exampleOf: ReadonlyMap<number, number>,
): readonly StructuralChange[] {
  const parts = [...new Set(shapes.flatMap((shape) => shape.parts))].sort((a, b) => a - b).slice(0, WIDEST);
  const best = new Map<number, StructuralChange>();
  for (const a of [WHOLE, ...parts]) {
    const given = shapes.filter((shape) => a === WHOLE || shape.has.has(a));
    const of = { now: total(given, 'now'), before: total(given, 'before') };
    if (of.now < FEWEST || of.before < FEWEST) continue;
    const seen = occurrences(given);
    for (const [b, counted] of seen) {
      if (b === a || counted.before < EXPECTED * of.before) continue;
      const now = { with: counted.now, of: of.now };
      const before = { with: counted.before, of: of.before };
      const weight = certainRise(before, now, STRICT_Z);
      if (weight <= (best.get(b)?.weight ?? 0)) continue;
      const lacking = given.find((shape) => shape.now > 0 && !shape.has.has(b));
      if (lacking === undefined) continue;
      const part = exampleOf.get(b) ?? -1;
      best.set(b, { kind: 'missing', cell, weight, now, before, part, example: lacking.exampleNow });
    }
  }
  return [...best.values()];
}

const WHOLE = -1;

/** How many visits of either side have each part. */
function occurrences(shapes: readonly Shape[]): ReadonlyMap<number, { now: number; before: number }> {
  const seen = new Map<number, { now: number; before: number }>();
  for (const shape of shapes) {
    for (const part of shape.parts) {
      const counted = ensure(seen, part, () => ({ now: 0, before: 0 }));
      counted.now += shape.now;
      counted.before += shape.before;
    }
  }
  return seen;
}

function changedShapes(cell: number, shapes: readonly Shape[]): readonly StructuralChange[] {
  const of = { now: total(shapes, 'now'), before: total(shapes, 'before') };
  if (of.now === 0 || of.before === 0) return [];
  const known = shapes.filter((shape) => shape.before > RARE * of.before);
  const fresh = shapes.filter((shape) => shape.before <= RARE * of.before && shape.now > 0);
  const cut = fresh.filter((shape) => known.some((whole) => isStrictSubset(shape, whole)));
  const other = fresh.filter((shape) => !cut.includes(shape));
  const changes: StructuralChange[] = [];
  for (const [kind, list, factor] of [
    ['cut-short', cut, 1],
    ['new-shape', other, UNSURE],
  ] as const) {
    const now = { with: total(list, 'now'), of: of.now };
    const before = { with: total(list, 'before'), of: of.before };
    const weight = factor * certainRise(now, before, STRICT_Z);
    const example = list.find((shape) => shape.exampleNow >= 0)?.exampleNow ?? -1;
    if (weight > 0) changes.push({ kind, cell, weight, now, before, part: -1, example });
  }
  for (const shape of known) {
    const now = { with: shape.now, of: of.now };
    const before = { with: shape.before, of: of.before };
    const weight = UNSURE * certainRise(before, now, STRICT_Z);
    if (shape.now === 0 && weight > 0) {
      changes.push({ kind: 'vanished-shape', cell, weight, now, before, part: -1, example: shape.exampleBefore });
    }
  }
  return changes;
}

const total = (shapes: readonly Shape[], side: 'now' | 'before'): number =>
  shapes.reduce((sum, shape) => sum + shape[side], 0);

function isStrictSubset(small: Shape, large: Shape): boolean {
  return small.parts.length < large.parts.length && small.parts.every((part) => large.has.has(part));
}
