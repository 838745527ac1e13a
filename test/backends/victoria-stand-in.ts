import type { AttributeValue, SpanRecord } from '../../src/model/span.ts';
import { type Running, serve } from './exchange.ts';
import { attributesUnder } from './stored-names.ts';

const LIMIT = 1_000;

/**
 * Answers as the Jaeger face of VictoriaTraces does by its sources (app/vtselect/traces/jaeger): every tag a text, `error`
 * on every span, a service required, attributes of the resource under a prefix. None could be run to record from.
 */
export function victoriaStandIn(spans: readonly SpanRecord[]): Promise<Running> {
  const traces = [...Map.groupBy(spans, (span) => span.traceId).values()];
  return serve((request, response) => {
    const url = new URL(request.url ?? '/', 'http://victoria');
    const json = (data: unknown, status = 200) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ data, errors: null, limit: 0, offset: 0, total: 0 }));
    };
    const refused = (why: string) => {
      response.writeHead(400, { 'content-type': 'text/plain; charset=utf-8' });
      response.end(why);
    };
    const path = /^\/select\/jaeger(\/api\/.*)$/.exec(url.pathname)?.[1];
    const byId = /^\/api\/traces\/([0-9a-f]+)$/.exec(path ?? '');
    if (path === '/api/services') return json([...new Set(spans.map((span) => span.service))].sort());
    if (byId !== null) {
      const found = traces.filter((trace) => trace[0]?.traceId === byId[1]);
      return json(found.map(traceJson), found.length === 0 ? 404 : 200);
    }
    if (path !== '/api/traces') return refused(`unsupported path requested: ${url.pathname}`);
    const params = url.searchParams;
    if (!params.get('service')) return refused('incorrect trace query params: service name is required');
    const limit = Number(params.get('limit') ?? 20);
    if (limit > LIMIT) return refused(`limit ${limit} out of range [0, ${LIMIT}]`);
    const tags: Readonly<Record<string, string>> = JSON.parse(params.get('tags') ?? '{}');
    const found = traces.filter((trace) => trace.some((span) => matches(span, params, tags)));
    json(found.toReversed().slice(0, limit).map(traceJson));
  });
}

function matches(span: SpanRecord, params: URLSearchParams, tags: Readonly<Record<string, string>>): boolean {
  if (span.service !== params.get('service')) return false;
  if (params.has('operation') && span.name !== params.get('operation')) return false;
  if (span.start < Number(params.get('start')) || span.start > Number(params.get('end'))) return false;
  const least = /^(\d+)ms$/.exec(params.get('minDuration') ?? '0ms')?.[1];
  if (least === undefined) throw new Error(`no duration of Go: ${params.get('minDuration')}`);
  if (span.end - span.start < Number(least) * 1_000) return false;
  return Object.entries(tags).every(([key, value]) => {
    if (key === 'error') return (value === 'true') === (span.status === 'error');
    const resource = /^resource_attr:(.+)$/s.exec(key)?.[1];
    const values =
      resource === undefined ? attributesUnder(span.attributes, key) : attributesUnder(span.resource, resource);
    return values.some((stored) => String(stored) === value);
  });
}

function traceJson(trace: readonly SpanRecord[]): unknown {
  const services = [...new Set(trace.map((span) => JSON.stringify([span.service, span.resource])))];
  const processes = services.map((key, index) => {
    const [serviceName, resource] = JSON.parse(key);
    const { 'service.name': _, ...rest } = resource;
    return [`p${index + 1}`, { serviceName, tags: tagsOf(rest) }] as const;
  });
  return {
    processes: Object.fromEntries(processes),
    spans: trace.map((span) => ({
      duration: span.end - span.start,
      logs: span.events.map((event) => ({
        timestamp: event.time,
        fields: tagsOf({ event: event.name, ...event.attributes }),
      })),
      operationName: span.name,
      processID: `p${services.indexOf(JSON.stringify([span.service, span.resource])) + 1}`,
      references: [
        ...(span.parentSpanId === undefined
          ? []
          : [{ refType: 'CHILD_OF', spanID: span.parentSpanId, traceID: span.traceId }]),
        ...span.links.map((link) => ({ refType: 'FOLLOWS_FROM', spanID: link.spanId, traceID: link.traceId })),
      ],
      spanID: span.spanId,
      startTime: span.start,
      tags: tagsOf({
        ...span.attributes,
        'span.kind': span.kind,
        error: span.status === 'error' ? 'true' : 'unset',
        ...(span.statusMessage === undefined ? {} : { 'otel.status_description': span.statusMessage }),
        ...(span.scope === undefined ? {} : { 'otel.scope.name': span.scope }),
      }),
      traceID: span.traceId,
      warnings: null,
    })),
    traceID: trace[0]?.traceId,
    warnings: null,
  };
}

function tagsOf(attributes: Readonly<Record<string, AttributeValue>>): readonly unknown[] {
  return Object.entries(attributes).map(([key, value]) => ({
    key,
    type: 'string',
    value: typeof value === 'object' ? JSON.stringify(value) : String(value),
  }));
}
