import type { Evidence, Finding } from '../model/finding.ts';
import type { ConnectionSetup, SetupPhase } from '../population/connections.ts';
import { certainRise, LOOSE_Z, median, sorted } from '../population/statistics.ts';
import { sum, type View } from '../population/view.ts';
import { cite, clip, count, named, nameOf, us } from './cite.ts';
import { coveredTime, type EdgeSetups, edgeSetups, isTried } from './connection-edges.ts';
import type { Detector } from './detector.ts';

/** Opening a connection is slow when it takes this many times the usual, and this much more, µs. */
const SLOW = 3;
const LEAST = 20_000;

/**
 * D04: finding the address, connecting and shaking hands take longer than usual, or are done anew for requests that used to
 * find a connection open. Failed handshakes are D05's.
 */
export const connectionSetup: Detector = {
  id: 'D04 connection-setup',
  asks: 'Does opening the connection take the time?',
  detect: (view) => edgeSetups(view).flatMap((edge) => findingOf(view, edge) ?? []),
};

function findingOf(view: View, edge: EdgeSetups): Finding | undefined {
  if (edge.before.length + edge.touchingBefore === 0) return undefined;
  const usual = edge.before.length === 0 ? 0 : median(sorted(edge.before.map(({ spans }) => coveredTime(spans))));
  const slow = (setup: ConnectionSetup) =>
    !isTried(setup) && coveredTime(setup.spans) > Math.max(SLOW * usual, usual + LEAST);
  const bad = edge.now.filter(slow);
  const ordered = [...bad].sort((a, b) => coveredTime(a.spans) - coveredTime(b.spans) || a.trace - b.trace);
  const telling = ordered[Math.floor(ordered.length / 2)];
  if (telling === undefined) return undefined;
  const now = { with: bad.length, of: edge.touching };
  const before = { with: edge.before.filter(slow).length, of: edge.touchingBefore };
  const rise = certainRise(now, before, LOOSE_Z);
  if (sum(view.sides.reference) > 0 && rise === 0) return undefined;
  const counts = { ...now, baselineWith: before.with, baselineOf: before.of };
  return {
    detector: connectionSetup.id,
    mechanism: 'connection-setup',
    component: { kind: 'edge', from: nameOf(view, edge.caller), to: nameOf(view, edge.peer) },
    role: 'cause',
    strength: clip(Math.sqrt(rise)),
    specificity: clip(1 - (before.of === 0 ? 0 : before.with / before.of)),
    support: bad.length,
    evidence: explain(view, edge, telling, usual, counts),
  };
}

function explain(
  view: View,
  edge: EdgeSetups,
  telling: ConnectionSetup,
  usual: number,
  counts: NonNullable<Evidence['counts']>,
): [Evidence, ...Evidence[]] {
  const names = { from: named(nameOf(view, edge.caller)), to: named(nameOf(view, edge.peer)) };
  const [first, ...others] = telling.spans.map(({ row }) => row);
  if (first === undefined) throw new RangeError('A connection that was opened has rows');
  const time = us(coveredTime(telling.spans));
  const evidence: [Evidence, ...Evidence[]] = [
    cite(view, [first, ...others], 'connection.time', { ...names, time, usual: us(usual) }, { counts }),
    cite(view, [first, ...others], 'connection.phase', longestPhase(telling)),
  ];
  // Requests that found a connection open before and have to open one now: reuse was lost, which nobody sees in one trace.
  const opened = { with: edge.now.length, of: edge.touching };
  const openedBefore = { with: edge.before.length, of: edge.touchingBefore };
  if (certainRise(opened, openedBefore, LOOSE_Z) > 0) {
    const values = {
      ...names,
      opened: count(opened.with),
      of: count(opened.of),
      usual: count(openedBefore.with),
      usualOf: count(openedBefore.of),
    };
    evidence.push(cite(view, [first], 'connection.reuse', values));
  }
  return evidence;
}

const SPOKEN: Readonly<Record<SetupPhase, string>> = {
  dns: 'looking the name up',
  tcp: 'connecting',
  tls: 'the TLS handshake',
};

/** The phase that most of the time went into. A handshake's span may hold its connect: what is inside counts for itself. */
function longestPhase({ spans }: ConnectionSetup) {
  const time = { dns: 0, tcp: 0, tls: 0 };
  for (const { phase, start, end } of spans) time[phase] += end - start;
  const enclosed = spans.some(
    (tls) =>
      tls.phase === 'tls' && spans.some((tcp) => tcp.phase === 'tcp' && tcp.start >= tls.start && tcp.end <= tls.end),
  );
  if (enclosed) time.tls = Math.max(0, time.tls - time.tcp);
  const phases: readonly SetupPhase[] = ['dns', 'tcp', 'tls'];
  const [longest = 'tls'] = phases.toSorted((a, b) => time[b] - time[a]);
  return { phase: named(SPOKEN[longest]), time: us(time[longest]) };
}
