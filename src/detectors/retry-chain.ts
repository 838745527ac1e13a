import type { Evidence, Finding } from '../model/finding.ts';
import { at } from '../model/units.ts';
import { ensure } from '../population/numbering.ts';
import { durationOf } from '../population/requests.ts';
import { certainRise, LOOSE_Z, median, sorted } from '../population/statistics.ts';
import { sum, type View } from '../population/view.ts';
import { type LogicalCall, logicalCalls } from '../trace/attempts.ts';
import { ordinalOf } from '../trace/build.ts';
import { cite, clip, count, countsOf, named, nameOf, operationOf, tracesIn, tracesOfEdge, us } from './cite.ts';
import type { Detector } from './detector.ts';
import { messageOf } from './failure-finding.ts';

/** A retry that takes this part of its requests is felt. */
const COSTLY = 0.1;
/** What is left to say of attempts that were given up on, beside who did not answer them. */
const SECOND_PLACE = 0.5;

/**
 * D12: calls that failed and were tried again, with what the failed attempts and the pauses between them took. Where the last
 * attempt succeeded nobody above saw an error, only a slow answer, and the pauses look like the caller's own work. Attempts
 * that were given up on are told as what they are, a timeout, and in second place: D11 tells of those who did not answer.
 *
 * ```
 *   caller   ├───────────────────────────────────────┤  succeeded
 *     try      ├── ✗    pause    ├── ✗   pause   ├──┤
 *              ←───────────── lost ─────────────→
 * ```
 */
export const retryChain: Detector = {
  id: 'D12 retry-chain',
  asks: 'Was a call tried again until it worked, and what did that take?',
  detect(view) {
    const before = chains(view, view.sides.reference);
    return [...chains(view, view.sides.suspect).values()].flatMap(
      (chain) => findingOf(view, chain, before.get(chain.key)) ?? [],
    );
  },
};

type Chain = { readonly key: string; readonly from: number; readonly to: number; readonly calls: LogicalCall[] };

/** Retried calls of the traces by caller, peer and operation. Being asked for credentials is part of the plan, not a failure. */
function chains(view: View, traces: Uint8Array): ReadonlyMap<string, Chain> {
  const found = new Map<string, Chain>();
  for (let trace = 0; trace < view.table.traces; trace++) {
    if (traces[trace] !== 1) continue;
    for (const call of logicalCalls(view.table, trace)) {
      const [row] = call.attempts;
      const to = row === undefined ? -1 : at(view.charges.peer, row);
      if (row === undefined || to < 0 || call.kind !== 'retry') continue;
      const from = at(view.charges.party, row);
      const key = [from, to, at(view.table.operation, row)].join(' ');
      ensure(found, key, () => ({ key, from, to, calls: [] })).calls.push(call);
    }
  }
  return found;
}

function findingOf(view: View, chain: Chain, usual: Chain | undefined): Finding | undefined {
  const { from, to, calls } = chain;
  const rows = calls.flatMap(({ attempts }) => attempts.slice(0, 1));
  const now = { with: tracesIn(view, rows), of: tracesOfEdge(view, from, to, view.sides.suspect).size };
  const before = {
    with: tracesIn(
      view,
      (usual?.calls ?? []).flatMap(({ attempts }) => attempts.slice(0, 1)),
    ),
    of: tracesOfEdge(view, from, to, view.sides.reference).size,
  };
  const compared = sum(view.sides.reference) > 0;
  const rise = certainRise(now, before, LOOSE_Z);
  if (compared && rise === 0) return undefined;
  const ordered = calls.toSorted((a, b) => a.lost - b.lost || (a.attempts[0] ?? 0) - (b.attempts[0] ?? 0));
  const typical = ordered[Math.floor(ordered.length / 2)];
  const [row, ...others] = typical?.attempts ?? [];
  if (typical === undefined || row === undefined) return undefined;
  const masked = calls.filter(({ outcome }) => outcome === 'masked').length;
  const shares = calls.map((call) => {
    const entry = at(view.requests.entry, ordinalOf(view.table, call.attempts[0] ?? row));
    return call.lost / Math.max(1, durationOf(view.table, entry));
  });
  const felt = masked > calls.length / 2 && median(sorted(shares)) >= COSTLY;
  const evidence: [Evidence, ...Evidence[]] = [
    cite(
      view,
      [row, ...others],
      'retry.chain',
      {
        from: named(nameOf(view, from)),
        to: named(nameOf(view, to)),
        operation: named(operationOf(view, row)),
        attempts: count(typical.attempts.length),
        lost: us(typical.lost),
      },
      { counts: countsOf(now, before) },
    ),
    cite(view, [row, ...others], 'retry.outcome', { masked: count(masked), calls: count(calls.length) }),
  ];
  const gaveUp = calls.filter(({ attempts: [first] }) => first !== undefined && view.blame.gaveUp[first] === 1).length;
  const unanswered = gaveUp > calls.length / 2;
  const message = unanswered ? undefined : messageOf(view, row);
  if (message !== undefined) evidence.push(cite(view, [row], 'error.message', { message: named(message) }));
  const strength = compared ? Math.sqrt(rise) : 0.5;
  return {
    detector: retryChain.id,
    mechanism: unanswered ? 'timeout' : 'error',
    component: { kind: 'edge', from: nameOf(view, from), to: nameOf(view, to), operation: operationOf(view, row) },
    role: felt ? 'cause' : 'context',
    strength: clip(unanswered ? strength * SECOND_PLACE : strength),
    specificity: clip(1 - (before.of === 0 ? 0 : before.with / before.of)),
    support: now.with,
    evidence,
  };
}
