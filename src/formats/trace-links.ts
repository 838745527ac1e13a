import type { SpanId, TraceId } from '../model/units.ts';
import { spanIdOf, traceIdOf } from './ids.ts';

/** `base` is in each case the address of the page's server, without a slash at its end. */

/** Jaeger's page; `uiFind` marks the span. */
export function jaegerPage(base: string, traceId: TraceId, spanId?: SpanId): string {
  return `${base}/trace/${traceId}${spanId === undefined ? '' : `?uiFind=${spanId}`}`;
}

/** Zipkin Lens; it has no address for a span. */
export function zipkinPage(base: string, traceId: TraceId): string {
  return `${base}/zipkin/traces/${traceId}`;
}

/** The query page of VictoriaTraces with the spans of one trace, or one of them. */
export function victoriaTracesPage(base: string, traceId: TraceId, spanId?: SpanId): string {
  const query = `trace_id:="${traceId}"${spanId === undefined ? '' : ` span_id:="${spanId}"`}`;
  return `${base}/select/vmui/#/query?query=${encodeURIComponent(query)}`;
}

/**
 * Grafana Explore (10 and later), one pane with the trace of a Tempo data source. The window is wide because Explore reads
 * only what lies in it.
 */
export function grafanaPage(
  base: string,
  datasource: { readonly uid: string; readonly type: string },
  traceId: TraceId,
  spanId?: SpanId,
): string {
  const pane = {
    datasource: datasource.uid,
    queries: [{ refId: 'A', datasource, queryType: 'traceql', query: traceId }],
    range: { from: 'now-7d', to: 'now' },
    ...(spanId === undefined ? {} : { panelsState: { trace: { spanId } } }),
  };
  return `${base}/explore?schemaVersion=1&panes=${encodeURIComponent(JSON.stringify({ trace: pane }))}`;
}

export type TraceReference = { readonly traceId: TraceId; readonly spanId?: SpanId };

/** Longer than any message of a chat; what is beyond is not looked at. */
const LOOKED_AT = 8_000;

const ID = '([0-9a-f]{8,32})(?![0-9a-z])';
const PATH = new RegExp(`/traces?/(?:id/)?${ID}`, 'i');
const PARAMETER = new RegExp(`[?&#](?:trace|traceid|trace_id)=${ID}`, 'i');
/** Grafana's panes, Loki's and people's JSON, LogsQL and log lines: `traceId":"…"`, `trace_id:="…"`, `"query":"…"`. */
const FIELD = new RegExp(`(?:trace[_. -]?id|"query)["']?\\s{0,3}[:=]{1,2}\\s{0,3}["']?${ID}`, 'i');
const SPAN_FIELD = /(?:uiFind|span[_. -]?id)["']?\s{0,3}[:=]{1,2}\s{0,3}["']?([0-9a-f]{1,16})(?![0-9a-z])/i;
const TRACEPARENT = /(?<![0-9a-z])[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(?![0-9a-z])/i;
/** X-Ray: version, epoch seconds, 96 bits (docs.aws.amazon.com/xray, "Trace ID format"). */
const XRAY = /(?<![0-9a-z])1-([0-9a-f]{8})-([0-9a-f]{24})(?![0-9a-z])/i;
const FULL = /(?<![0-9a-z])[0-9a-f]{32}(?![0-9a-z])/i;
const HALF = /(?<![0-9a-z])[0-9a-f]{16}(?![0-9a-z])/i;
/** An id alone that has lost up to three leading zeros; more are lost once in 4,096 ids, fewer digits are a slip of the hand. */
const SHORTENED = /^[\s`"'<]*((?=[0-9]*[a-f])[0-9a-f]{13,15}|[0-9a-f]{29,31})[\s`"'>]*$/i;
/** Datadog writes 64-bit ids as decimals; sixteen digits are hex to everybody else, so a decimal has more. */
const DECIMAL = /(?:^|trace[_. -]?id["']?\s{0,3}[:=]\s{0,3}["']?|\/trace\/)([0-9]{17,20})(?![0-9a-z])/i;

/**
 * The trace that a person's text names, and the span where it names one: a link to a page of Jaeger, Zipkin, Grafana
 * (Explore, also with its panes as JSON), VictoriaTraces, Datadog or X-Ray; a `traceparent`; `trace_id=…` in a log line; or
 * the id alone, with 16 or 32 hex digits of either case. Leading zeros that a page has dropped come back, and so do up to three
 * that an id alone has lost. Undefined where nothing is an id, or the id is all zeros.
 *
 * ```
 *   00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01
 *      └──────────── trace ───────────┘ └──── span ────┘
 * ```
 */
export function traceNamedIn(text: string): TraceReference | undefined {
  const looked = readable(text.slice(0, LOOKED_AT));
  const parent = TRACEPARENT.exec(looked);
  if (parent !== null) return reference(parent[1], parent[2]);
  const decimal = DECIMAL.exec(looked)?.[1];
  if (decimal !== undefined) return reference(hexOfDecimal(decimal), undefined);
  const xray = XRAY.exec(looked);
  const spanId = SPAN_FIELD.exec(looked)?.[1];
  const traceId =
    PATH.exec(looked)?.[1] ??
    PARAMETER.exec(looked)?.[1] ??
    FIELD.exec(looked)?.[1] ??
    FULL.exec(looked)?.[0] ??
    (xray === null ? undefined : `${xray[1]}${xray[2]}`) ??
    HALF.exec(looked.replace(SPAN_FIELD, ''))?.[0] ??
    SHORTENED.exec(looked)?.[1];
  return reference(traceId, spanId);
}

function reference(trace: string | undefined, span: string | undefined): TraceReference | undefined {
  const traceId = traceIdOf(trace);
  if (traceId === undefined) return undefined;
  const spanId = spanIdOf(span);
  return spanId === undefined ? { traceId } : { traceId, spanId };
}

function hexOfDecimal(digits: string): string | undefined {
  const value = BigInt(digits);
  return value < 1n << 64n ? value.toString(16) : undefined;
}

/** Links carry JSON escaped, sometimes twice; what is no escape stays as it is. */
function readable(text: string): string {
  let plain = text;
  for (let round = 0; round < 2 && plain.includes('%'); round += 1) {
    try {
      plain = decodeURIComponent(plain);
    } catch {
      return plain.replace(/%22/g, '"').replace(/%3A/gi, ':').replace(/%3D/gi, '=');
    }
  }
  return plain;
}
