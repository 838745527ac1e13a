import { spellingsOf } from '../formats/semantic-conventions.ts';
import type { Micros } from '../model/units.ts';
import type { TraceQuery } from '../ports/trace-backend.ts';

/** What a server's TraceQL knows: Tempo all of it, others a part. */
export type Dialect = {
  /** `traceDuration`, to search for the slowest. */
  readonly traceDuration: boolean;
  /** `with(most_recent=true)`, Tempo 2.8 and later; without it a search gives the first traces that it meets. */
  readonly mostRecent: boolean;
};

/** Failed by status, or by what says the same where the SDK left the status unset (`formats/span-signs.ts`). */
const FAILED =
  '(status = error || (status != ok && (span.error.type != nil || span.http.response.status_code >= 500 || ' +
  'span.http.status_code >= 500)))';

/**
 * The TraceQL of a query: every condition within one pair of braces, so that all hold for one span. Names and values come
 * from alerts and people, so each is a string literal with everything escaped that could end it.
 *
 * `least` is the shortest whole trace that is wanted.
 */
export function traceQl(query: TraceQuery, least: Micros, dialect: Dialect): string {
  const conditions: string[] = [];
  if (query.service !== undefined) conditions.push(`resource.service.name = ${literal(query.service)}`);
  if (query.operation !== undefined) conditions.push(`name = ${literal(query.operation)}`);
  if (query.errors === true) conditions.push(FAILED);
  if (query.minDuration !== undefined) conditions.push(`duration >= ${query.minDuration}us`);
  if (least > 0 && dialect.traceDuration) conditions.push(`traceDuration >= ${least}us`);
  for (const [key, value] of Object.entries(query.attributes ?? {})) {
    const either = spellingsOf(key).flatMap((name) =>
      ['span', 'resource'].flatMap((scope) =>
        literals(value).map((written) => `${scope}.${attributeName(name)} = ${written}`),
      ),
    );
    conditions.push(`(${either.join(' || ')})`);
  }
  const spans = conditions.length === 0 ? '{ }' : `{ ${conditions.join(' && ')} }`;
  return dialect.mostRecent ? `${spans} with(most_recent=true)` : spans;
}

/** A text as TraceQL writes it: Go's rules, which read every escape that JSON writes. Half a surrogate pair is no text. */
export function literal(text: string): string {
  return JSON.stringify(text.toWellFormed());
}

/** TraceQL compares typed values, and nobody says whether a wanted `503` was sent as number or as text. */
function literals(value: string): readonly string[] {
  if (/^-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,9})?$/.test(value)) return [literal(value), value];
  return value === 'true' || value === 'false' ? [literal(value), value] : [literal(value)];
}

function attributeName(name: string): string {
  return /^[A-Za-z_][\w.-]*$/.test(name) ? name : literal(name);
}
