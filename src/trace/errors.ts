import { GRPC_CODES } from '../model/grpc-codes.ts';
import type { AttributeValue, SpanKind, SpanStatus } from '../model/span.ts';
import { Flag, type SpanTable } from '../model/trace.ts';
import { byteAt } from '../model/units.ts';

/**
 * How sure it is that a span failed (reference section 3.1): 3 the span says so itself (status, `error.type`), 2 a protocol
 * code says so, 1 a vendor's mark, 0 no failure. Status OK is somebody's decision and overrules every code.
 */
export type ErrorLevel = 0 | 1 | 2 | 3;

/** What the level is read from: a span record while a table is built, a row of it afterwards. */
export type ErrorSource = {
  readonly kind: SpanKind;
  readonly status: SpanStatus;
  attribute(key: string): AttributeValue | undefined;
};

/** Every attribute that can make the level 2 or 3; a span with none of them failed only if its status says so. */
export const TELL_FAILURE: readonly string[] = [
  'error.type',
  'http.response.status_code',
  'rpc.response.status_code',
  'rpc.status_code',
  'db.response.status_code',
];

export function errorLevel(span: ErrorSource): ErrorLevel {
  if (span.status === 'ok') return 0;
  if (span.status === 'error') return 3;
  const type = span.attribute('error.type');
  if (type !== undefined && type !== '') return 3;
  if (httpFailed(span) || rpcFailed(span) || databaseFailed(span)) return 2;
  const envoy = span.attribute('response_flags');
  const marked = span.attribute('error') === true || span.attribute('error') === 'true';
  return marked || (envoy !== undefined && envoy !== '-' && envoy !== '') ? 1 : 0;
}

/** A 4xx is the caller's failure: it makes a CLIENT span fail and leaves the SERVER span alone (HTTP conventions). */
function httpFailed(span: ErrorSource): boolean {
  const code = Number(span.attribute('http.response.status_code') ?? 0);
  return code >= (span.kind === 'client' ? 400 : 500);
}

/** The codes that are the server's own failure (gRPC conventions). */
const GRPC_SERVER_FAILURES = new Set([
  'UNKNOWN',
  'DEADLINE_EXCEEDED',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
]);

/** The gRPC status by name, however it was recorded; undefined when there is none. */
export function rpcStatus(span: Pick<ErrorSource, 'attribute'>): string | undefined {
  const recorded = span.attribute('rpc.response.status_code') ?? span.attribute('rpc.status_code');
  if (typeof recorded === 'number' || (typeof recorded === 'string' && /^\d+$/.test(recorded))) {
    return GRPC_CODES[Number(recorded)] ?? 'UNKNOWN';
  }
  return typeof recorded === 'string' && recorded !== '' ? recorded.toUpperCase() : undefined;
}

function rpcFailed(span: ErrorSource): boolean {
  const status = rpcStatus(span);
  if (status === undefined || status === 'OK') return false;
  return span.kind === 'server' ? GRPC_SERVER_FAILURES.has(status) : true;
}

/** SQLSTATE classes 00 to 02 are success, warning and no data; a vendor's number is an error unless it is 0. */
function databaseFailed(span: ErrorSource): boolean {
  const code = span.attribute('db.response.status_code');
  if (code === undefined || code === '') return false;
  const text = String(code);
  return /^[0-9A-Z]{5}$/.test(text) ? !/^0[0-2]/.test(text) : text !== '0' && text.toUpperCase() !== 'OK';
}

const KINDS: readonly SpanKind[] = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'];

/** Whether a row failed, with evidence of level 2 or 3. */
export function failed(table: SpanTable, row: number): boolean {
  return (byteAt(table.flags, row) & Flag.error) !== 0;
}

/** A row of a table as an `ErrorSource`. */
export function errorSource(table: SpanTable, row: number): ErrorSource {
  return {
    kind: KINDS[byteAt(table.kind, row)] ?? 'unspecified',
    status: table.status(row),
    attribute: (key) => table.attribute(row, key),
  };
}

/**
 * What sort of failure: `cancelled` somebody gave up on it, `caller` the request was at fault, `auth`, `capacity`,
 * `timeout`, or `fault` for everything else. Only the code decides; what it means depends on the trace around it.
 */
export type ErrorSort = 'cancelled' | 'caller' | 'auth' | 'capacity' | 'timeout' | 'fault';

const SORTS: readonly (readonly [ErrorSort, RegExp])[] = [
  ['cancelled', /^(?:499|canceled|cancelled|aborterror|err_canceled|und_err_aborted|context canceled)$/i],
  ['timeout', /^(?:408|504)$|time[d_ -]?out|deadline/i],
  ['capacity', /^(?:429|resource_exhausted)$/i],
  ['auth', /^(?:401|403|unauthenticated|permission_denied)$/i],
  ['caller', /^(?:4\d\d|invalid_argument|not_found|already_exists|failed_precondition|aborted|out_of_range)$/i],
];

export function errorSort(span: ErrorSource): ErrorSort {
  const codes = [span.attribute('error.type'), span.attribute('http.response.status_code'), rpcStatus(span)];
  for (const [sort, pattern] of SORTS) {
    if (codes.some((code) => code !== undefined && pattern.test(String(code)))) return sort;
  }
  return 'fault';
}
