import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { Collected } from '../../src/formats/reading.ts';
import { readZipkinJson } from '../../src/formats/zipkin-json.ts';

function read(document: unknown): Collected {
  const collected = new Collected();
  readZipkinJson(document, collected);
  return collected;
}

test('what the JavaScript exporter sends: status, resource poured into the tags, numbers as texts', () => {
  const { body } = JSON.parse(readFileSync('test/fixtures/zipkin/js-exporter.json', 'utf8'));
  const [query, server] = read(body).take().flat();
  expect(query).toMatchObject({
    service: 'checkout',
    kind: 'client',
    status: 'error',
    statusMessage: 'deadlock',
    parentSpanId: '04941024f2242643',
    start: 1795352284347000,
    end: 1795352284347113,
    events: [{ name: 'exception', time: 1795352284347103 }],
    resource: {
      'service.name': 'checkout',
      'service.version': '1.4.2',
      'deployment.environment.name': 'prod',
      'service.instance.id': 'i-1',
    },
  });
  // Without a message this exporter writes no `error` tag, only the code.
  expect(server).toMatchObject({
    status: 'error',
    attributes: { 'http.response.status_code': 500, 'http.route': '/pay' },
  });
  expect(server?.statusMessage).toBeUndefined();
});

test('both halves of a call keep their one id; a headless span begins at its first annotation', () => {
  const [client, server, local] = read(JSON.parse(readFileSync('test/fixtures/zipkin/shared-span.json', 'utf8')))
    .take()
    .flat();
  expect(client).toMatchObject({
    kind: 'client',
    service: 'shop',
    status: 'error',
    attributes: {
      'http.response.status_code': 500,
      'server.service.name': 'stock',
      'network.peer.address': '10.0.0.7',
      'network.peer.port': 8080,
    },
  });
  expect(server).toMatchObject({ kind: 'server', service: 'stock', status: 'unset' });
  expect([client?.spanId, client?.traceId]).toEqual([server?.spanId, server?.traceId]);
  expect(local).toMatchObject({
    start: 1750044449769350,
    end: 1750044449769350,
    parentSpanId: client?.spanId,
    kind: 'unspecified',
  });
});

test('bad spans are refused with their place; what is no list is a Failure', () => {
  const collected = read([[{ traceId: 'a', id: 'zz' }], { traceId: 'a', id: 'b' }, 3]);
  expect(collected.refusals.message).toBe(
    '3 spans were refused: [0][0] has no valid id; [1] has neither a timestamp nor an annotation with one; [2] is not an object',
  );
  for (const document of [{}, null, 'x'])
    expect(() => read(document)).toThrow(expect.objectContaining({ kind: 'bad-input' }));
});
