import type { Evidence, Finding } from '../model/finding.ts';
import type { ConnectionSetup } from '../population/connections.ts';
import { certainRise, LOOSE_Z, median, sorted } from '../population/statistics.ts';
import { sum, type View } from '../population/view.ts';
import { cite, clip, count, named, nameOf, us } from './cite.ts';
import { type EdgeSetups, edgeSetups, isTried, timeOf } from './connection-edges.ts';
import type { Detector } from './detector.ts';

/** D05: TLS handshakes that one service makes with one peer inside one request, of which some fail and are tried again. */
export const tlsHandshake: Detector = {
  id: 'D05 tls-handshake',
  asks: 'Does a TLS handshake fail, and is it tried more than once?',
  detect: (view) => edgeSetups(view).flatMap((edge) => findingOf(view, edge) ?? []),
};

function findingOf(view: View, edge: EdgeSetups): Finding | undefined {
  const bad = edge.now.filter(isTried);
  const retried = bad.filter(({ handshakes }) => handshakes.length > 1);
  const [telling] = [...(retried.length > 0 ? retried : bad)].sort(
    (a, b) =>
      b.handshakes.length - a.handshakes.length || timeOf(b.handshakes) - timeOf(a.handshakes) || a.trace - b.trace,
  );
  if (telling === undefined) return undefined;
  const now = { with: bad.length, of: edge.touching };
  const before = { with: edge.before.filter(isTried).length, of: edge.touchingBefore };
  const compared = sum(view.sides.reference) > 0;
  const rise = certainRise(now, before, LOOSE_Z);
  if (compared && rise === 0) return undefined;
  const usual = edge.before.filter(({ handshakes }) => handshakes.length > 0);
  return {
    detector: tlsHandshake.id,
    mechanism: retried.length > 0 ? 'tls-handshake-retry' : 'connection-setup',
    component: { kind: 'edge', from: nameOf(view, edge.caller), to: nameOf(view, edge.peer) },
    role: 'cause',
    strength: clip(compared ? Math.sqrt(rise) : 0.8),
    specificity: clip(1 - (before.of === 0 ? 0 : before.with / before.of)),
    support: bad.length,
    evidence: explain(
      view,
      telling,
      usual.length === 0 ? 0 : median(sorted(usual.map(({ handshakes }) => timeOf(handshakes)))),
      { ...now, baselineWith: before.with, baselineOf: before.of },
    ),
  };
}

function explain(
  view: View,
  { caller, peer, handshakes }: ConnectionSetup,
  usual: number,
  counts: NonNullable<Evidence['counts']>,
): [Evidence, ...Evidence[]] {
  const failed = handshakes.filter((attempt) => attempt.failed);
  const [first, ...others] = handshakes.map((attempt) => attempt.row);
  if (first === undefined) throw new RangeError('A handshake that was tried has rows');
  const values = {
    from: named(nameOf(view, caller)),
    to: named(nameOf(view, peer)),
    attempts: count(handshakes.length),
    failed: count(failed.length),
    time: us(timeOf(handshakes)),
  };
  const evidence: [Evidence, ...Evidence[]] = [cite(view, [first, ...others], 'tls.attempts', values, { counts })];
  if (usual > 0) evidence.push(cite(view, [first], 'tls.usual', { usual: us(usual) }));
  for (const attempt of failed) {
    const message = view.table.statusMessage(attempt.row);
    if (message === undefined) continue;
    const after = us(attempt.end - attempt.start);
    evidence.push(cite(view, [attempt.row], 'tls.failed', { message: named(message.slice(0, 200)), after }));
    break;
  }
  return evidence;
}
