import type { SpanTable } from '../model/trace.ts';
import { at, byteAt } from '../model/units.ts';

/** One trace of a table. */
export type TraceOf = { readonly table: SpanTable; readonly ordinal: number };

/** Where a change is: the path as `table.text` writes it, and the rows that stand there in the trace which has them. */
export type Spot = { readonly path: string; readonly rows: readonly number[] };

/**
 * How two traces of one kind of request differ in structure. A changed spot is named once, at its top: what hangs below it
 * goes with it.
 */
export type Difference =
  | { readonly kind: 'added'; readonly in: Spot }
  | { readonly kind: 'removed'; readonly from: Spot }
  /** Rows at the same path, but another number of them for each time the path above was taken. */
  | { readonly kind: 'count'; readonly from: Spot; readonly in: Spot }
  /** The same work under another parent. */
  | { readonly kind: 'moved'; readonly from: Spot; readonly in: Spot }
  /** Another name for a span that does the same below. */
  | { readonly kind: 'renamed'; readonly from: Spot; readonly in: Spot };

/** Children in common, of those that either has, from which a span with another name is taken for the same. */
const SAME_WORK = 0.8;

/**
 * What `trace` does differently from `before`: paths as multisets, with the repairs without which a moved or renamed span
 * would look like a whole subtree gone and another come. Times and order play no part. In the order of the rows of `before`, then of `trace`. O(n log n).
 * Reference section 5.1.
 */
export function traceDiff(before: TraceOf, trace: TraceOf): readonly Difference[] {
  const numbers = new Map<string, number>();
  const old = nodesOf(before, numbers);
  const now = nodesOf(trace, numbers);
  const removed = tops(old, now);
  const added = tops(now, old);
  const changes: { readonly place: number; readonly difference: Difference }[] = [];
  const pair = (kind: 'moved' | 'renamed', key: (node: Node) => string, same: (gone: Node, come: Node) => boolean) => {
    const candidates = Map.groupBy(added, key);
    for (const gone of [...removed]) {
      const come = candidates.get(key(gone))?.find((candidate) => added.has(candidate) && same(gone, candidate));
      if (come === undefined) continue;
      removed.delete(gone);
      added.delete(come);
      changes.push({ place: gone.number, difference: { kind, from: spot(before, gone), in: spot(trace, come) } });
    }
  };
  pair(
    'moved',
    (node) => `${node.step}\u0001${work(node)}`,
    (gone, come) => gone.parent !== come.parent,
  );
  pair('renamed', (node) => `${node.parent} ${node.sort}`, haveSameWork);
  for (const gone of removed)
    changes.push({ place: gone.number, difference: { kind: 'removed', from: spot(before, gone) } });
  for (const come of added) changes.push({ place: come.number, difference: { kind: 'added', in: spot(trace, come) } });
  for (const [number, node] of old) {
    const other = now.get(number);
    if (other === undefined || !isOtherCount(node, other, old, now)) continue;
    changes.push({ place: number, difference: { kind: 'count', from: spot(before, node), in: spot(trace, other) } });
  }
  return changes.sort((a, b) => a.place - b.place).map(({ difference }) => difference);
}

/** All spans of a trace at one path. */
type Node = {
  /** Of the path, the same in both traces: a text of every path would be the square of a deep trace. */
  readonly number: number;
  /** Number of the path above, −1 for a root's. */
  readonly parent: number;
  /** Service, kind and operation of the path's last step. */
  readonly step: string;
  /** Service and kind only. */
  readonly sort: string;
  readonly rows: number[];
  readonly children: Node[];
};

/** Nodes by the number of their path, in the order of rows, so that parents come first. */
function nodesOf({ table, ordinal }: TraceOf, numbers: Map<string, number>): ReadonlyMap<number, Node> {
  const byPath = new Map<number, Node>();
  for (let row = at(table.first, ordinal); row < at(table.first, ordinal + 1); row++) {
    const path = at(table.path, row);
    const known = byPath.get(path);
    if (known !== undefined) {
      known.rows.push(row);
      continue;
    }
    const above = byPath.get(table.parentPath(path));
    const parent = above?.number ?? -1;
    const sort = `${table.text(at(table.service, row))}\u0000${byteAt(table.kind, row)}`;
    const step = `${sort}\u0000${table.text(at(table.operation, row))}`;
    const key = `${parent} ${step}`;
    const number = numbers.get(key) ?? numbers.size;
    numbers.set(key, number);
    const node: Node = { number, parent, step, sort, rows: [row], children: [] };
    byPath.set(path, node);
    above?.children.push(node);
  }
  return new Map([...byPath.values()].map((node) => [node.number, node]));
}

/** The topmost nodes of one trace whose paths the other has not. */
function tops(nodes: ReadonlyMap<number, Node>, others: ReadonlyMap<number, Node>): Set<Node> {
  const isTop = ({ number, parent }: Node) => !others.has(number) && (parent < 0 || others.has(parent));
  return new Set([...nodes.values()].filter(isTop));
}

/** Everything that hangs below a node, as one text: equal for equal work. */
function work(node: Node): string {
  const steps: string[] = [];
  const open = [node];
  for (let top = open.pop(); top !== undefined; top = open.pop()) {
    for (const child of top.children) {
      steps.push(`${child.step}\u0000${child.rows.length}`);
      open.push(child);
    }
  }
  return steps.sort().join('\u0001');
}

/** Whether two nodes have nearly the same children. Leaves have nothing to go by. */
function haveSameWork(gone: Node, come: Node): boolean {
  if (gone.children.length === 0) return false;
  const counts = new Map(gone.children.map((child) => [child.step, child.rows.length]));
  let common = 0;
  let either = [...counts.values()].reduce((sum, count) => sum + count, 0);
  for (const child of come.children) {
    const before = counts.get(child.step) ?? 0;
    common += Math.min(before, child.rows.length);
    either += child.rows.length - Math.min(before, child.rows.length);
  }
  return common / either >= SAME_WORK;
}

/** Twice the calls because the parent ran twice is the parent's difference, not theirs. */
function isOtherCount(a: Node, b: Node, old: ReadonlyMap<number, Node>, now: ReadonlyMap<number, Node>): boolean {
  const parents = (node: Node, nodes: ReadonlyMap<number, Node>) => nodes.get(node.parent)?.rows.length ?? 1;
  return a.rows.length * parents(b, now) !== b.rows.length * parents(a, old);
}

function spot({ table }: TraceOf, { rows }: Node): Spot {
  return { path: table.text(at(table.path, rows[0] ?? -1)), rows };
}
