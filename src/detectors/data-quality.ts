import type { Finding } from '../model/finding.ts';
import { Flag, Kind, type Repair } from '../model/trace.ts';
import { at, byteAt, numberAt } from '../model/units.ts';
import { isEdge } from '../population/cells.ts';
import { Place } from '../population/charges.ts';
import { ensure } from '../population/numbering.ts';
import { certainRise, STRICT_Z } from '../population/statistics.ts';
import { samplingOf } from '../population/traffic.ts';
import type { View } from '../population/view.ts';
import { cite, clip, count, countsOf, isSilent, named, nameOf, ratio, tracesIn, us, visitsOf } from './cite.ts';
import type { Detector } from './detector.ts';

/** A loss below this part of a service's spans hides nothing that matters. */
const LEAST_LOST = 0.05;
const FEWEST = 5;
/** What is read off a timeline is right all the same when clocks differ by less, µs. */
const LEAST_SKEW = 10_000;

/**
 * D29: what is wrong with the data itself: services whose spans lost their parents, callees whose spans stopped coming,
 * clocks that contradict each other, and requests that are a sample. It is told as context, next to every answer that rests on the same spans.
 */
export const dataQuality: Detector = {
  id: 'D29 data-quality',
  asks: 'What is missing or wrong in the traces themselves?',
  detect: (view) => [...lostParents(view), ...lostCallees(view), ...clocks(view), ...sampled(view)],
};

const FINDING = { detector: dataQuality.id, mechanism: 'blind-spot', role: 'context', specificity: 1 } as const;

/** Spans, other than leaves inside a process, whose parent never arrived, by the service that has them. */
function lostParents(view: View): readonly Finding[] {
  const { table, charges } = view;
  const spans = new Int32Array(charges.parties.services);
  const orphans = new Map<number, number[]>();
  for (let trace = 0; trace < table.traces; trace++) {
    if (view.window[trace] !== 1) continue;
    for (let row = at(table.first, trace); row < at(table.first, trace + 1); row++) {
      if (byteAt(table.kind, row) === Kind.internal) continue;
      const party = at(charges.party, row);
      spans[party] = at(spans, party) + 1;
      if ((byteAt(table.flags, row) & Flag.orphan) !== 0) ensure(orphans, party, () => []).push(row);
    }
  }
  return [...orphans]
    .sort(([a], [b]) => a - b)
    .flatMap(([party, rows]) => {
      const of = at(spans, party);
      if (rows.length < FEWEST || rows.length < LEAST_LOST * of) return [];
      const service = nameOf(view, party);
      const values = { service: named(service), lost: count(rows.length), of: count(of) };
      return {
        ...FINDING,
        component: { kind: 'service', service },
        strength: clip(rows.length / of),
        support: tracesIn(view, rows),
        evidence: [cite(view, [rows[0] ?? 0], 'quality.orphans', values)],
      };
    });
}

/** Calls that used to be seen from the other side as well. One that never was is a permanent blind spot, and no news. */
function lostCallees(view: View): readonly Finding[] {
  const now = answered(view, view.sides.suspect);
  const before = answered(view, view.sides.reference);
  return [...now]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([key, calls]) => {
      const usual = before.get(key);
      const [row] = calls.silent;
      if (usual === undefined || row === undefined) return [];
      const lost = { with: calls.silent.length, of: calls.of };
      const rise = certainRise(lost, { with: usual.silent.length, of: usual.of }, STRICT_Z);
      if (calls.silent.length < FEWEST || rise < LEAST_LOST) return [];
      const [from, to] = [nameOf(view, calls.from), nameOf(view, calls.to)];
      const values = {
        from: named(from),
        to: named(to),
        silent: count(lost.with),
        of: count(lost.of),
        usual: count(usual.silent.length),
        usualOf: count(usual.of),
      };
      return {
        ...FINDING,
        component: { kind: 'edge', from, to },
        strength: clip(rise),
        support: tracesIn(view, calls.silent),
        evidence: [
          cite(view, [row], 'quality.silent', values, {
            counts: countsOf(lost, { with: usual.silent.length, of: usual.of }),
          }),
        ],
      };
    });
}

type Answered = { readonly from: number; readonly to: number; of: number; readonly silent: number[] };

/** Calls to services that have spans of their own, and those among them without a span of the callee. */
function answered(view: View, traces: Uint8Array): ReadonlyMap<string, Answered> {
  const { cells, charges } = view;
  const edges = new Map<string, Answered>();
  for (let cell = 0; cell < cells.count; cell++) {
    if (!isEdge(cells, cell) || isSilent(view, at(cells.to, cell))) continue;
    const [from, to] = [at(cells.from, cell), at(cells.to, cell)];
    for (const row of visitsOf(view, cell, traces)) {
      if (charges.place[row] !== Place.outbound) continue;
      const edge = ensure(edges, `${from} ${to}`, () => ({ from, to, of: 0, silent: [] }));
      edge.of++;
      if (at(charges.callee, row) < 0) edge.silent.push(row);
    }
  }
  return edges;
}

/** Pairs of hosts whose clocks certainly differ, with the trace that shows it most. */
function clocks(view: View): readonly Finding[] {
  const { table } = view;
  const pairs = new Map<string, { repair: Extract<Repair, { kind: 'skew' }>; trace: number; traces: number }>();
  for (const [trace, repairs] of [...table.repairs].sort(([a], [b]) => a - b)) {
    if (view.window[trace] !== 1) continue;
    for (const repair of repairs) {
      // An offset that could as well be none is the noise of two good clocks.
      if (repair.kind !== 'skew' || Math.abs(repair.offset) < Math.max(LEAST_SKEW, repair.uncertainty)) continue;
      const pair = ensure(pairs, `${repair.from} ${repair.to}`, () => ({ repair, trace, traces: 0 }));
      pair.traces++;
    }
  }
  return [...pairs.values()].map(({ repair, trace, traces }) => {
    const row = at(table.first, trace);
    const values = {
      from: named(ofHost(view, trace, repair.from)),
      to: named(ofHost(view, trace, repair.to)),
      offset: us(Math.abs(repair.offset)),
      uncertainty: us(repair.uncertainty),
    };
    return {
      ...FINDING,
      component: { kind: 'edge', from: ofHost(view, trace, repair.from), to: ofHost(view, trace, repair.to) },
      strength: clip(Math.abs(repair.offset) / (Math.abs(repair.offset) + repair.uncertainty + 1)),
      support: traces,
      evidence: [cite(view, [row], 'quality.skew', values)],
    };
  });
}

/**
 * Requests that say with which probability they were kept, told of where the first of them entered. Where none says so
 * nothing is known, and where all were kept there is nothing to tell.
 */
function sampled(view: View): readonly Finding[] {
  const { table, charges, requests } = view;
  const { of, known, least, most } = samplingOf(view);
  if (known === 0 || (known === of && least === 1)) return [];
  const first = view.window.findIndex((member, trace) => member === 1 && numberAt(table.probability, trace) > 0);
  const row = at(requests.entry, first);
  const evidence =
    known === of
      ? cite(view, [row], 'quality.sampled', { of: count(of), least: ratio(least), most: ratio(most) })
      : cite(view, [row], 'quality.sampled-partly', { known: count(known), of: count(of) });
  return [
    {
      ...FINDING,
      component: { kind: 'service', service: nameOf(view, at(charges.party, row)) },
      strength: clip(1 - (known === of ? least : known / of)),
      support: known,
      evidence: [evidence],
    },
  ];
}

/** A service on the host: hosts often bear names that nobody knows. */
function ofHost({ table }: View, trace: number, host: string): string {
  for (let row = at(table.first, trace); row < at(table.first, trace + 1); row++) {
    const isThere = table.keys(row, 'resource').some((key) => String(table.resource(row, key)) === host);
    if (isThere) return table.text(at(table.service, row));
  }
  return host;
}
