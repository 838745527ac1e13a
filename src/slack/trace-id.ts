import { traceNamedIn } from '../formats/trace-links.ts';
import type { TraceId } from '../model/units.ts';

/** What somebody meant by a text that should name a trace. */
export type Named =
  | { readonly kind: 'trace'; readonly traceId: TraceId }
  | { readonly kind: 'nothing' }
  /** Something that looks like an id and is none; `why` says it to a person. */
  | { readonly kind: 'unusable'; readonly why: string };

/** Longer than any id with whatever stands around it. */
const LONGEST = 100;
const ZEROS = /(?<![0-9a-z])0{16}(?:0{16})?(?![0-9a-z])/i;

/**
 * The trace id in what a person typed or pasted, in any form that `traceNamedIn` reads: an id, a `traceparent`, a link. Where
 * there is none, a lone word that was surely meant as one is told apart from talk.
 */
export function findTraceId(text: string): Named {
  const named = traceNamedIn(text);
  if (named !== undefined) return { kind: 'trace', traceId: named.traceId };
  const word = text.trim().replace(/^[`"'<]+|[`"'>]+$/g, '');
  if (word.length > LONGEST) return { kind: 'nothing' };
  if (ZEROS.test(word)) return { kind: 'unusable', why: 'An id of zeros only names no trace.' };
  if (!/^[0-9a-f]{5,64}$/i.test(word) || !/\d/.test(word)) return { kind: 'nothing' };
  return { kind: 'unusable', why: `A trace id has 16 or 32 hex digits; this has ${word.length}.` };
}
