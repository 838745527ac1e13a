import type { Attributes, AttributeValue, SpanRecord } from '../model/span.ts';
import { todaysName } from './semantic-conventions.ts';

/** gRPC codes that blame the server; the others are answers like any other (semantic conventions, rpc/grpc). */
const FAILED_RPC: ReadonlySet<AttributeValue> = new Set([
  'UNKNOWN',
  'DEADLINE_EXCEEDED',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
]);

/**
 * Whether a span is in error, for searches: by its status, or by attributes that say the same although the SDK left the
 * status unset (opentelemetry-js sets no `error.type` for HTTP answers, others set nothing but it).
 */
export function showsError(span: SpanRecord): boolean {
  if (span.status === 'error') return true;
  if (span.status === 'ok') return false;
  if (span.attributes['error.type'] !== undefined) return true;
  const http = span.attributes['http.response.status_code'];
  if (typeof http === 'number' && http >= 500) return true;
  const rpc = span.attributes['rpc.status_code'];
  return rpc !== undefined && FAILED_RPC.has(rpc);
}

/**
 * Whether a span, or the resource that sent it, carries every wanted attribute with exactly that text. A number or a
 * boolean is compared as it prints; a list has the value when one of its entries does. Old names are asked for in vain
 * nowhere: they are looked up under today's.
 */
export function carries(
  attributes: Attributes,
  resource: Attributes,
  wanted: readonly (readonly [key: string, value: string])[],
): boolean {
  for (const [key, value] of wanted) {
    if (!holds(attributes, key, value) && !holds(resource, key, value)) return false;
  }
  return true;
}

/** The attributes of a query, ready for `carries`. */
export function wantedAttributes(
  attributes: Readonly<Record<string, string>> | undefined,
): readonly (readonly [key: string, value: string])[] {
  return Object.entries(attributes ?? {}).map(([key, value]) => [todaysName(key), value] as const);
}

function holds(attributes: Attributes, key: string, wanted: string): boolean {
  if (!Object.hasOwn(attributes, key)) return false;
  const value = attributes[key];
  return Array.isArray(value) ? value.some((entry) => String(entry) === wanted) : String(value) === wanted;
}
