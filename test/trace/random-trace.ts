import fc from 'fast-check';
import type { SpanKind, SpanRecord } from '../../src/model/span.ts';
import { DRAWN_EPOCH, drawnTraceId } from '../draw.ts';

const KINDS: readonly SpanKind[] = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'];

const spanOf = (ids: number) =>
  fc.record({
    id: fc.integer({ min: 1, max: ids }),
    parent: fc.option(fc.integer({ min: 1, max: ids }), { nil: undefined, freq: 8 }),
    service: fc.constantFrom('a', 'b', 'c'),
    name: fc.constantFrom('GET /cart/12', 'GET', 'work', 'SELECT 1', 'größe ✓', ''),
    kind: fc.constantFrom(...KINDS),
    start: fc.integer({ min: 0, max: 20_000 }),
    length: fc.integer({ min: -500, max: 20_000 }),
    status: fc.constantFrom('unset' as const, 'ok' as const, 'error' as const),
    code: fc.option(fc.constantFrom(200, 404, 503), { nil: undefined }),
  });

const hex = (id: number) => id.toString(16).padStart(16, '0');

/**
 * Spans of one trace with everything that goes wrong: ids that several spans share, parents that are missing, the span
 * itself or part of a cycle, zero and negative lengths, children anywhere. Never empty.
 */
export const hostileTrace: fc.Arbitrary<readonly SpanRecord[]> = fc
  .integer({ min: 1, max: 24 })
  .chain((ids) => fc.array(spanOf(ids), { minLength: 1, maxLength: 24 }))
  .map((spans) =>
    spans.map(
      ({ id, parent, service, name, kind, start, length, status, code }): SpanRecord => ({
        traceId: drawnTraceId(1),
        spanId: hex(id),
        ...(parent === undefined ? {} : { parentSpanId: hex(parent) }),
        service,
        name,
        kind,
        start: DRAWN_EPOCH + start,
        end: DRAWN_EPOCH + start + length,
        status,
        attributes: code === undefined ? {} : { 'http.response.status_code': code, 'request.id': `${id}-${start}` },
        resource: { 'service.name': service },
        events: [],
        links: [],
      }),
    ),
  );
