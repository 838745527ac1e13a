import type { Attributes, SpanKind, SpanStatus } from '../model/span.ts';
import type { AttributeBag } from './attributes.ts';

/**
 * What Jaeger and Zipkin keep among the tags although OTLP has fields for it. The vendors' translators write
 * `otel.status_code`, OpenTracing wrote `error`; the latter counts when it is present and does not say otherwise, because
 * VictoriaTraces writes `error=unset` on healthy spans and Zipkin puts the message, or nothing at all, into it.
 */
export function statusOfTags(tags: AttributeBag): { readonly status: SpanStatus; readonly message?: string } {
  const code = tags.get('otel.status_code');
  const described = tags.get('otel.status_description');
  const error = tags.get('error');
  const failed = error !== undefined && error !== false && !NO_ERROR.has(String(error).toLowerCase());
  if (code === 'ERROR' || (failed && code !== 'OK')) {
    const said = typeof described === 'string' ? described : typeof error === 'string' ? error : '';
    return said === '' || said === 'true' ? { status: 'error' } : { status: 'error', message: said };
  }
  return { status: code === 'OK' ? 'ok' : 'unset' };
}

const NO_ERROR: ReadonlySet<string> = new Set(['false', 'unset']);

/** Where the vendors' translators keep the W3C tracestate. */
export const TRACE_STATE = 'w3c.tracestate';

/** Tags that became fields of the record, and so are not kept twice. */
export const FIELD_TAGS: ReadonlySet<string> = new Set([
  'error',
  'otel.scope.name',
  'span.kind',
  'otel.status_code',
  'otel.status_description',
  TRACE_STATE,
]);

export function kindOfTag(value: unknown): SpanKind {
  switch (String(value).toLowerCase()) {
    case 'server':
      return 'server';
    case 'client':
      return 'client';
    case 'producer':
      return 'producer';
    case 'consumer':
      return 'consumer';
    case 'internal':
      return 'internal';
    default:
      return 'unspecified';
  }
}

const RESOURCE = /^(service|deployment|k8s|container|host|process|cloud|telemetry|faas|os)\./;
const NOT_RESOURCE = /^service\.peer\.|^container\.runtime\./;

/**
 * Splits merged attributes into those of the span and those of the resource, by the groups that the semantic conventions
 * define for resources only: Zipkin exporters pour both into the tags.
 */
export function partResource(merged: Attributes): { readonly attributes: Attributes; readonly resource: Attributes } {
  const attributes: Record<string, Attributes[string]> = {};
  const resource: Record<string, Attributes[string]> = {};
  for (const [key, value] of Object.entries(merged)) {
    if (RESOURCE.test(key) && !NOT_RESOURCE.test(key)) resource[key] = value;
    else attributes[key] = value;
  }
  return { attributes, resource };
}
