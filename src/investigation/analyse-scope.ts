import { count } from '../detectors/cite.ts';
import { MESSAGES_LIE, tracesWithLateMessages } from '../detectors/queue-delay.ts';
import { Flag } from '../model/trace.ts';
import { at, byteAt, numberAt, type SpanId, type TraceId } from '../model/units.ts';
import type { Analysis } from '../model/verdict.ts';
import { durationOf } from '../population/requests.ts';
import { VERSION } from '../population/versions.ts';
import { sum, type View } from '../population/view.ts';
import type { Candidate } from './analyse-rank.ts';

/** A request lost time to the cause when it lost at least this much there, µs and as a share of its length. */
export const LEAST_LOSS = 5_000;
export const LEAST_SHARE = 0.1;
/** More marked spans than this are no mark. */
const MOST_MARKED = 12;

/** Requests of the window that suffered from the cause; without a cause, those that went badly. 1 a trace. */
export function affectedBy(view: View, cause: Candidate | undefined): Uint8Array {
  if (cause === undefined)
    return view.excess || view.reference !== 'baseline' ? view.bad : new Uint8Array(view.table.traces);
  if (cause.lead.mechanism === 'premature-commit' || cause.lead.mechanism === 'order-inversion')
    return breached(view, cause);
  if (cause.lead.evidence[0].claim === MESSAGES_LIE) return tracesWithLateMessages(view, cause.lead.evidence[0]);
  const affected = new Uint8Array(view.table.traces);
  for (let trace = 0; trace < view.table.traces; trace++) {
    if (view.window[trace] !== 1) continue;
    const felt =
      lossIn(view, cause, trace) >=
      Math.max(LEAST_LOSS, LEAST_SHARE * durationOf(view.table, at(view.requests.entry, trace)));
    const failed = view.requests.failed[trace] === 1 && blamedIn(view, cause, trace);
    const slow =
      view.bad[trace] === 1 &&
      touches(view, cause, trace) &&
      view.requests.failed[trace] !== 1 &&
      view.reference === 'window';
    affected[trace] = felt || failed || slow ? 1 : 0;
  }
  if (sum(affected) > 0) return affected;
  if (view.reference !== 'none') return view.bad;
  const cited = new Set(cause.findings.flatMap((finding) => finding.evidence.map((evidence) => evidence.traceId)));
  return view.window.map((member, trace) => (member === 1 && cited.has(view.table.traceIds[trace] ?? '') ? 1 : 0));
}

function breached(view: View, cause: Candidate): Uint8Array {
  const affected = new Uint8Array(view.table.traces);
  for (const rule of view.orders) {
    if (!cause.parties.includes(at(view.cells.from, rule.cell))) continue;
    for (const { trace } of rule.breaches) affected[trace] = 1;
  }
  return affected;
}

/** Felt time beyond the usual in the cells that the accused own, and in front of a process that stopped, µs. */
export function lossIn(view: View, cause: Candidate, trace: number): number {
  const { table, cells, comparison } = view;
  let loss = 0;
  for (let row = at(table.first, trace); row < at(table.first, trace + 1); row++) {
    const cell = at(cells.of, row);
    if (cell < 0) continue;
    const before = cause.lead.mechanism === 'pause' && cause.parties.includes(at(cells.to, cell));
    if (!before && !cause.parties.includes(at(comparison.owners, cell))) continue;
    const shift = comparison.shifts[cell];
    if (shift !== undefined && shift.deviation > 0) loss += Math.max(0, numberAt(cells.felt, row) - shift.usualFelt);
  }
  switch (cause.lead.mechanism) {
    case 'n-plus-one':
      return loss + lossByRepeats(view, cause, trace);
    case 'cache-miss':
      return loss + lossByFetches(view, cause, trace);
    default:
      return loss;
  }
}

/** Felt time of what a service fetches because its cache did not have it, µs. */
function lossByFetches({ table, cells, charges }: View, { lead }: Candidate, trace: number): number {
  const [missed, fetched] = lead.evidence;
  let loss = 0;
  for (let row = at(table.first, trace); row < at(table.first, trace + 1); row++) {
    const service = charges.parties.names[at(charges.party, row)];
    if (at(cells.of, row) < 0 || service !== missed.values.service?.value) continue;
    if (table.text(at(table.operation, row)) === fetched?.values.fetch?.value) loss += numberAt(cells.felt, row);
  }
  return loss;
}

/** Felt time of calls that are each as quick as ever, only more than they were, µs. */
function lossByRepeats(view: View, { lead, parties }: Candidate, trace: number): number {
  const { table, cells, charges, comparison } = view;
  const { operation, to, usual } = lead.evidence[0].values;
  const visits = new Set<number>();
  let felt = 0;
  let once = 0;
  for (let row = at(table.first, trace); row < at(table.first, trace + 1); row++) {
    const cell = at(cells.of, row);
    const peer = charges.parties.names[at(charges.peer, row)];
    if (cell < 0 || peer !== to?.value || table.text(at(table.operation, row)) !== operation?.value) continue;
    if (!parties.includes(at(charges.party, row))) continue;
    felt += numberAt(cells.felt, row);
    once = comparison.shifts[cell]?.usualFelt ?? 0;
    visits.add(at(charges.visit, row));
  }
  return Math.max(0, felt - visits.size * Number(usual?.value ?? 0) * once);
}

function blamedIn(view: View, cause: Candidate, trace: number): boolean {
  for (let row = at(view.table.first, trace); row < at(view.table.first, trace + 1); row++) {
    if (view.blame.origin[row] === 1 && cause.parties.includes(at(view.blame.faulty, row))) return true;
  }
  return false;
}

function touches(view: View, cause: Candidate, trace: number): boolean {
  for (let row = at(view.table.first, trace); row < at(view.table.first, trace + 1); row++) {
    if (cause.parties.includes(at(view.charges.party, row)) || cause.parties.includes(at(view.charges.peer, row)))
      return true;
  }
  return false;
}

/**
 * The trace that the first evidence is from, which its detector chose as typical, and the good one of the same route whose
 * length is the middle one. Where there is no cause, the trace that a lineage is best seen in, if there is one.
 */
export function exemplarOf(view: View, cause: Candidate | undefined, ofLineage?: TraceId): Analysis['exemplar'] {
  const choices: readonly (readonly [TraceId | undefined, string])[] = [
    [view.hints.focus, 'pair-asked'],
    [cause?.lead.evidence[0].traceId, 'pair-typical'],
    [ofLineage, 'pair-lineage'],
    [firstBad(view), 'pair-first'],
  ];
  const [suspect, why = ''] = choices.find(([traceId]) => traceId !== undefined) ?? [];
  const ordinal = suspect === undefined ? -1 : view.table.traceIds.indexOf(suspect);
  if (suspect === undefined || ordinal < 0) return undefined;
  const { healthy, of } = healthyTwin(view, ordinal);
  const chosen = [{ claim: why, values: {} }];
  return healthy === undefined
    ? { suspect, chosen }
    : { suspect, healthy, chosen: [...chosen, { claim: 'pair-healthy', values: { of: count(of) } }] };
}

function firstBad(view: View): TraceId | undefined {
  const trace = view.bad.indexOf(1);
  return trace < 0 ? undefined : view.table.traceIds[trace];
}

function healthyTwin(view: View, suspect: number): { readonly healthy?: TraceId; readonly of: number } {
  const { table, requests } = view;
  const pool = view.reference === 'baseline' ? view.baseline : view.good;
  const length = (trace: number) => durationOf(table, at(requests.entry, trace));
  const twins: number[] = [];
  for (let trace = 0; trace < table.traces; trace++) {
    const alike = pool[trace] === 1 && trace !== suspect && requests.route[trace] === requests.route[suspect];
    if (alike && requests.failed[trace] !== 1 && requests.slow[trace] !== 1) twins.push(trace);
  }
  twins.sort((a, b) => length(a) - length(b) || a - b);
  const middle = twins[Math.floor(twins.length / 2)];
  const healthy = middle === undefined ? undefined : table.traceIds[middle];
  return { of: twins.length, ...(healthy === undefined ? {} : { healthy }) };
}

/** Rows in one trace of the spans that a caller gave up on: the callee's own, else the caller's. */
function unanswered(view: View, cause: Candidate, trace: number): readonly number[] {
  const { table, charges } = view;
  const rows: number[] = [];
  for (let row = at(table.first, trace); row < at(table.first, trace + 1); row++) {
    if (view.blame.gaveUp[row] !== 1 || !cause.parties.includes(at(charges.peer, row))) continue;
    const callee = at(charges.callee, row);
    rows.push(callee < 0 ? row : callee);
  }
  return rows;
}

/** What the picture marks in one trace: the cited spans, and every other span there that shows the same. */
export function culpritSpans(view: View, cause: Candidate, traceId: TraceId): readonly SpanId[] {
  const { table, charges } = view;
  const trace = table.traceIds.indexOf(traceId);
  if (trace < 0) return [];
  const marked = new Set<SpanId>();
  for (const evidence of cause.lead.evidence) {
    if (evidence.traceId === traceId) for (const spanId of evidence.spanIds) marked.add(spanId);
  }
  const { component, mechanism } = cause.lead;
  // Whoever gave up cites its own span too; the mark belongs on the one that did not answer, where it left a span.
  const answering = mechanism === 'timeout' ? unanswered(view, cause, trace) : [];
  if (answering.length > 0) return answering.slice(0, MOST_MARKED).map((row) => table.spanId(row));
  for (let row = at(table.first, trace); row < at(table.first, trace + 1); row++) {
    const entry = at(charges.visit, row) === row;
    const onVersion =
      component.kind === 'attribute' &&
      component.key === VERSION &&
      entry &&
      component.services.includes(table.text(at(table.service, row))) &&
      String(table.resource(row, VERSION)) === component.value;
    const failing =
      mechanism === 'error' &&
      view.blame.origin[row] === 1 &&
      (byteAt(table.flags, row) & Flag.error) !== 0 &&
      cause.parties.includes(at(view.blame.faulty, row));
    if (onVersion || failing) marked.add(table.spanId(row));
  }
  return [...marked].slice(0, MOST_MARKED);
}
