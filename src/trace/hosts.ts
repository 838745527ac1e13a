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
  const byResource = new Map<number, string | undefined>();
  const host = new Int32Array(table.size);
  for (let row = 0; row < table.size; row++) {
    const resource = at(table.resourceOf, row);
    if (!byResource.has(resource)) byResource.set(resource, hostName(table, row));
    const name = byResource.get(resource) ?? table.text(at(table.service, row));
    const number = numbers.get(name) ?? numbers.size;
    numbers.set(name, number);
    host[row] = number;
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
