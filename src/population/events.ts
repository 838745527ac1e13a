import type { SpanEvent } from '../model/span.ts';
import { Flag, type SpanTable } from '../model/trace.ts';
import { at } from '../model/units.ts';
import { PairNumbers } from '../trace/pair-numbers.ts';
import type { Charges } from './charges.ts';
import type { Sides } from './latency.ts';
import { ensure } from './numbering.ts';
import { certainRise, LOOSE_Z } from './statistics.ts';

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
export function eventChanges(table: SpanTable, charges: Charges, sides: Sides): readonly EventChange[] {
  const places = collectPlaces(table, charges, sides);
  const speakers = new Map<string, Set<number>>();
  for (const { party, events } of places.values()) {
    for (const event of events.keys()) ensure(speakers, event, () => new Set<number>()).add(party);
  }
  const changes: EventChange[] = [];
  for (const { party, now, before, example, events } of places.values()) {
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

function collectPlaces(table: SpanTable, charges: Charges, sides: Sides): ReadonlyMap<number, Place> {
  const paths = new PairNumbers();
  const part = new Int32Array(table.size);
  const places = new Map<number, Place>();
  for (let trace = 0; trace < table.traces; trace++) {
    const now = sides.suspect[trace] === 1;
    if (!now && sides.reference[trace] !== 1) continue;
    const from = at(table.first, trace);
    const to = at(table.first, trace + 1);
    let spoken = false;
    for (let row = from; row < to && !spoken; row++) spoken = (at(table.flags, row) & Flag.events) !== 0;
    if (!spoken) continue;
    const side = now ? 'now' : 'before';
    for (let row = from; row < to; row++) {
      const inside = at(charges.visit, row) !== row;
      const above = inside ? at(part, at(table.parent, row)) : -2 - at(charges.party, row);
      part[row] = paths.number(above < 0 ? -1 : above, at(table.operation, row));
      const place = ensure(places, at(part, row) * 2 ** 20 + at(charges.party, row), () => ({
        party: at(charges.party, row),
        now: 0,
        before: 0,
        example: -1,
        events: new Map<string, Seen>(),
      }));
      place[side]++;
      if (now && place.example < 0) place.example = row;
      for (const [event, error] of eventsOf(table, row)) {
        const seen = ensure(place.events, event, () => ({ now: 0, before: 0, example: row, error }));
        seen[side]++;
        if (now && seen.now === 1) seen.example = row;
      }
    }
  }
  return places;
}

function eventsOf(table: SpanTable, row: number): ReadonlyMap<string, boolean> {
  const found = new Map<string, boolean>();
  if ((at(table.flags, row) & Flag.events) === 0) return found;
  for (const event of table.events(row)) {
    const { key, error } = identify(event);
    found.set(key, (found.get(key) ?? false) || error);
  }
  return found;
}

/** What makes two events the same: the line that wrote them, else the exception's type, else the text without literals. */
function identify({ name, attributes }: SpanEvent): { readonly key: string; readonly error: boolean } {
  const severity = String(attributes['log.severity'] ?? attributes['severity.text'] ?? attributes.level ?? '');
  const error = name === 'exception' || /^(error|fatal|critical)/i.test(severity);
  const file = attributes['code.file.path'] ?? attributes['code.filepath'];
  const line = attributes['code.line.number'] ?? attributes['code.lineno'];
  const place = attributes['code.location'] ?? (file === undefined ? undefined : `${file}:${line ?? ''}`);
  const told = place ?? attributes['exception.type'] ?? attributes['log.message'] ?? attributes.message ?? '';
  const text = place === undefined ? withoutLiterals(String(told)) : String(told);
  return { key: `${name} ${text}${error ? ' !' : ''}`, error };
}

function withoutLiterals(text: string): string {
  return text.slice(0, 200).replace(/[\da-f]{8}-[\da-f-]{27}|\b[\da-f]{8,}\b|\d+/gi, '#');
}
