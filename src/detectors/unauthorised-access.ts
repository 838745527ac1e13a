import type { Finding } from '../model/finding.ts';
import { at } from '../model/units.ts';
import { Place } from '../population/charges.ts';
import { ensure } from '../population/numbering.ts';
import { ruleOfThree } from '../population/statistics.ts';
import type { View } from '../population/view.ts';
import { PairNumbers } from '../trace/pair-numbers.ts';
import { cite, clip, count, named, nameOf, operationOf, ratio } from './cite.ts';
import type { Detector } from './detector.ts';

/** What services and operations that let somebody in are called. */
const GUARD =
  /auth(?!or\b|ors\b)|token|session|permission|polic(y|ies)|introspect|access.?control|\biam\b|\bacl\b|oidc|saml|jwt/i;
/** A guard that fewer healthy requests passed than this is no rule yet. */
const FEWEST = 20;
/** One request in a hundred may pass without, as a rule allows (`population/order.ts`). */
const TOLERATED = 0.01;

/**
 * D28 as well: requests that reached data without the check of authorisation that every healthy request of the same route
 * passed. Context: it says that no check was recorded, and a lost span looks the same.
 */
export const unauthorisedAccess: Detector = {
  id: 'D28 unauthorised-access',
  asks: 'Did a request reach data without the check that such requests always pass?',
  detect(view) {
    const rules = guardsByRoute(view);
    const found = new Map<string, { guard: Guard; rows: number[]; traces: Set<number> }>();
    forEachRequest(view, view.window, (trace, passed, reached) => {
      const guard = rules.get(at(view.requests.route, trace));
      const [row] = reached;
      if (guard === undefined || row === undefined || passed.has(guard.key)) return;
      const access = ensure(found, `${guard.key} ${at(view.requests.route, trace)}`, () => ({
        guard,
        rows: [],
        traces: new Set<number>(),
      }));
      access.rows.push(row);
      access.traces.add(trace);
    });
    return [...found.values()].map(({ guard, rows, traces }) => findingOf(view, guard, rows, traces.size));
  },
};

type Guard = { readonly key: string; readonly row: number; readonly kept: number; readonly of: number };

/** For each route the guard that (nearly) all of its healthy requests that reach data pass. */
function guardsByRoute(view: View): ReadonlyMap<number, Guard> {
  const routes = new Map<number, { of: number; guards: Map<string, { row: number; kept: number }> }>();
  forEachRequest(view, view.baseline, (trace, passed, reached) => {
    if (reached.length === 0) return;
    const route = ensure(routes, at(view.requests.route, trace), () => ({ of: 0, guards: new Map() }));
    route.of++;
    for (const [key, row] of passed) ensure(route.guards, key, () => ({ row, kept: 0 })).kept++;
  });
  const rules = new Map<number, Guard>();
  for (const [route, { of, guards }] of routes) {
    const [best] = [...guards].sort(([a, x], [b, y]) => y.kept - x.kept || (a < b ? -1 : 1));
    if (best === undefined || of < FEWEST || best[1].kept < (1 - TOLERATED) * of) continue;
    rules.set(route, { key: best[0], ...best[1], of });
  }
  return rules;
}

/** What says that a span reaches data. */
const STORE = 'db.system.name';

/** Tells of each request which guards it passed (by service and operation, with a row) and at which rows it reached data. */
function forEachRequest(
  { table, charges }: View,
  traces: Uint8Array,
  tell: (trace: number, passed: ReadonlyMap<string, number>, reached: readonly number[]) => void,
): void {
  const places = new PairNumbers();
  /** By place: what it is called when it is a guard, '' when it is none. */
  const guards: string[] = [];
  const guardAt = (row: number): string => {
    const place = places.number(at(table.service, row), at(table.operation, row));
    const known = guards[place];
    if (known !== undefined) return known;
    const name = `${table.text(at(table.service, row))} ${table.text(at(table.operation, row))}`;
    const guard = GUARD.test(name) ? name : '';
    guards[place] = guard;
    return guard;
  };
  const stores = table.carries(STORE);
  for (let trace = 0; trace < table.traces; trace++) {
    if (traces[trace] !== 1) continue;
    const passed = new Map<string, number>();
    const reached: number[] = [];
    for (let row = at(table.first, trace); row < at(table.first, trace + 1); row++) {
      if (charges.place[row] === Place.inside) continue;
      const guard = guardAt(row);
      if (guard !== '') passed.set(guard, row);
      else if (stores && table.attribute(row, STORE) !== undefined) reached.push(row);
    }
    tell(trace, passed, reached);
  }
}

function findingOf(view: View, guard: Guard, rows: readonly number[], requests: number): Finding {
  const [row = 0] = rows;
  const service = nameOf(view, at(view.charges.party, row));
  const values = {
    requests: count(requests),
    service: named(service),
    target: named(operationOf(view, row)),
    guard: named(guard.key),
    kept: count(guard.kept),
    of: count(guard.of),
    bound: ratio(ruleOfThree(guard.kept)),
  };
  return {
    detector: unauthorisedAccess.id,
    mechanism: 'structural-change',
    component: { kind: 'operation', service, operation: operationOf(view, row) },
    role: 'context',
    strength: clip(1 - ruleOfThree(guard.kept)),
    specificity: clip(guard.kept / guard.of),
    support: requests,
    evidence: [cite(view, [row], 'audit.unauthorised', values)],
  };
}
