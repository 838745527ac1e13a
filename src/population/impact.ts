import { at, numberAt } from '../model/units.ts';
import type { Impact } from '../model/verdict.ts';
import { sum, type View } from './view.ts';

/** Who a span says it works for, the best known first. */
export const ACTOR_KEYS = ['user.id', 'enduser.id', 'user.hash', 'enduser.pseudo.id', 'session.id'] as const;

/**
 * Counts the affected requests among those examined: window requests of the entries that are affected at all. `affected` is
 * 1 a trace. Numbers are of the traces that were read, never of all traffic.
 */
export function measureImpact(view: View, affected: Uint8Array): Impact {
  const { table, requests, window } = view;
  const routes = new Map<number, number>();
  let since = Number.POSITIVE_INFINITY;
  let lastSeen = Number.NEGATIVE_INFINITY;
  const users = new Set<string>();
  for (let trace = 0; trace < table.traces; trace++) {
    if (affected[trace] !== 1) continue;
    const route = at(requests.route, trace);
    routes.set(route, (routes.get(route) ?? 0) + 1);
    const start = numberAt(table.start, at(requests.entry, trace));
    since = Math.min(since, start);
    lastSeen = Math.max(lastSeen, start);
    const user = actorOf(view, trace);
    if (user !== undefined) users.add(user.value);
  }
  let examined = 0;
  for (let trace = 0; trace < table.traces; trace++) {
    if (window[trace] === 1 && (routes.size === 0 || routes.has(at(requests.route, trace)))) examined++;
  }
  const hit = sum(affected);
  if (hit === 0) return { affected: 0, examined };
  const [main] = [...routes].sort(([a, n], [b, m]) => m - n || a - b);
  const single = main !== undefined && main[1] >= 0.9 * hit;
  const example = affected.findIndex((flag, trace) => flag === 1 && requests.route[trace] === main?.[0]);
  return {
    ...(single ? { entry: table.text(at(table.operation, at(requests.entry, example))) } : {}),
    affected: hit,
    examined,
    since: table.epoch + since,
    lastSeen: table.epoch + lastSeen,
    ...(users.size > 0 ? { users: users.size } : {}),
  };
}

/** The actor of a request: the first span, from the entry on, that names one. */
export function actorOf({ table }: View, trace: number): { readonly key: string; readonly value: string } | undefined {
  if (!ACTOR_KEYS.some((key) => table.carries(key))) return undefined;
  for (let row = at(table.first, trace); row < at(table.first, trace + 1); row++) {
    for (const key of ACTOR_KEYS) {
      const value = table.attribute(row, key);
      if (value !== undefined && value !== '') return { key, value: String(value) };
    }
  }
  return undefined;
}
