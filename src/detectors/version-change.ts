import type { Evidence } from '../model/finding.ts';
import { at } from '../model/units.ts';
import { VERSION } from '../population/versions.ts';
import type { View } from '../population/view.ts';
import { cite, named, nameOf, rowsOf } from './cite.ts';

/**
 * What the service of the first row runs now, when no healthy request met that version: the first thing whoever is woken asks.
 * Walks on only for as long as it meets other versions, so a service that was not deployed costs next to nothing.
 */
export function versionChange(view: View, rows: readonly [number, ...number[]]): readonly Evidence[] {
  const { table, charges } = view;
  const [row] = rows;
  const version = table.resource(row, VERSION);
  if (version === undefined) return [];
  const before = new Set<string>();
  for (const other of rowsOf(view, view.baseline)) {
    if (table.service[other] !== table.service[row]) continue;
    const known = table.resource(other, VERSION);
    if (known === version) return [];
    if (known !== undefined && known !== '') before.add(String(known));
  }
  if (before.size === 0) return [];
  return [
    cite(view, rows, 'version.changed', {
      service: named(nameOf(view, at(charges.party, row))),
      now: named(String(version)),
      before: named([...before].sort().join(', ')),
    }),
  ];
}
