import { Kind } from '../model/trace.ts';
import { at, byteAt, numberAt } from '../model/units.ts';
import type { RepairLog } from './repair-log.ts';
import { compareIds } from './span-id.ts';
import { mix, SpanIndex } from './span-index.ts';
import { Mark, type StagedSpans } from './staged-spans.ts';

/** Who is whose parent, by staged index. */
export type ParentLinks = {
  /** Parent of every staged span, −1 for roots and orphans. Following it always ends. */
  readonly parent: Int32Array;
  readonly orphan: Uint8Array;
  /** 1 where a span is an exact copy of one that is kept. */
  readonly dropped: Uint8Array;
};

/**
 * Resolves parent ids and mends what cannot be a tree: copies are dropped, spans that share an id are told apart (the later
 * ones get new ids in `staged`), parents that never arrived make orphans, cycles are cut at the span that starts first.
 */
export function linkParents(staged: StagedSpans, repairs: RepairLog): ParentLinks {
  const index = new SpanIndex(staged);
  const parent = new Int32Array(staged.size).fill(-1);
  const orphan = new Uint8Array(staged.size);
  const dropped = new Uint8Array(staged.size);
  const halves = separate(staged, index, dropped, repairs);
  for (let child = 0; child < staged.size; child++) {
    if (byteAt(dropped, child) === 1 || (at(staged.marks.values, child) & Mark.hasParent) === 0) continue;
    const trace = at(staged.trace.values, child);
    const head = index.head(trace, at(staged.parentHigh.values, child), at(staged.parentLow.values, child));
    if (head < 0) orphan[child] = 1;
    else parent[child] = halves.choose(head, child);
  }
  for (const [server, client] of halves.servers) {
    parent[server] = client;
    orphan[server] = 0;
  }
  // The index finds spans by the ids that they came with, so new ids wait until every parent is found.
  for (const { span, high, low } of halves.renamed) {
    const spanId = staged.idOf(span);
    staged.idHigh.values[span] = high;
    staged.idLow.values[span] = low;
    repairs.add(at(staged.trace.values, span), { kind: 'shared-id', spanId, renamed: staged.idOf(span) });
  }
  for (let span = 0; span < staged.size; span++) {
    if (byteAt(orphan, span) === 0) continue;
    const repair = { spanId: staged.idOf(span), missingParent: staged.parentIdOf(span) };
    repairs.add(at(staged.trace.values, span), { kind: 'orphan', ...repair });
  }
  cutCycles(staged, parent, repairs);
  return { parent, orphan, dropped };
}

type Halves = {
  /** The span that a parent id means to a child: `head` itself, or one of those that share the id. */
  choose(head: number, child: number): number;
  /** SERVER halves of shared ids, with their CLIENT halves. */
  readonly servers: ReadonlyMap<number, number>;
  /** All but one of those that share an id, with the ids that they get. */
  readonly renamed: readonly { readonly span: number; readonly high: number; readonly low: number }[];
};

/**
 * Spans with one id. Exact copies are one span. The others are what Zipkin's shared ids give:
 *
 * ```
 *   id 7  CLIENT a  ├──────────────┤          id 7  CLIENT a ├──────────────┤
 *   id 7  SERVER b    ├──────────┤       →    id n  SERVER b   ├──────────┤     child of 7, new id
 *   under 7, of b       ├────┤                under n, of b      ├────┤         goes to the half of its service
 * ```
 */
function separate(staged: StagedSpans, index: SpanIndex, dropped: Uint8Array, repairs: RepairLog): Halves {
  const groups = new Map<number, readonly number[]>();
  const keeper = new Map<number, number>();
  const servers = new Map<number, number>();
  for (let head = 0; head < staged.size; head++) {
    const trace = at(staged.trace.values, head);
    if (index.next(head) < 0) continue;
    if (index.head(trace, at(staged.idHigh.values, head), at(staged.idLow.values, head)) !== head) continue;
    const members: number[] = [];
    for (let member = head; member >= 0; member = index.next(member)) members.push(member);
    const kept = withoutCopies(staged, members, dropped, repairs);
    keeper.set(head, kept[0] ?? head);
    if (kept.length > 1) groups.set(head, kept);
  }
  const ranked = new Map([...groups].map(([head, halves]) => [head, bestByService(staged, halves)]));
  const renamed: { span: number; high: number; low: number }[] = [];
  for (const [head, [first = head, ...others]] of groups) {
    others.forEach((other, ordinal) => {
      renamed.push({ span: other, ...newId(staged, index, other, ordinal) });
      const calledBy = at(staged.kind.values, first) === Kind.client && at(staged.kind.values, other) === Kind.server;
      if (calledBy) servers.set(other, first);
    });
  }
  return {
    servers,
    renamed,
    choose(head, child) {
      const group = ranked.get(head);
      if (group === undefined) return keeper.get(head) ?? head;
      const other = (half: number) => half !== child;
      return group.get(at(staged.service.values, child))?.find(other) ?? group.get(ANY)?.find(other) ?? child;
    },
  };
}

/** Stands for halves of whatever service. */
const ANY = -1;

/** The two halves of each service, and of any, that a child would rather have: SERVER halves first. Two, for one may be itself. */
function bestByService(staged: StagedSpans, halves: readonly number[]): ReadonlyMap<number, readonly number[]> {
  const isServer = (half: number) => at(staged.kind.values, half) === Kind.server;
  const best = new Map<number, number[]>();
  for (const half of [...halves.filter(isServer), ...halves.filter((one) => !isServer(one))]) {
    for (const service of [at(staged.service.values, half), ANY]) {
      const known = best.get(service) ?? [];
      if (known.length < 2) best.set(service, [...known, half]);
    }
  }
  return best;
}

/** One of each set of exact copies: the fullest, so that the choice does not depend on the order of arrival. */
function withoutCopies(
  staged: StagedSpans,
  members: readonly number[],
  dropped: Uint8Array,
  repairs: RepairLog,
): readonly number[] {
  const sorted = members.map((member) => sortable(staged, member)).sort(compareSortable);
  const kept: Sortable[] = [];
  let copies = 0;
  for (const member of sorted) {
    const last = kept.at(-1);
    if (last !== undefined && last.identity === member.identity) {
      dropped[member.index] = 1;
      copies += 1;
    } else kept.push(member);
  }
  const first = kept[0];
  if (copies > 0 && first !== undefined) {
    const trace = at(staged.trace.values, first.index);
    repairs.add(trace, { kind: 'duplicate', spanId: staged.idOf(first.index), copies });
  }
  return kept.map(({ index }) => index);
}

type Sortable = {
  readonly index: number;
  readonly client: boolean;
  readonly start: number;
  readonly identity: string;
  readonly fullness: number;
  readonly content: string;
};

function sortable(staged: StagedSpans, index: number): Sortable {
  const kind = at(staged.kind.values, index);
  const start = numberAt(staged.start.values, index);
  const service = staged.texts.text(at(staged.service.values, index));
  const attributes = staged.attributes(index);
  const hasParent = (at(staged.marks.values, index) & Mark.hasParent) !== 0;
  return {
    index,
    client: kind === Kind.client,
    start,
    identity: [start, numberAt(staged.end.values, index), kind, service, staged.nameOf(index)].join('\u0000'),
    fullness: Object.keys(attributes).length + (hasParent ? 1 : 0) + (staged.statusOf(index) === 'unset' ? 0 : 1),
    content: JSON.stringify([attributes, staged.parentIdOf(index), staged.statusOf(index), staged.events.of(index)]),
  };
}

/** CLIENT halves first, then by start; copies stand together, the fullest first. */
function compareSortable(a: Sortable, b: Sortable): number {
  if (a.client !== b.client) return a.client ? -1 : 1;
  if (a.start !== b.start && !Number.isNaN(a.start - b.start)) return a.start - b.start;
  if (a.identity !== b.identity) return a.identity < b.identity ? -1 : 1;
  if (a.fullness !== b.fullness) return b.fullness - a.fullness;
  return a.content < b.content ? -1 : a.content > b.content ? 1 : 0;
}

/** An id made of the old one and the half's place, so that the same data always gets the same. */
function newId(staged: StagedSpans, index: SpanIndex, span: number, ordinal: number): { high: number; low: number } {
  const trace = at(staged.trace.values, span);
  let high = at(staged.idHigh.values, span);
  let low = at(staged.idLow.values, span);
  do {
    high = mix(high, ordinal + 1);
    low = mix(low, high);
  } while (index.head(trace, high, low) >= 0);
  return { high, low };
}

/** Walks up from every span once; a walk that meets itself found a cycle, which is cut above the span that starts first. */
function cutCycles(staged: StagedSpans, parent: Int32Array, repairs: RepairLog): void {
  const walk = new Int32Array(parent.length).fill(-1);
  for (let from = 0; from < parent.length; from++) {
    let span = from;
    while (span >= 0 && at(walk, span) < 0) {
      walk[span] = from;
      span = at(parent, span);
    }
    if (span < 0 || at(walk, span) !== from) continue;
    let first = span;
    for (let member = at(parent, span); member !== span; member = at(parent, member)) {
      if (startsBefore(staged, member, first)) first = member;
    }
    parent[first] = -1;
    repairs.add(at(staged.trace.values, first), { kind: 'cycle', spanId: staged.idOf(first) });
  }
}

function startsBefore(staged: StagedSpans, a: number, b: number): boolean {
  const startA = numberAt(staged.start.values, a);
  const startB = numberAt(staged.start.values, b);
  const [knownA, knownB] = [!Number.isNaN(startA), !Number.isNaN(startB)];
  if (knownA !== knownB) return knownA;
  if (knownA && startA !== startB) return startA < startB;
  const { idHigh, idLow } = staged;
  return compareIds(at(idHigh.values, a), at(idLow.values, a), at(idHigh.values, b), at(idLow.values, b)) < 0;
}
