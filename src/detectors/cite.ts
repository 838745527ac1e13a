import type { Component, Evidence, Quantity } from '../model/finding.ts';
import { at, numberAt } from '../model/units.ts';
import { isEdge } from '../population/cells.ts';
import type { View } from '../population/view.ts';
import { ordinalOf } from '../trace/build.ts';

/** Quantities as detectors write them. */
export const us = (value: number): Quantity => ({ unit: 'us', value: Math.round(value) });
export const count = (value: number): Quantity => ({ unit: 'count', value });
export const ratio = (value: number): Quantity => ({ unit: 'ratio', value: rounded(value) });
export const factor = (value: number): Quantity => ({ unit: 'factor', value: rounded(value) });
export const named = (value: string): Quantity => ({ unit: 'name', value });

/** Three decimals: what is told must be the same on every machine. */
export const rounded = (value: number): number => Math.round(value * 1_000) / 1_000;
export const clip = (value: number): number => rounded(Math.min(1, Math.max(0, value)));

type Extras = Pick<Evidence, 'counts' | 'statistic'>;

/** Evidence with the spans that show it; all rows must be of one trace, the first one's. */
export function cite(
  view: View,
  rows: readonly [number, ...number[]],
  claim: string,
  values: Readonly<Record<string, Quantity>>,
  extras: Extras = {},
): Evidence {
  const trace = ordinalOf(view.table, rows[0]);
  const inside = rows.filter((row) => ordinalOf(view.table, row) === trace);
  return {
    claim,
    values,
    traceId: view.table.traceIds[trace] ?? '',
    spanIds: [...new Set(inside)].map((row) => view.table.spanId(row)),
    ...extras,
  };
}

export const nameOf = (view: View, party: number): string => view.charges.parties.names[party] ?? 'unknown';
export const isSilent = (view: View, party: number): boolean => party >= view.charges.parties.services;
export const operationOf = (view: View, row: number): string => view.table.text(at(view.table.operation, row));

/** A cell as people name it: the operation of a service, or an edge. */
export function componentOf(view: View, cell: number): Component {
  const operation = view.table.text(at(view.cells.operation, cell));
  const from = nameOf(view, at(view.cells.from, cell));
  return isEdge(view.cells, cell)
    ? { kind: 'edge', from, to: nameOf(view, at(view.cells.to, cell)), operation }
    : { kind: 'operation', service: from, operation };
}

/** Visits of a cell in a set of traces, in row order. */
export function visitsOf(view: View, cell: number, traces: Uint8Array): readonly number[] {
  const { from, rows, traces: ordinals } = view.visits;
  const found: number[] = [];
  for (let index = at(from, cell); index < at(from, cell + 1); index++) {
    if (traces[at(ordinals, index)] === 1) found.push(at(rows, index));
  }
  return found;
}

/** Traces in which one party calls another. */
export function tracesOfEdge(view: View, from: number, to: number, traces: Uint8Array): ReadonlySet<number> {
  const found = new Set<number>();
  for (let cell = 0; cell < view.cells.count; cell++) {
    if (view.cells.from[cell] !== from || view.cells.to[cell] !== to) continue;
    for (const row of visitsOf(view, cell, traces)) found.add(ordinalOf(view.table, row));
  }
  return found;
}

/** How many different traces the rows are of. */
export const tracesIn = (view: View, rows: readonly number[]): number =>
  new Set(rows.map((row) => ordinalOf(view.table, row))).size;

type Rate = { readonly with: number; readonly of: number };

/** Rates of both sides as evidence carries them. */
export const countsOf = (now: Rate, before: Rate): NonNullable<Evidence['counts']> => ({
  ...now,
  baselineWith: before.with,
  baselineOf: before.of,
});

/** The visit whose time is the upper middle of its kind: typical for what went wrong, not the most extreme. */
export function typicalVisit(view: View, cell: number, traces: Uint8Array): number {
  const rows = [...visitsOf(view, cell, traces)].sort(
    (a, b) => numberAt(view.cells.time, a) - numberAt(view.cells.time, b) || a - b,
  );
  return rows[Math.floor(rows.length * 0.75)] ?? rows.at(-1) ?? -1;
}

/** Rows of a set of traces, trace by trace. */
export function* rowsOf(view: View, traces: Uint8Array): Generator<number> {
  for (let trace = 0; trace < view.table.traces; trace++) {
    if (traces[trace] !== 1) continue;
    for (let row = at(view.table.first, trace); row < at(view.table.first, trace + 1); row++) yield row;
  }
}
