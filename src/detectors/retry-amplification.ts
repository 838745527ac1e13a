import type { Evidence, Finding } from '../model/finding.ts';
import { Flag } from '../model/trace.ts';
import { at, byteAt, numberAt } from '../model/units.ts';
import type { CallGroups } from '../population/call-groups.ts';
import { ensure } from '../population/numbering.ts';
import type { View } from '../population/view.ts';
import { countServers, serversOf } from '../trace/calls.ts';
import { errorSort, errorSource } from '../trace/errors.ts';
import { cite, clip, count, factor, named, nameOf, tracesIn, tracesOfEdge } from './cite.ts';
import type { Detector } from './detector.ts';

/** Times of two attempts may overlap by this much, µs. */
const GRAIN = 2_000;
/** From which factor on retries are worth a word. */
const LEAST = 1.5;

/** Attempts and logical calls of one edge: a chain of failed attempts and what came after them is one call. */
type Edge = {
  readonly from: number;
  readonly to: number;
  attempts: number;
  calls: number;
  retried: number[];
  most: number;
};

/** D12 and D13: the same call tried again and again, and what that does to the load of whoever is behind it. */
export const retryAmplification: Detector = {
  id: 'D13 retry-amplification',
  asks: 'Do retries multiply the load, and by how much?',
  detect(view) {
    const groups = view.callGroups();
    const now = countEdges(view, groups, view.sides.suspect);
    const before = countEdges(view, groups, view.sides.reference);
    const layers = [...now.values()]
      .filter(
        (edge) =>
          edge.retried.length > 0 && factorOf(edge) >= LEAST && factorOf(edge) >= 1.2 * factorOf(before.get(key(edge))),
      )
      .sort((a, b) => a.from - b.from || a.to - b.to);
    if (layers.length === 0) return [];
    // The layer nearest to the fault is hit by the product of all of them.
    const target = layers.find((edge) => !layers.some((other) => other.from === edge.to)) ?? layers[0];
    if (target === undefined) return [];
    const load = loadOn(view, target.to) ?? { factor: product(layers), calls: product(layers), usual: 1 };
    if (load.factor < LEAST) return [];
    return [finding(view, target, layers, load)];
  },
};

const key = (edge: Edge): number => edge.from * 2 ** 20 + edge.to;
const factorOf = (edge: Edge | undefined): number =>
  edge === undefined || edge.calls === 0 ? 1 : edge.attempts / edge.calls;
const product = (layers: readonly Edge[]): number => layers.reduce((sum, edge) => sum * factorOf(edge), 1);

/** Calls to a party per request, and how many times the usual that is. */
type Load = { readonly factor: number; readonly calls: number; readonly usual: number };

/**
 * Calls that suspects made to a party against those that requests of the same routes usually make, so that a change of the
 * mix of requests is no amplification. Undefined without a reference.
 */
function loadOn(view: View, party: number): Load | undefined {
  const stating = statesAttempts(view.table);
  const usual = new Map<number, { requests: number; calls: number }>();
  let requests = 0;
  let calls = 0;
  let expected = 0;
  for (let trace = 0; trace < view.table.traces; trace++) {
    if (view.sides.reference[trace] !== 1) continue;
    const route = ensure(usual, at(view.requests.route, trace), () => ({ requests: 0, calls: 0 }));
    route.requests++;
    route.calls += callsIn(view, trace, party, stating);
  }
  for (let trace = 0; trace < view.table.traces; trace++) {
    const route = view.sides.suspect[trace] === 1 ? usual.get(at(view.requests.route, trace)) : undefined;
    if (route === undefined || route.calls === 0) continue;
    requests++;
    expected += route.calls / route.requests;
    calls += callsIn(view, trace, party, stating);
  }
  return expected === 0 ? undefined : { factor: calls / expected, calls: calls / requests, usual: expected / requests };
}

function callsIn({ table, charges }: View, trace: number, party: number, stating: boolean): number {
  let calls = 0;
  for (let row = at(table.first, trace); row < at(table.first, trace + 1); row++)
    if (charges.peer[row] === party) calls += triesOf(table, row, stating);
  return calls;
}

function finding(view: View, target: Edge, layers: readonly Edge[], load: Load): Finding {
  const to = nameOf(view, target.to);
  const rows = longestChain(view, target);
  const evidence: [Evidence, ...Evidence[]] = [
    cite(
      view,
      rows,
      'retry.load',
      {
        to: named(to),
        factor: factor(load.factor),
        calls: count(tenths(load.calls)),
        usual: count(tenths(load.usual)),
      },
      {
        counts: {
          with: tracesIn(view, target.retried),
          of: tracesOfEdge(view, target.from, target.to, view.sides.suspect).size,
        },
      },
    ),
    ...layers.map((edge) =>
      cite(view, longestChain(view, edge), 'retry.layer', {
        from: named(nameOf(view, edge.from)),
        to: named(nameOf(view, edge.to)),
        factor: factor(factorOf(edge)),
        most: count(edge.most),
      }),
    ),
  ];
  return {
    detector: retryAmplification.id,
    mechanism: 'retry-amplification',
    component: { kind: 'edge', from: nameOf(view, target.from), to },
    role: 'amplifier',
    strength: clip(1 - 1 / load.factor),
    specificity: 1,
    support: tracesIn(view, target.retried),
    evidence,
  };
}

/** Means of counts are told to one decimal. */
const tenths = (value: number): number => Math.round(value * 10) / 10;

/** The attempts of the visit with the most of them. */
function longestChain(view: View, edge: Edge): [number, ...number[]] {
  const [first = 0] = edge.retried;
  let best: [number, ...number[]] = [first];
  for (const entry of edge.retried) {
    const [head, ...rest] = attemptsIn(view, entry, edge.to);
    if (head !== undefined && rest.length + 1 > best.length) best = [head, ...rest];
  }
  return best;
}

function attemptsIn(view: View, entry: number, peer: number): readonly number[] {
  const rows: number[] = [];
  for (let row = entry; row < view.table.size && at(view.charges.visit, row) >= entry; row++) {
    if (view.charges.visit[row] === entry && view.charges.peer[row] === peer) rows.push(row);
  }
  return rows;
}

function countEdges(view: View, groups: CallGroups, traces: Uint8Array): ReadonlyMap<number, Edge> {
  const { table, charges } = view;
  const stating = statesAttempts(table);
  const edges = new Map<number, Edge>();
  for (let group = 0; group < groups.count; group++) {
    if (traces[at(groups.trace, group)] !== 1) continue;
    const begin = at(groups.from, group);
    const end = at(groups.from, group + 1);
    const first = at(groups.rows, begin);
    const from = at(charges.party, first);
    const to = at(charges.peer, first);
    const fresh = () => ({ from, to, attempts: 0, calls: 0, retried: [], most: 0 });
    const edge = ensure(edges, from * 2 ** 20 + to, fresh);
    let attempts = 0;
    for (let index = begin; index < end; index++) attempts += triesOf(table, at(groups.rows, index), stating);
    const calls = end - begin === 1 ? 1 : logicalCalls(table, groups.rows.subarray(begin, end));
    edge.attempts += attempts;
    edge.calls += calls;
    if (calls < attempts) {
      edge.retried.push(at(charges.visit, first));
      edge.most = Math.max(edge.most, attempts);
    }
  }
  return edges;
}

/** Attributes in which a proxy or a library says which attempt a request is; the first gRPC attempt has none before it. */
const ATTEMPT = ['http.request.header.x-envoy-attempt-count', 'x-envoy-attempt-count'] as const;
const PREVIOUS = ['grpc.previous-rpc-attempts', 'previous-rpc-attempts', 'rpc.grpc.previous_attempts'] as const;
/** Nobody tries more often than this; a larger number is something else. */
const MOST_TRIES = 64;

/** How many requests one outbound span stands for: a proxy behind it may have tried again without a span of its own. */
function triesOf(table: View['table'], row: number, stating: boolean): number {
  if (!stating) return Math.max(1, countServers(table, row));
  const answers = serversOf(table, row);
  const stated = [row, ...answers].map((each) => {
    const attempt = ATTEMPT.map((key) => numberIn(table, each, key)).find((value) => value > 0) ?? 0;
    const previous = PREVIOUS.map((key) => numberIn(table, each, key)).find((value) => value > 0) ?? 0;
    return Math.max(attempt, previous === 0 ? 0 : previous + 1);
  });
  return Math.min(MOST_TRIES, Math.max(1, answers.length, ...stated));
}

/** Rows that are looked at before a table counts as one that states no attempts. */
const SAMPLE = 2_000;
const STATED: ReadonlySet<string> = new Set([...ATTEMPT, ...PREVIOUS]);

function statesAttempts(table: View['table']): boolean {
  if (![...STATED].some((key) => table.carries(key))) return false;
  const stride = Math.max(1, Math.floor(table.size / SAMPLE));
  for (let row = 0; row < table.size; row += stride) {
    if (table.keys(row, 'span').some((key) => STATED.has(key))) return true;
  }
  return false;
}

function numberIn(table: View['table'], row: number, key: string): number {
  const value = table.attribute(row, key);
  const number = Number(Array.isArray(value) ? value[0] : value);
  return Number.isInteger(number) ? number : 0;
}

/** An attempt that begins after one before it failed belongs to the same call, and so does a hedge that came second. */
function logicalCalls(table: View['table'], rows: Int32Array): number {
  const ordered = [...rows].sort((a, b) => numberAt(table.start, a) - numberAt(table.start, b) || a - b);
  let calls = 0;
  let failedAt = Number.POSITIVE_INFINITY;
  for (const row of ordered) {
    if (numberAt(table.start, row) < failedAt - GRAIN && !isHedge(table, row, ordered)) calls++;
    const failed = (byteAt(table.flags, row) & Flag.error) !== 0;
    failedAt = failed ? numberAt(table.end, row) : Number.POSITIVE_INFINITY;
  }
  return Math.max(1, calls);
}

/** Sent beside another attempt and cancelled because that one succeeded. */
function isHedge(table: View['table'], row: number, rows: readonly number[]): boolean {
  if (rows.length > MOST_TRIES) return false;
  const beside = rows.some(
    (other) =>
      other !== row &&
      (byteAt(table.flags, other) & Flag.error) === 0 &&
      numberAt(table.start, other) < numberAt(table.end, row) &&
      numberAt(table.start, row) < numberAt(table.end, other),
  );
  return beside && errorSort(errorSource(table, row)) === 'cancelled';
}
