import type { SpanTable } from '../model/trace.ts';
import { at } from '../model/units.ts';

/** Resource attributes that tell whose clock it was, the one nearest to the machine first. */
const HOST_KEYS = [
  'host.id',
  'k8s.node.name',
  'host.name',
  'k8s.pod.uid',
  'container.id',
  'service.instance.id',
] as const;

/** Names that every machine gives itself. */
const ANYWHERE = new Set(['localhost', 'localhost.localdomain', 'unknown', '']);

/**
 * Which host each row's times were taken on, numbered in the order of rows. Where no attribute tells, every service has a
 * clock of its own: that loses some order claims and never makes a wrong one.
 */
export function hostsOf(table: SpanTable): { readonly host: Int32Array; readonly names: readonly string[] } {
  const numbers = new Map<string, number>();
  const number = (name: string): number => {
    const known = numbers.get(name) ?? numbers.size;
    numbers.set(name, known);
    return known;
  };
  /** Host of a resource, −1 where it does not tell; host of a service that has to do instead. */
  const byResource: number[] = [];
  const byService: number[] = [];
  const host = new Int32Array(table.size);
  for (let row = 0; row < table.size; row++) {
    const resource = at(table.resourceOf, row);
    let known = byResource[resource];
    if (known === undefined) {
      const name = hostName(table, row);
      known = name === undefined ? -1 : number(name);
      byResource[resource] = known;
    }
    if (known < 0) {
      const service = at(table.service, row);
      known = byService[service] ?? number(table.text(service));
      byService[service] = known;
    }
    host[row] = known;
  }
  return { host, names: [...numbers.keys()] };
}

function hostName(table: SpanTable, row: number): string | undefined {
  for (const key of HOST_KEYS) {
    const value = table.resource(row, key);
    if (value !== undefined && !ANYWHERE.has(String(value))) return String(value);
  }
  return undefined;
}
