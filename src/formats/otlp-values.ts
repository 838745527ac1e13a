import type { SpanKind, SpanStatus } from '../model/span.ts';

/** What OpenTelemetry prescribes as the name of a service that does not tell its own. */
export const UNKNOWN_SERVICE = 'unknown_service';

const KINDS: readonly SpanKind[] = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'];
const KIND_NAMES: Readonly<Record<string, SpanKind>> = {
  SPAN_KIND_INTERNAL: 'internal',
  SPAN_KIND_SERVER: 'server',
  SPAN_KIND_CLIENT: 'client',
  SPAN_KIND_PRODUCER: 'producer',
  SPAN_KIND_CONSUMER: 'consumer',
};

const STATUSES: readonly SpanStatus[] = ['unset', 'ok', 'error'];
const STATUS_NAMES: Readonly<Record<string, SpanStatus>> = { STATUS_CODE_OK: 'ok', STATUS_CODE_ERROR: 'error' };

/** OTLP prescribes integers; Tempo writes the enum's names. A kind of the future is `unspecified`. */
export function kindOf(value: unknown): SpanKind {
  if (typeof value === 'number') return KINDS[value] ?? 'unspecified';
  return (typeof value === 'string' ? KIND_NAMES[value] : undefined) ?? 'unspecified';
}

export function statusOf(value: unknown): SpanStatus {
  if (typeof value === 'number') return STATUSES[value] ?? 'unset';
  return (typeof value === 'string' ? STATUS_NAMES[value] : undefined) ?? 'unset';
}
