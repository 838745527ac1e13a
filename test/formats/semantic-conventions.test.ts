import { describe, expect, test } from 'vitest';
import { AttributeBag } from '../../src/formats/attributes.ts';
import { RENAMED } from '../../src/formats/semantic-conventions.ts';
import { carries, showsError, wantedAttributes } from '../../src/formats/span-signs.ts';
import type { AttributeValue, SpanKind, SpanRecord } from '../../src/model/span.ts';

function today(attributes: Record<string, AttributeValue>, kind: SpanKind = 'client') {
  const bag = new AttributeBag();
  for (const [key, value] of Object.entries(attributes)) bag.put(key, value);
  return bag.finish(kind);
}

describe('old names become today’s', () => {
  test.each([
    ['a plain rename', { 'db.statement': 'SELECT 1' }, 'client', { 'db.query.text': 'SELECT 1' }],
    ['today’s name wins', { 'db.statement': 'old', 'db.query.text': 'new' }, 'client', { 'db.query.text': 'new' }],
    [
      'the peer of a call',
      { 'net.peer.name': 'db', 'net.peer.port': '5432', 'peer.service': 'orders' },
      'client',
      { 'server.address': 'db', 'server.port': 5432, 'server.service.name': 'orders' },
    ],
    [
      'the peer of a request',
      { 'net.peer.name': 'ann', 'service.peer.name': 'web' },
      'server',
      { 'client.address': 'ann', 'client.service.name': 'web' },
    ],
    ['a target with a query', { 'http.target': '/a?b=1' }, 'server', { 'url.path': '/a', 'url.query': 'b=1' }],
    [
      'an RPC',
      { 'rpc.service': 'shop.Cart', 'rpc.method': 'Add', 'rpc.grpc.status_code': 4, 'rpc.system': 'grpc' },
      'client',
      { 'rpc.method': 'shop.Cart/Add', 'rpc.status_code': 'DEADLINE_EXCEEDED', 'rpc.system.name': 'grpc' },
    ],
    [
      'an RPC whose method is whole',
      { 'rpc.service': 'shop.Cart', 'rpc.method': 'shop.Cart/Add' },
      'client',
      { 'rpc.method': 'shop.Cart/Add' },
    ],
    ['a gRPC code nobody knows', { 'rpc.grpc.status_code': 99 }, 'client', { 'rpc.status_code': '99' }],
    [
      'a function',
      { 'code.function': 'run', 'code.namespace': 'app.Job' },
      'internal',
      { 'code.function.name': 'app.Job.run' },
    ],
    ['a namespace alone', { 'code.namespace': 'app.Job' }, 'internal', { 'code.namespace': 'app.Job' }],
    ['a status as text', { 'http.status_code': '503' }, 'server', { 'http.response.status_code': 503 }],
    [
      'a status that is no number',
      { 'http.status_code': 'teapot' },
      'server',
      { 'http.response.status_code': 'teapot' },
    ],
  ] as const)('%s', (_name, given, kind, expected) => {
    expect(today(given, kind)).toEqual(expected);
    expect(today(Object.fromEntries(Object.entries(given).toReversed()), kind)).toEqual(expected);
  });

  test('no name is renamed twice', () => {
    for (const name of Object.values(RENAMED)) expect(Object.keys(RENAMED)).not.toContain(name);
  });
});

describe('signs of spans', () => {
  const span: SpanRecord = {
    traceId: '',
    spanId: '',
    service: '',
    name: '',
    kind: 'server',
    start: 0,
    end: 0,
    status: 'unset',
    attributes: {},
    resource: {},
    events: [],
    links: [],
  };

  test.each([
    [{ status: 'error' }, true],
    [{ attributes: { 'error.type': 'X' } }, true],
    [{ attributes: { 'http.response.status_code': 500 } }, true],
    [{ attributes: { 'http.response.status_code': 404 } }, false],
    [{ attributes: { 'rpc.status_code': 'UNAVAILABLE' } }, true],
    [{ attributes: { 'rpc.status_code': 'NOT_FOUND' } }, false],
    [{ status: 'ok', attributes: { 'error.type': 'X' } }, false],
  ] as const)('%j shows an error: %s', (given, expected) => {
    expect(showsError({ ...span, ...given })).toBe(expected);
  });

  test('attributes are held against span and resource, never against what objects inherit', () => {
    const wanted = wantedAttributes({ 'http.status_code': '500', 'service.version': '2' });
    expect(carries({ 'http.response.status_code': 500 }, { 'service.version': '2' }, wanted)).toBe(true);
    expect(carries({ 'http.response.status_code': 500 }, { 'service.version': '3' }, wanted)).toBe(false);
    expect(carries({}, {}, wantedAttributes({ constructor: String(Object) }))).toBe(false);
  });
});
