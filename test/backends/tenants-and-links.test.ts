import { expect, test } from 'vitest';
import { backends } from '../../src/backends/index.ts';
import type { TraceBackend } from '../../src/ports/trace-backend.ts';
import { serve } from './exchange.ts';

const { signal } = new AbortController();
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';

function connect(kind: string, options: object, linkTemplate?: string): TraceBackend {
  const definition = backends.find((candidate) => candidate.kind === kind);
  if (definition === undefined) throw new Error(`${kind} is not in the list`);
  return definition.connect(options, linkTemplate === undefined ? {} : { linkTemplate });
}

test.each([
  ['jaeger', { tenant: 'a' }, { 'x-tenant': 'a' }],
  ['jaeger', { tenant: 'a', tenantHeader: 'x-team' }, { 'x-team': 'a' }],
  ['tempo', { tenant: 'a|b' }, { 'x-scope-orgid': 'a|b' }],
  ['victoria-traces', { tenant: '12:34' }, { accountid: '12', projectid: '34' }],
  ['victoria-traces', { tenant: '12' }, { accountid: '12', projectid: '0' }],
])('%s sends its tenant %j', async (kind, options, expected) => {
  const seen: unknown[] = [];
  const server = await serve((request, response) => {
    seen.push(request.headers);
    response.writeHead(401).end();
  });
  expect(await connect(kind, { url: server.url, ...options }).check(signal)).toMatchObject({ ok: false });
  expect(seen.length).toBeGreaterThan(0);
  for (const headers of seen) expect(headers).toMatchObject(expected);
  await server.close();
});

test.each([
  ['jaeger', { url: 'http://j/base/' }, `http://j/base/trace/${TRACE}?uiFind=${SPAN}`],
  ['zipkin', { url: 'http://z' }, `http://z/zipkin/traces/${TRACE}`],
  ['tempo', { url: 'http://t' }, undefined],
  ['clickhouse', { url: 'http://c' }, undefined],
])('%s links to its own page', (kind, options, expected) => {
  expect(connect(kind, options).linkTo(TRACE, SPAN)).toBe(expected);
});

test('Tempo links to Grafana, VictoriaTraces to its query page', () => {
  const grafana = { url: 'https://g.example/', datasource: 'uid-1' };
  const link = new URL(connect('tempo', { url: 'http://t', grafana }).linkTo(TRACE, SPAN) ?? '');
  expect(`${link.origin}${link.pathname}`).toBe('https://g.example/explore');
  expect(JSON.parse(link.searchParams.get('panes') ?? '')).toMatchObject({
    trace: {
      datasource: 'uid-1',
      queries: [{ query: TRACE, queryType: 'traceql', datasource: { type: 'tempo', uid: 'uid-1' } }],
      panelsState: { trace: { spanId: SPAN } },
    },
  });
  expect(connect('victoria-traces', { url: 'http://v' }).linkTo(TRACE)).toBe(
    `http://v/select/vmui/#/query?query=${encodeURIComponent(`trace_id:="${TRACE}"`)}`,
  );
});

test.each([
  'jaeger',
  'tempo',
  'zipkin',
  'victoria-traces',
  'clickhouse',
])('a page of your own goes before that of %s', (kind) => {
  const options = { url: 'http://x' };
  expect(connect(kind, options, 'https://own/{traceId}/{spanId}').linkTo(TRACE, SPAN)).toBe(
    `https://own/${TRACE}/${SPAN}`,
  );
  const nearer = { ...options, linkTemplate: 'https://nearer/{traceId}' };
  expect(connect(kind, nearer, 'https://own/{traceId}').linkTo(TRACE)).toBe(`https://nearer/${TRACE}`);
});
