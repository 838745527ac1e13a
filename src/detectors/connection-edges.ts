import type { ConnectionSetup, SetupSpan } from '../population/connections.ts';
import { ensure } from '../population/numbering.ts';
import type { View } from '../population/view.ts';
import { tracesOfEdge } from './cite.ts';

/** The connections of one caller to one peer on both sides, and how many requests touch the edge at all. */
export type EdgeSetups = {
  readonly caller: number;
  readonly peer: number;
  readonly now: readonly ConnectionSetup[];
  readonly before: readonly ConnectionSetup[];
  /** Requests without a set-up among them reused a connection. */
  readonly touching: number;
  readonly touchingBefore: number;
};

/** Every edge on which suspects opened connections. */
export function edgeSetups(view: View): readonly EdgeSetups[] {
  const { sides } = view;
  const { now: opened, before: usual } = view.connections();
  const edges = new Map<string, ConnectionSetup[]>();
  for (const setup of opened) {
    ensure(edges, `${setup.caller} ${setup.peer}`, () => []).push(setup);
  }
  return [...edges.values()].flatMap((now) => {
    const [first] = now;
    if (first === undefined) return [];
    const { caller, peer } = first;
    const before = usual.filter((setup) => setup.caller === caller && setup.peer === peer);
    const touching = Math.max(now.length, tracesOfEdge(view, caller, peer, sides.suspect).size);
    const touchingBefore = Math.max(before.length, tracesOfEdge(view, caller, peer, sides.reference).size);
    return [{ caller, peer, now, before, touching, touchingBefore }];
  });
}

/** Whether a handshake failed, so that there was something to try again. */
export const isTried = ({ handshakes }: ConnectionSetup): boolean => handshakes.some(({ failed }) => failed);

/** Time in which a connection was being opened, µs: what the steps of all calls of the request cover together. */
export function coveredTime(spans: readonly SetupSpan[]): number {
  let covered = 0;
  let reached = Number.NEGATIVE_INFINITY;
  for (const { start, end } of spans) {
    covered += Math.max(0, end - Math.max(start, reached));
    reached = Math.max(reached, end);
  }
  return covered;
}

/** From the first sign to the last of a connection being made, µs. */
export function timeOf(spans: readonly SetupSpan[]): number {
  let start = Number.POSITIVE_INFINITY;
  let end = 0;
  for (const span of spans) {
    start = Math.min(start, span.start);
    end = Math.max(end, span.end);
  }
  return spans.length === 0 ? 0 : end - start;
}
