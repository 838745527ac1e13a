import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readJaegerJson } from '../../src/formats/jaeger-json.ts';
import { Collected } from '../../src/formats/reading.ts';

function read(document: unknown): Collected {
  const collected = new Collected();
  readJaegerJson(document, collected);
  return collected;
}

test('a download: parent among references, links, typed tags, process, logs', () => {
  const [client, server] = read(JSON.parse(readFileSync('test/fixtures/jaeger/download.json', 'utf8')))
    .take()
    .flat();
  expect(client).toEqual({
    traceId: '9e06a1'.padStart(32, '0'),
    spanId: '0000000000000002',
    parentSpanId: '0000000000000001',
    service: 'email',
    name: 'send_email',
    kind: 'client',
    start: 1750044449769690,
    end: 1750044449774625,
    status: 'error',
    statusMessage: 'boom',
    attributes: {
      'http.response.status_code': 503,
      big: '9223372036854775807',
      'server.service.name': 'mailer',
    },
    resource: { 'service.name': 'email', 'service.version': '7' },
    events: [{ name: 'exception', time: 1750044449770000, attributes: { 'exception.type': 'E' } }],
    links: [
      { traceId: 'ffff0000'.padStart(32, '0'), spanId: '0000000000000077', attributes: {} },
      { traceId: '9e06a1'.padStart(32, '0'), spanId: '0000000000000009', attributes: {} },
    ],
  });
  // `error` that says "unset" is no error.
  expect(server).toMatchObject({ kind: 'server', status: 'unset' });
  expect(server?.parentSpanId).toBeUndefined();
});

const SPAN = { traceID: '1', spanID: '2', startTime: 5, duration: 1, processID: 'p' };

function one(span: object) {
  return read({ data: [{ spans: [{ ...SPAN, ...span }], processes: { p: { serviceName: 'shop' } } }] });
}

test.each([
  [
    'FOLLOWS_FROM where there is no CHILD_OF',
    { references: [{ refType: 'FOLLOWS_FROM', traceID: '01', spanID: '7' }] },
    '7',
  ],
  ['the deprecated member', { parentSpanID: '8' }, '8'],
  ['nothing: a zero id', { parentSpanID: '0' }, undefined],
  ['nothing: only another trace', { references: [{ refType: 'CHILD_OF', traceID: '99', spanID: '7' }] }, undefined],
])('the parent is %s', (_name, span, parent) => {
  expect(one(span).take().flat()[0]?.parentSpanId).toBe(parent?.padStart(16, '0'));
});

test.each([
  ['error=true as text', [{ key: 'error', type: 'string', value: 'true' }], 'error'],
  ['error=false', [{ key: 'error', type: 'bool', value: false }], 'unset'],
  [
    'a code that says OK',
    [
      { key: 'otel.status_code', type: 'string', value: 'OK' },
      { key: 'error', type: 'bool', value: true },
    ],
    'ok',
  ],
])('status of %s', (_name, tags, status) => {
  expect(one({ tags }).take().flat()[0]?.status).toBe(status);
});

test('a missing process, unknown tags and a service that never says its name', () => {
  expect(
    one({ processID: 'gone', tags: [null, 7, { key: 'x', value: {} }] })
      .take()
      .flat(),
  ).toMatchObject([{ service: 'unknown_service', attributes: {} }]);
});

test('bad spans are refused with their place; another shape is a Failure', () => {
  const collected = one({ startTime: -1 });
  expect([collected.spans, collected.refusals.message]).toEqual([
    0,
    '1 span was refused: data[0].spans[0] has no valid startTime',
  ]);
  expect(one({ duration: 9e15, startTime: 9e15 }).refusals.count).toBe(1);
  for (const document of [{}, [], null, { data: [{}] }, { data: [null] }])
    expect(() => read(document)).toThrow(expect.objectContaining({ kind: 'bad-input' }));
  expect(read({ data: null, errors: [] }).spans).toBe(0);
});
