import type { SpanTable } from '../model/trace.ts';
import { at } from '../model/units.ts';

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
 * would look like a whole subtree gone and another come. Times and order play no part. Ordered by path. O(n log n).
 * Reference section 5.1.
 */
export function traceDiff(before: TraceOf, trace: TraceOf): readonly Difference[] {
  const old = pathsOf(before);
  const now = pathsOf(trace);
  const removed = tops(old, now);
  const added = tops(now, old);
  const differences: Difference[] = [];
  const pair = (kind: 'moved' | 'renamed', same: (gone: Node, come: Node) => boolean) => {
    for (const gone of [...removed]) {
      const come = [...added].find((candidate) => same(gone, candidate));
      if (come === undefined) continue;
      removed.delete(gone);
      added.delete(come);
      differences.push({ kind, from: spot(gone), in: spot(come) });
    }
  };
  pair('moved', (gone, come) => gone.parent !== come.parent && gone.step === come.step && work(gone) === work(come));
  pair('renamed', isRenamed);
  for (const gone of removed) differences.push({ kind: 'removed', from: spot(gone) });
  for (const come of added) differences.push({ kind: 'added', in: spot(come) });
  for (const [path, node] of old) {
    const other = now.get(path);
    if (other !== undefined && isOtherCount(node, other, old, now)) {
      differences.push({ kind: 'count', from: spot(node), in: spot(other) });
    }
  }
  const placeOf = (change: Difference) => ('from' in change ? change.from.path : change.in.path);
  return differences.sort((a, b) => compare(placeOf(a), placeOf(b)) || compare(a.kind, b.kind));
}

/** All spans of a trace at one path. */
type Node = {
  readonly path: string;
  readonly parent: string | undefined;
  /** Service, kind and operation of the path's last step. */
  readonly step: string;
  /** Service and kind only. */
  readonly sort: string;
  readonly rows: number[];
  readonly children: Node[];
};

function pathsOf({ table, ordinal }: TraceOf): ReadonlyMap<string, Node> {
  const nodes = new Map<number, Node>();
  for (let row = at(table.first, ordinal); row < at(table.first, ordinal + 1); row++) {
    const path = at(table.path, row);
    const known = nodes.get(path);
    if (known !== undefined) {
      known.rows.push(row);
      continue;
    }
    const above = nodes.get(table.parentPath(path));
    const sort = `${table.text(at(table.service, row))}\u0000${at(table.kind, row)}`;
    const step = `${sort}\u0000${table.text(at(table.operation, row))}`;
    const node = { path: table.text(path), parent: above?.path, step, sort, rows: [row], children: [] };
    nodes.set(path, node);
    above?.children.push(node);
  }
  return new Map([...nodes.values()].map((node) => [node.path, node]));
}

/** The topmost nodes of one trace whose paths the other has not, by path. */
function tops(nodes: ReadonlyMap<string, Node>, others: ReadonlyMap<string, Node>): Set<Node> {
  const missing = [...nodes.values()].filter(({ path }) => !others.has(path));
  const top = missing.filter(({ parent }) => parent === undefined || others.has(parent));
  return new Set(top.sort((a, b) => compare(a.path, b.path)));
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

/** Under the same parent, of the same service and kind, and with nearly the same children. Leaves have nothing to go by. */
function isRenamed(gone: Node, come: Node): boolean {
  if (gone.parent !== come.parent || gone.sort !== come.sort || gone.children.length === 0) return false;
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
function isOtherCount(a: Node, b: Node, old: ReadonlyMap<string, Node>, now: ReadonlyMap<string, Node>): boolean {
  const parents = (node: Node, nodes: ReadonlyMap<string, Node>) => nodes.get(node.parent ?? '')?.rows.length ?? 1;
  return a.rows.length * parents(b, now) !== b.rows.length * parents(a, old);
}

const spot = ({ path, rows }: Node): Spot => ({ path, rows });
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
