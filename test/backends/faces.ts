import type { IncomingMessage } from 'node:http';

/** Spans as a test wants them told, each server in its own tongue: times in µs, ids in hex. */
export type Told = {
  readonly traceId: string;
  readonly spans: readonly {
    readonly spanId: string;
    readonly parentSpanId?: string;
    readonly start: number;
    readonly end: number;
    /** An attribute that no double can hold, in digits. */
    readonly large?: string;
  }[];
};

/** A server reduced to what `services` and `fetch` need: `answer` gives a body, or undefined for what it does not know. */
export type Face = {
  readonly name: string;
  readonly kind: string;
  readonly options?: Readonly<Record<string, unknown>>;
  answer(path: string, told: Told): string | undefined;
};

const SERVICE = 'shop';
const NANOS = '000';

/** The path of a request and the words of its question, unescaped. */
export function askedIn(request: IncomingMessage): string {
  return decodeURIComponent((request.url ?? '').replaceAll('+', ' '));
}

export const FACES: readonly Face[] = [
  {
    name: 'Jaeger, version 1 of its API',
    kind: 'jaeger',
    answer: (path, told) => {
      if (path.startsWith('/api/services')) return JSON.stringify({ data: [SERVICE] });
      return path.startsWith('/api/traces/') ? jaegerTrace(told) : undefined;
    },
  },
  {
    name: 'Jaeger, version 3 of its API',
    kind: 'jaeger',
    answer: (path, told) => {
      if (path.startsWith('/api/v3/services')) return JSON.stringify({ services: [SERVICE] });
      // Hex ids and numbers for kinds and statuses.
      return path.startsWith('/api/v3/traces/')
        ? `{"result":${otlp(told, { id: (id) => id, kind: '3', status: '2' })}}`
        : undefined;
    },
  },
  {
    name: 'Tempo that answers JSON',
    kind: 'tempo',
    answer: (path, told) => {
      if (path.startsWith('/api/v2/search/tag/'))
        return JSON.stringify({ tagValues: [{ type: 'string', value: SERVICE }] });
      // Base64 ids and names for kinds and statuses.
      const id = (hex: string) => Buffer.from(hex, 'hex').toString('base64');
      return path.startsWith('/api/v2/traces/')
        ? `{"trace":${otlp(told, { id, kind: '"SPAN_KIND_CLIENT"', status: '"STATUS_CODE_ERROR"' })}}`
        : undefined;
    },
  },
  {
    name: 'Zipkin',
    kind: 'zipkin',
    answer: (path, told) => {
      if (path.startsWith('/api/v2/services')) return JSON.stringify([SERVICE]);
      if (!path.startsWith('/api/v2/trace/')) return undefined;
      return JSON.stringify(
        told.spans.map(({ spanId, parentSpanId, start, end, large }) => ({
          traceId: told.traceId.toUpperCase(),
          id: spanId,
          ...(parentSpanId === undefined ? {} : { parentId: parentSpanId }),
          kind: 'CLIENT',
          name: 'work',
          timestamp: start,
          duration: end - start,
          localEndpoint: { serviceName: SERVICE },
          tags: { error: '', ...(large === undefined ? {} : { large }) },
        })),
      );
    },
  },
  {
    name: 'VictoriaTraces',
    kind: 'victoria-traces',
    answer: (path, told) => {
      if (path.startsWith('/select/jaeger/api/services')) return JSON.stringify({ data: [SERVICE] });
      return path.startsWith('/select/jaeger/api/traces/') ? jaegerTrace(told) : undefined;
    },
  },
  {
    name: 'ClickHouse',
    kind: 'clickhouse',
    answer: (path, told) => {
      if (!path.startsWith('/?')) return undefined;
      if (path.includes('system.columns')) return CLICKHOUSE_COLUMNS;
      if (path.includes('DISTINCT ServiceName')) return JSON.stringify({ name: SERVICE });
      return told.spans
        .map(({ spanId, parentSpanId = '', start, end, large }) =>
          JSON.stringify({
            TraceId: told.traceId,
            SpanId: spanId,
            ParentSpanId: parentSpanId,
            SpanName: 'work',
            SpanKind: 'SPAN_KIND_CLIENT',
            ServiceName: SERVICE,
            ResourceAttributes: {},
            ScopeName: '',
            SpanAttributes: large === undefined ? {} : { large },
            StatusCode: 'STATUS_CODE_ERROR',
            StatusMessage: '',
            Start: `${start}${NANOS}`,
            Finish: `${end}${NANOS}`,
            EventTimes: [],
            EventNames: [],
            EventAttributes: [],
            LinkTraceIds: [],
            LinkSpanIds: [],
            LinkAttributes: [],
          }),
        )
        .join('\n');
    },
  },
];

const CLICKHOUSE_COLUMNS = [
  'Timestamp',
  'TraceId',
  'SpanId',
  'ParentSpanId',
  'SpanAttributes',
  'Events.Timestamp',
  'Links.TraceId',
]
  .map((name) => JSON.stringify({ table: 'otel_traces', name, type: 'Map(String, String)' }))
  .join('\n');

/** Version 1, as old servers write it: leading zeros of the trace's id are gone, 64-bit integers stand bare. */
function jaegerTrace({ traceId, spans }: Told): string {
  const id = traceId.replace(/^0+/, '');
  const texts = spans.map(
    ({ spanId, parentSpanId, start, end, large }) =>
      `{"traceID":"${id}","spanID":"${spanId}","operationName":"work","references":${
        parentSpanId === undefined ? '[]' : `[{"refType":"CHILD_OF","traceID":"${id}","spanID":"${parentSpanId}"}]`
      },"startTime":${start},"duration":${end - start},"tags":[{"key":"span.kind","type":"string","value":"client"},{"key":"error","type":"bool","value":true}${
        large === undefined ? '' : `,{"key":"large","type":"int64","value":"${large}"}`
      }],"logs":[],"processID":"p1"}`,
  );
  return `{"data":[{"traceID":"${id}","spans":[${texts.join(',')}],"processes":{"p1":{"serviceName":"${SERVICE}","tags":[]}}}],"errors":null}`;
}

/** OTLP in either of its two JSON dialects. */
function otlp(
  { traceId, spans }: Told,
  dialect: { id(hex: string): string; readonly kind: string; readonly status: string },
): string {
  const texts = spans.map(
    ({ spanId, parentSpanId, start, end, large }) =>
      `{"traceId":"${dialect.id(traceId)}","spanId":"${dialect.id(spanId)}"${
        parentSpanId === undefined ? '' : `,"parentSpanId":"${dialect.id(parentSpanId)}"`
      },"name":"work","kind":${dialect.kind},"startTimeUnixNano":"${start}${NANOS}","endTimeUnixNano":"${end}${NANOS}","status":{"code":${dialect.status}}${
        large === undefined ? '' : `,"attributes":[{"key":"large","value":{"intValue":"${large}"}}]`
      }}`,
  );
  return `{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"${SERVICE}"}}]},"scopeSpans":[{"spans":[${texts.join(',')}]}]}]}`;
}
