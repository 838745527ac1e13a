import type { TraceId } from '../model/units.ts';

/** What somebody meant by a text that should name a trace. */
export type Named =
  | { readonly kind: 'trace'; readonly traceId: TraceId }
  | { readonly kind: 'nothing' }
  /** Something that looks like an id and is none; `why` says it to a person. */
  | { readonly kind: 'unusable'; readonly why: string };

/** Longer than any message of Slack; what is beyond is not looked at. */
const LOOKED_AT = 8_000;

/** A run of hex digits that is not a part of a longer word. */
const HEX_RUN = /(?<![0-9a-z])[0-9a-f]{16}(?:[0-9a-f]{16})?(?![0-9a-z])/gi;
/** X-Ray: version, epoch seconds, 96 bits (docs.aws.amazon.com/xray, "Trace ID format"). */
const XRAY = /(?<![0-9a-z])1-([0-9a-f]{8})-([0-9a-f]{24})(?![0-9a-z])/i;
/** A trace's page in Jaeger, Zipkin, Grafana and others. Jaeger drops leading zeros, so any length counts here. */
const PAGE =
  /\/traces?\/(?:id\/)?([0-9a-f]{8,32})(?![0-9a-z])|[?&#](?:trace|traceid|trace_id)=([0-9a-f]{8,32})(?![0-9a-z])/i;

/**
 * Finds the trace id in what a person typed or pasted: 16 or 32 hex digits in any case, a `traceparent`, an X-Ray id, or a
 * link with an id inside. The first 32 digits win over 16, for beside a trace id stands often a span id:
 *
 * ```
 *   00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01
 *      └──────────── trace ───────────┘ └──── span ────┘
 * ```
 */
export function findTraceId(text: string): Named {
  const looked = text.slice(0, LOOKED_AT);
  const xray = XRAY.exec(looked);
  const page = PAGE.exec(looked);
  const runs = looked.match(HEX_RUN) ?? [];
  const candidate =
    runs.find((run) => run.length === 32) ??
    (xray ? `${xray[1]}${xray[2]}` : undefined) ??
    page?.[1] ??
    page?.[2] ??
    runs[0];
  if (candidate === undefined) return misspelt(looked);
  const traceId = candidate.toLowerCase().padStart(32, '0');
  return /^0+$/.test(traceId)
    ? { kind: 'unusable', why: 'An id of zeros only names no trace.' }
    : { kind: 'trace', traceId };
}

/** Says what is wrong with a lone word of hex digits, which was surely meant as an id. */
function misspelt(text: string): Named {
  const word = text.trim().replace(/^[`"'<]+|[`"'>]+$/g, '');
  if (!/^[0-9a-f]{5,64}$/i.test(word) || !/\d/.test(word)) return { kind: 'nothing' };
  return { kind: 'unusable', why: `A trace id has 16 or 32 hex digits; this has ${word.length}.` };
}
