import protobuf from 'protobufjs/minimal.js';
import type { SpanRecord } from '../../src/model/span.ts';
import { encodeJson, encodeProtobuf } from '../receiver/otlp-encode.ts';
import { type Running, serve } from './exchange.ts';
import { readTraceQl } from './traceql-reader.ts';

export type TempoAge = 'today' | 'before most_recent' | 'version 1 only';

/**
 * Answers as Grafana Tempo does by its documentation (api_docs, tempo.proto): protobuf by id, proto3 JSON for searches, with
 * leading zeros dropped and zeros left out. `age` makes it an older one. No Tempo could be run to record from.
 */
export function tempoStandIn(spans: readonly SpanRecord[], age: TempoAge = 'today', prefix = ''): Promise<Running> {
  const traces = Map.groupBy(spans, (span) => span.traceId);
  return serve((request, response) => {
    const url = new URL(request.url ?? '/', 'http://tempo');
    const path = url.pathname.startsWith(prefix) ? url.pathname.slice(prefix.length) : '';
    const json = (body: unknown, status = 200) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body));
    };
    const missing = () => {
      response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' });
      response.end('404 page not found\n');
    };
    const byId = /^\/api\/(v2\/)?traces\/([0-9a-f]{32})$/.exec(path);
    if (path === '/api/v2/search/tag/resource.service.name/values' && age !== 'version 1 only') {
      const names = [...new Set(spans.map((span) => span.service))];
      return json({ tagValues: names.map((value) => ({ type: 'string', value })), metrics: {} });
    }
    if (path === '/api/search/tag/service.name/values') {
      return json({ tagValues: [...new Set(spans.map((span) => span.service))], metrics: {} });
    }
    if (path === '/api/search') return searched(url.searchParams);
    if (byId === null || (byId[1] !== undefined && age === 'version 1 only')) return missing();
    const found = traces.get(byId[2] ?? '');
    if (found === undefined) return missing();
    if (request.headers.accept !== 'application/protobuf') {
      response.end(encodeJson(found));
      return;
    }
    response.writeHead(200, { 'content-type': 'application/protobuf' });
    response.end(byId[1] === undefined ? encodeProtobuf(found) : traceById(found));

    function searched(params: URLSearchParams) {
      const [start, end] = [Number(params.get('start')), Number(params.get('end'))];
      if (!(start > 0 && end > start)) return json({ traces: [], metrics: {} });
      let query: ReturnType<typeof readTraceQl>;
      try {
        query = readTraceQl(params.get('q') ?? '');
      } catch (thrown) {
        return badQuery(String(thrown));
      }
      if (query.mostRecent && age !== 'today') return badQuery('parse error at line 1: syntax error: unexpected with');
      const hits = [...traces.values()]
        .filter((trace) => boundsOf(trace).start < end * 1e6 && boundsOf(trace).end >= start * 1e6)
        .filter((trace) => {
          const traceDuration = boundsOf(trace).end - boundsOf(trace).start;
          return trace.some((span) => query.matches({ span, traceDuration }));
        })
        .sort((left, right) => (query.mostRecent ? boundsOf(right).start - boundsOf(left).start : 0))
        .slice(0, Number(params.get('limit') ?? 20));
      json({ traces: hits.map(summary), metrics: { totalBlocks: 1 } });
    }

    function badQuery(why: string) {
      response.writeHead(400, { 'content-type': 'text/plain; charset=utf-8' });
      response.end(`invalid TraceQL query: ${why}`);
    }
  });
}

/** TraceByIDResponse: the trace in field 1, metrics in 2, `status: PARTIAL` and a message as a cut trace has them. */
function traceById(spans: readonly SpanRecord[]): Buffer {
  const writer = protobuf.Writer.create();
  writer.uint32(10).bytes(encodeProtobuf(spans));
  writer.uint32(18).fork().uint32(8).uint64(1_024).ldelim();
  writer
    .uint32(24)
    .int32(1)
    .uint32(34)
    .string('Trace exceeds maximum size of 5000000 bytes, a partial trace is returned');
  return Buffer.from(writer.finish());
}

function summary(trace: readonly SpanRecord[]): unknown {
  const { start, end } = boundsOf(trace);
  const durationMs = Math.floor((end - start) / 1_000);
  const services = Map.groupBy(trace, (span) => span.service);
  const serviceStats = [...services].map(([service, spans]) => {
    const errorCount = spans.filter((span) => span.status === 'error').length;
    return [service, { spanCount: spans.length, ...(errorCount === 0 ? {} : { errorCount }) }];
  });
  return {
    traceID: trace[0]?.traceId.replace(/^0+/, ''),
    rootServiceName: trace[0]?.service,
    rootTraceName: trace[0]?.name,
    startTimeUnixNano: `${start}000`,
    ...(durationMs === 0 ? {} : { durationMs }),
    spanSets: [{ spans: [{ spanID: trace[0]?.spanId }], matched: 1 }],
    serviceStats: Object.fromEntries(serviceStats),
  };
}

function boundsOf(trace: readonly SpanRecord[]): { readonly start: number; readonly end: number } {
  return {
    start: trace.reduce((least, span) => Math.min(least, span.start), Number.POSITIVE_INFINITY),
    end: trace.reduce((most, span) => Math.max(most, span.end), 0),
  };
}
