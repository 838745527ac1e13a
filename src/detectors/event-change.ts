import type { Finding } from '../model/finding.ts';
import type { EventChange } from '../population/events.ts';
import { sum, type View } from '../population/view.ts';
import { cite, clip, count, countsOf, named, nameOf, operationOf } from './cite.ts';
import type { Detector } from './detector.ts';

/** D17 as well: a log line that is missing, or new, on a span that was visited. */
export const eventChange: Detector = {
  id: 'D17 event-change',
  asks: 'What do the spans say that they never said, or not say any more?',
  detect(view) {
    const parties = new Set<number>();
    return view.comparison.events.flatMap((change) => {
      if (change.weight < LEAST || change.example < 0 || parties.has(change.party)) return [];
      parties.add(change.party);
      return [eventFinding(view, change)];
    });
  },
};

/** Weaker changes than this are the mix of requests. */
const LEAST = 0.05;

function eventFinding(view: View, change: EventChange): Finding {
  const values = {
    service: named(nameOf(view, change.party)),
    operation: named(operationOf(view, change.example)),
    event: named(change.event.slice(0, 120)),
    now: count(change.now.with),
    of: count(change.now.of),
    usual: count(change.before.with),
    usualOf: count(change.before.of),
  };
  return {
    detector: eventChange.id,
    mechanism: change.error ? 'error' : 'structural-change',
    component: { kind: 'operation', service: nameOf(view, change.party), operation: operationOf(view, change.example) },
    role: 'cause',
    strength: clip(Math.sqrt(change.weight)),
    specificity: clip(
      change.kind === 'missing'
        ? change.before.with / Math.max(1, change.before.of)
        : 1 - change.before.with / Math.max(1, change.before.of),
    ),
    // A request may pass the place several times, but it is one request.
    support: Math.min(
      change.kind === 'missing' ? change.now.of - change.now.with : change.now.with,
      sum(view.sides.suspect),
    ),
    evidence: [
      cite(view, [change.example], `event.${change.kind}`, values, { counts: countsOf(change.now, change.before) }),
    ],
  };
}
