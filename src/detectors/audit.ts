import type { Evidence, Finding, Quantity } from '../model/finding.ts';
import { at } from '../model/units.ts';
import { actorOf } from '../population/impact.ts';
import { traceLineage, unusualActor } from '../population/lineage.ts';
import { ensure } from '../population/numbering.ts';
import type { View } from '../population/view.ts';
import { ordinalOf } from '../trace/build.ts';
import { cite, clip, count, named, nameOf, operationOf, tracesIn } from './cite.ts';
import type { Detector } from './detector.ts';

/**
 * D28: accesses that an auditor asks about: somebody who reads far more than anybody else, and data of one tenant touched by
 * a request of another. They are context: nothing broke, and a lineage tells the rest. No trace of it says nothing of what
 * was not recorded.
 */
export const audit: Detector = {
  id: 'D28 audit',
  asks: 'Did somebody reach data that they should not, or more than others ever do?',
  detect: (view) => [...heavyReads(view), ...foreignTenants(view)],
};

const FINDING = { detector: audit.id, mechanism: 'attribute-contrast', role: 'context' } as const;
const personal = (value: string): Quantity => ({ unit: 'personal', value });

/** What the heaviest reader read, target by target, beyond what others do. */
function heavyReads(view: View): readonly Finding[] {
  const actor = unusualActor(view);
  const lineage = actor === undefined ? undefined : traceLineage(view, actor);
  return (lineage?.data ?? []).flatMap(({ rows, usualRows, service, target, traceId, spanId }) => {
    if (rows === undefined || usualRows === undefined || rows <= usualRows) return [];
    const values = {
      actor: personal(lineage?.actor.value ?? ''),
      service: named(service),
      target: named(target),
      rows: count(rows),
      usual: count(usualRows),
    };
    const evidence: Evidence = { claim: 'audit.rows', values, traceId, spanIds: [spanId] };
    return {
      ...FINDING,
      component: { kind: 'operation', service, operation: target },
      strength: clip(1 - usualRows / rows),
      specificity: 1,
      support: lineage?.requests ?? 0,
      evidence: [evidence],
    };
  });
}

const TENANT = ['tenant.id', 'app.tenant.id', 'tenant_id', 'customer.tenant'] as const;

/** Data spans that name another tenant than the request's own entry does. */
function foreignTenants(view: View): readonly Finding[] {
  const { table, charges, requests } = view;
  if (!TENANT.some((key) => table.carries(key))) return [];
  const found = new Map<string, number[]>();
  for (let trace = 0; trace < table.traces; trace++) {
    if (view.window[trace] !== 1) continue;
    const own = tenantAt(view, at(requests.entry, trace));
    if (own === undefined) continue;
    for (let row = at(table.first, trace); row < at(table.first, trace + 1); row++) {
      if (table.attribute(row, 'db.system.name') === undefined) continue;
      const other = tenantAt(view, row);
      if (other === undefined || other === own) continue;
      ensure(found, `${at(charges.party, row)} ${at(table.operation, row)}`, () => []).push(row);
    }
  }
  return [...found.values()].map((rows) => {
    const [row = 0] = rows;
    const service = nameOf(view, at(charges.party, row));
    const trace = ordinalOf(table, row);
    const values = {
      tenant: personal(tenantAt(view, at(requests.entry, trace)) ?? ''),
      other: personal(tenantAt(view, row) ?? ''),
      service: named(service),
      operation: named(operationOf(view, row)),
      requests: count(tracesIn(view, rows)),
    };
    const actor = actorOf(view, trace);
    const evidence: [Evidence, ...Evidence[]] = [cite(view, [at(requests.entry, trace), row], 'audit.tenant', values)];
    if (actor !== undefined) evidence.push(cite(view, [row], 'audit.actor', { actor: personal(actor.value) }));
    return {
      ...FINDING,
      component: { kind: 'operation', service, operation: operationOf(view, row) },
      strength: 1,
      specificity: 1,
      support: tracesIn(view, rows),
      evidence,
    };
  });
}

function tenantAt({ table }: View, row: number): string | undefined {
  for (const key of TENANT) {
    const value = table.attribute(row, key);
    if (value !== undefined && value !== '') return String(value);
  }
  return undefined;
}
