import type { SpanEvent } from '../model/span.ts';
import { Flag, type SpanTable } from '../model/trace.ts';
import { byteAt } from '../model/units.ts';
import { IntColumn } from '../trace/column.ts';
import { ensure } from './numbering.ts';

/** An event as it is the same in every request. */
export type ToldEvent = {
  /** Its place in the code, its exception type, or its text without literals. */
  readonly event: string;
  readonly error: boolean;
};

/** What the spans of a table tell in their events, each kind once a row, in the order in which they were told. */
export type ToldEvents = {
  /** Kinds told by row r: `kinds[kindAt[i]]` for i from `from[r]` up to `from[r + 1]`. */
  readonly from: Int32Array;
  readonly kindAt: Int32Array;
  readonly kinds: readonly ToldEvent[];
};

/** Reads every event of the table, once for all comparisons; O(events). */
export function toldEvents(table: SpanTable): ToldEvents {
  const numbers = new Map<string, number>();
  const kinds: ToldEvent[] = [];
  const kindAt = new IntColumn();
  const from = new Int32Array(table.size + 1);
  for (let row = 0; row < table.size; row++) {
    if ((byteAt(table.flags, row) & Flag.events) !== 0) {
      for (const [event, error] of toldBy(table.events(row))) {
        const number = ensure(numbers, `${error} ${event}`, () => kinds.push({ event, error }) - 1);
        kindAt.push(number);
      }
    }
    from[row + 1] = kindAt.size;
  }
  return { from, kindAt: kindAt.values.slice(0, kindAt.size), kinds };
}

function toldBy(events: readonly SpanEvent[]): ReadonlyMap<string, boolean> {
  const found = new Map<string, boolean>();
  for (const event of events) {
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
