import type { SpanTable } from '../model/trace.ts';
import { at } from '../model/units.ts';
import { PairNumbers } from '../trace/pair-numbers.ts';
import type { Charges } from './charges.ts';
import type { Sides } from './latency.ts';
import { ensure } from './numbering.ts';
import { certainRise, LOOSE_Z } from './statistics.ts';
import type { ToldEvents } from './told-events.ts';

/** A log line or exception that suspects lack or that is new in them, given that the same span was visited. */
export type EventChange = {
  readonly kind: 'missing' | 'new';
  readonly party: number;
  /** The event's place in the code, its exception type, or its text without literals. */
  readonly event: string;
  readonly weight: number;
  readonly now: { readonly with: number; readonly of: number };
  readonly before: { readonly with: number; readonly of: number };
  /** A span of a suspect that shows it (new) or lacks it (missing). */
  readonly example: number;
  readonly error: boolean;
};

/** A new event that is no error may only be chatter. */
const CHATTER = 0.5;

type Place = { party: number; now: number; before: number; example: number; events: Map<string, Seen> };
type Seen = { now: number; before: number; example: number; error: boolean };

/**
 * Presence of each event per visited span path. Only traces that carry an event at all take part, otherwise an export gap
 * would look like silence.
 */
export function eventChanges(
  table: SpanTable,
  charges: Charges,
  told: ToldEvents,
  sides: Sides,
): readonly EventChange[] {
  if (told.kinds.length === 0) return [];
  const places = collectPlaces(table, charges, told, sides);
  const speakers = new Map<string, Set<number>>();
  for (const { party, events } of places) {
    for (const event of events.keys()) ensure(speakers, event, () => new Set<number>()).add(party);
  }
  const changes: EventChange[] = [];
  for (const { party, now, before, example, events } of places) {
    for (const [event, seen] of events) {
      const rates = { now: { with: seen.now, of: now }, before: { with: seen.before, of: before } };
      const spread = speakers.get(event)?.size ?? 1;
      const missing = seen.error ? 0 : certainRise(rates.before, rates.now, LOOSE_Z) / spread;
      const fresh = (certainRise(rates.now, rates.before, LOOSE_Z) * (seen.error ? 1 : CHATTER)) / spread;
      if (missing > 0)
        changes.push({ kind: 'missing', party, event, weight: missing, ...rates, example, error: false });
      if (fresh > 0) {
        changes.push({ kind: 'new', party, event, weight: fresh, ...rates, example: seen.example, error: seen.error });
      }
    }
  }
  return changes.sort((a, b) => b.weight - a.weight || a.party - b.party || (a.event < b.event ? -1 : 1));
}

function collectPlaces(table: SpanTable, charges: Charges, told: ToldEvents, sides: Sides): readonly Place[] {
  const paths = new PairNumbers();
  const numbers = new PairNumbers();
  const part = new Int32Array(table.size);
  const places: Place[] = [];
  for (let trace = 0; trace < table.traces; trace++) {
    const now = sides.suspect[trace] === 1;
    if (!now && sides.reference[trace] !== 1) continue;
    const from = at(table.first, trace);
    const to = at(table.first, trace + 1);
    if (at(told.from, from) === at(told.from, to)) continue;
    const side = now ? 'now' : 'before';
    for (let row = from; row < to; row++) {
      const party = at(charges.party, row);
      const inside = at(charges.visit, row) !== row;
      part[row] = paths.number(inside ? at(part, at(table.parent, row)) : -1, at(table.operation, row));
      const number = numbers.number(at(part, row), party);
      const place = places[number] ?? { party, now: 0, before: 0, example: -1, events: new Map<string, Seen>() };
      places[number] = place;
      place[side]++;
      if (now && place.example < 0) place.example = row;
      for (let index = at(told.from, row); index < at(told.from, row + 1); index++) {
        const kind = told.kinds[at(told.kindAt, index)];
        if (kind === undefined) continue;
        const { error } = kind;
        const seen = ensure(place.events, kind.event, () => ({ now: 0, before: 0, example: row, error }));
        seen[side]++;
        if (now && seen.now === 1) seen.example = row;
      }
    }
  }
  return places;
}
