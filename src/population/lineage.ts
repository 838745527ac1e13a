import type { SpanTable } from '../model/trace.ts';
import { at, MINUTE, type Micros, numberAt } from '../model/units.ts';
import type { Lineage } from '../model/verdict.ts';
import { actorOf } from './impact.ts';
import { ensure } from './numbering.ts';
import { writesOf } from './order.ts';
import { median, quantile, sorted } from './statistics.ts';
import type { View } from './view.ts';

export type Actor = { readonly key: string; readonly value: string };

/** Reading this many times more rows than others do on the same target is unusual. */
const UNUSUAL = 5;
const LEAST_ROWS = 50;
/** An alert comes later than what woke it: what an actor did in the minute before is no habit of its own. */
const JUST_BEFORE: Micros = MINUTE;

/** How many rows a read returned: without it nobody can be seen to read more than others. */
const ROWS = 'db.response.returned_rows';

/** The actor to look into when nobody was named: the one who reads far more rows than others ever do, and than it did itself. */
export function unusualActor(view: View): Actor | undefined {
  if (!view.table.carries(ROWS)) return undefined;
  const usual = usualRows(view);
  const habits = ownHabits(view);
  const byActor = new Map<string, { actor: Actor; excess: number }>();
  for (let trace = 0; trace < view.table.traces; trace++) {
    if (view.window[trace] !== 1) continue;
    const actor = actorOf(view, trace);
    if (actor === undefined) continue;
    const entry = ensure(byActor, `${actor.key} ${actor.value}`, () => ({ actor, excess: 0 }));
    for (const [target, rows] of rowsByTarget(view, trace)) {
      const others = usual.get(target);
      const most = Math.max(others ?? 0, habits.get(habitKey(actor, target)) ?? 0);
      if (others !== undefined && rows >= Math.max(LEAST_ROWS, UNUSUAL * most)) entry.excess += rows;
    }
  }
  const [first] = [...byActor.values()].sort((a, b) => b.excess - a.excess || (a.actor.value < b.actor.value ? -1 : 1));
  return first !== undefined && first.excess > 0 ? first.actor : undefined;
}

/** Where an actor's requests came from, which services they passed, and what data they touched (reference section 9). */
export function traceLineage(view: View, actor: Actor): Lineage | undefined {
  const { table, charges } = view;
  const traces: number[] = [];
  for (let trace = 0; trace < table.traces; trace++) {
    const named = view.window[trace] === 1 ? actorOf(view, trace) : undefined;
    if (named?.value === actor.value && named.key === actor.key) traces.push(trace);
  }
  if (traces.length === 0) return undefined;
  const origins = new Map<string, Mutable<Lineage['origins'][number]>>();
  const hops = new Map<string, Mutable<Lineage['hops'][number]>>();
  const data = new Map<string, Mutable<Lineage['data'][number]>>();
  const silent = new Set<string>();
  const usual = usualRows(view);
  const writes = writesOf(table);
  for (const trace of traces) {
    const traceId = table.traceIds[trace] ?? '';
    const entry = at(view.requests.entry, trace);
    const address = textAt(table, entry, 'client.address');
    const userAgent = textAt(table, entry, 'user_agent.original');
    const operation = table.text(at(table.operation, entry));
    const cited = (row: number) => ({ traceId, spanId: table.spanId(row), count: 0 });
    ensure(origins, [address, userAgent, operation].join('\n'), () => ({
      ...(address === undefined ? {} : { address }),
      ...(userAgent === undefined ? {} : { userAgent }),
      entry: operation,
      ...cited(entry),
    })).count++;
    for (let row = at(table.first, trace); row < at(table.first, trace + 1); row++) {
      const target = targetOf(table, row);
      if (target !== undefined) addAccess(row, traceId, target);
      const peer = at(charges.peer, row);
      if (peer < 0 || target !== undefined) continue;
      const to = charges.parties.names[peer] ?? '';
      if (peer >= charges.parties.services) silent.add(to);
      const from = table.text(at(table.service, row));
      const callee = at(charges.callee, row);
      const called = table.text(at(table.operation, callee < 0 ? row : callee));
      ensure(hops, [from, to, called].join('\n'), () => ({ from, to, operation: called, ...cited(row) })).count++;
    }
  }
  const byCount = <T extends { readonly count: number }>(list: Iterable<T>) =>
    [...list].sort((a, b) => b.count - a.count);
  return {
    actor,
    origins: byCount(origins.values()),
    hops: [...hops.values()],
    data: [...data.values()].sort((a, b) => (b.rows ?? 0) - (a.rows ?? 0) || b.operations - a.operations),
    requests: traces.length,
    traceIds: traces.map((trace) => table.traceIds[trace] ?? ''),
    silent: [...silent].sort(),
  };

  function addAccess(row: number, traceId: string, target: Target): void {
    const effect = effectOf(table, row, writes);
    const service = table.text(at(table.service, row));
    const most = usual.get(keyOf(service, target));
    const access: Mutable<Lineage['data'][number]> = ensure(data, `${keyOf(service, target)}\n${effect}`, () => ({
      service,
      ...target,
      effect,
      operations: 0,
      ...(most === undefined ? {} : { usualRows: most }),
      traceId,
      spanId: table.spanId(row),
    }));
    access.operations++;
    const rows = rowsAt(table, row);
    if (rows !== undefined) access.rows = (access.rows ?? 0) + rows;
  }
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type Target = { readonly store: string; readonly target: string };

/** The store and the collection that a data span touches; undefined for any other span. */
function targetOf(table: SpanTable, row: number): Target | undefined {
  const system = textAt(table, row, 'db.system.name') ?? textAt(table, row, 'aws.s3.bucket');
  if (system === undefined) return undefined;
  const namespace = textAt(table, row, 'db.namespace');
  return {
    store: namespace === undefined ? system : `${system}/${namespace}`,
    target: textAt(table, row, 'db.collection.name') ?? table.text(at(table.operation, row)),
  };
}

const keyOf = (service: string, { store, target }: Target): string => [service, store, target].join('\n');

function effectOf(table: SpanTable, row: number, writes: (row: number) => boolean): Lineage['data'][number]['effect'] {
  const told = `${table.attribute(row, 'db.operation.name') ?? ''} ${table.text(at(table.operation, row))}`;
  if (/\b(delete|truncate|drop)\b/i.test(told)) return 'delete';
  if (/\b(export|copy|unload|dump)\b/i.test(told)) return 'export';
  if (writes(row)) return 'write';
  return /\b(select|get|find|read|query|scan|fetch|list)\b/i.test(told) ? 'read' : 'unknown';
}

function rowsAt(table: SpanTable, row: number): number | undefined {
  const told = table.attribute(row, ROWS);
  if (told === undefined) return undefined;
  const rows = Number(told);
  return Number.isFinite(rows) ? rows : undefined;
}

function rowsByTarget({ table }: View, trace: number): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  if (!table.carries(ROWS)) return found;
  for (let row = at(table.first, trace); row < at(table.first, trace + 1); row++) {
    const rows = rowsAt(table, row);
    const target = rows === undefined ? undefined : targetOf(table, row);
    if (target === undefined || rows === undefined) continue;
    const key = keyOf(table.text(at(table.service, row)), target);
    found.set(key, (found.get(key) ?? 0) + rows);
  }
  return found;
}

/**
 * What an ordinary request reads per target. Every actor counts once, with the median of its requests, since whoever reads in
 * bulk may well make most of them: ordinary is the 95th percentile of the baseline's actors, and without a baseline the middle one.
 */
function usualRows(view: View): ReadonlyMap<string, number> {
  const samples = new Map<string, Map<string, number[]>>();
  const baseline = view.reference === 'baseline';
  for (let trace = 0; trace < view.table.traces; trace++) {
    if ((baseline ? view.baseline : view.window)[trace] !== 1) continue;
    const who = actorOf(view, trace);
    const key = who === undefined ? '' : `${who.key} ${who.value}`;
    for (const [target, rows] of rowsByTarget(view, trace)) {
      const byActor = ensure(samples, target, () => new Map<string, number[]>());
      ensure(byActor, key, () => []).push(rows);
    }
  }
  return new Map(
    [...samples].map(([target, byActor]) => {
      const perActor = sorted([...byActor.values()].map((rows) => median(sorted(rows))));
      return [target, baseline ? quantile(perActor, 0.95) : median(perActor)];
    }),
  );
}

/** What each actor read before, at most in one request, by actor and target: who always reads in bulk does nothing unusual. */
function ownHabits(view: View): ReadonlyMap<string, number> {
  const most = new Map<string, number>();
  if (view.reference !== 'baseline') return most;
  const startOf = (trace: number) => numberAt(view.table.start, at(view.table.first, trace));
  let begins = Number.POSITIVE_INFINITY;
  for (let trace = 0; trace < view.table.traces; trace++) {
    if (view.window[trace] === 1) begins = Math.min(begins, startOf(trace));
  }
  for (let trace = 0; trace < view.table.traces; trace++) {
    const isHabit = view.baseline[trace] === 1 && startOf(trace) < begins - JUST_BEFORE;
    const actor = isHabit ? actorOf(view, trace) : undefined;
    if (actor === undefined) continue;
    for (const [target, rows] of rowsByTarget(view, trace)) {
      const key = habitKey(actor, target);
      most.set(key, Math.max(most.get(key) ?? 0, rows));
    }
  }
  return most;
}

const habitKey = ({ key, value }: Actor, target: string): string => [key, value, target].join('\n');

function textAt(table: SpanTable, row: number, key: string): string | undefined {
  const value = table.attribute(row, key);
  return value === undefined || value === '' ? undefined : String(value);
}
