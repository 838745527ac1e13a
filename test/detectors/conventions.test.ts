import { expect, test } from 'vitest';
import { readOtlpJson } from '../../src/formats/otlp-json.ts';
import type { SpanRecord } from '../../src/model/span.ts';
import { otlpJson } from '../otlp.ts';
import { seenBy, times, viewOf } from './seen.ts';

/** The spans as a reader of OTLP hands them over, under today's attribute names whatever they were sent with. */
function received(spans: readonly SpanRecord[]): readonly SpanRecord[] {
  const read: SpanRecord[] = [];
  readOtlpJson(JSON.parse(otlpJson(spans)), {
    span: (span: SpanRecord) => read.push(span),
    refuse: (reason: string) => {
      throw new Error(reason);
    },
  });
  return read;
}

const query = (end: number, old: boolean) => `
list  GET /items      server  0..${end + 10}
  list  query         client  2..${end}  ${
    old
      ? 'db.system=postgresql db.name=stock db.statement="SELECT * FROM items" net.peer.name=pg'
      : 'db.system.name=postgresql db.namespace=stock db.query.text="SELECT * FROM items" server.address=pg'
  }
`;

test('D08 reads a database under old names and new ones alike, even when a release changed from one to the other', () => {
  for (const [now, before] of [
    [true, true],
    [false, false],
    [false, true],
  ] as const) {
    const view = viewOf(received(times(12, query(200, now), 's')), received(times(20, query(12, before), 'b')));
    expect(seenBy('D08', view)).toMatchObject([{ mechanism: 'slow-query', component: { from: 'list', to: 'pg' } }]);
  }
});

const grpc = (end: number, status: string, server: string) => `
shop  GET /page                      server  0..${end + 10}  ${status === '' ? '' : '! http.status_code=500'}
  shop  pay.Pay/Charge               client  2..${end}  rpc.system=grpc rpc.service=pay.Pay rpc.method=Charge net.peer.name=pay ${status}
    pay  pay.Pay/Charge              server  4..${end - 2}  rpc.system=grpc rpc.service=pay.Pay rpc.method=Charge ${server}
`;
const healthy = grpc(30, '', 'rpc.grpc.status_code=0');

test('D11 takes the gRPC code of a deadline for giving up, by number as by name', () => {
  for (const code of ['rpc.grpc.status_code=4', 'rpc.response.status_code=DEADLINE_EXCEEDED']) {
    const view = viewOf(received(times(12, grpc(500, code, ''), 's')), received(times(30, healthy, 'b')));
    expect(seenBy('D11', view)).toMatchObject([
      { mechanism: 'timeout', component: { kind: 'service', service: 'pay' } },
    ]);
    expect(seenBy('D10', view)).toEqual([]);
  }
});

test('D10 finds where a gRPC call failed by the code alone, and says the code', () => {
  const broken = grpc(30, 'rpc.grpc.status_code=13', 'rpc.grpc.status_code=13');
  const view = viewOf(received(times(12, broken, 's')), received(times(30, healthy, 'b')));
  const [finding] = seenBy('D10', view);
  expect(finding).toMatchObject({ mechanism: 'error', component: { kind: 'operation', service: 'pay' } });
  expect(finding?.evidence[1]?.values.message).toEqual({ unit: 'name', value: 'INTERNAL' });
});

const attempts = (count: number) => `
shop  GET /page      server  0..${60 + 60 * count}
${Array.from(
  { length: count },
  (_, i) =>
    `  shop  HTTP GET  client  ${5 + 60 * i}..${55 + 60 * i}  http.method=GET http.url=http://pay/charge net.peer.name=pay ${i < count - 1 ? 'http.status_code=503' : 'http.status_code=200'}\n    pay  GET /charge  server  ${7 + 60 * i}..${53 + 60 * i}  http.method=GET http.target=/charge ${i < count - 1 ? 'http.status_code=503' : 'http.status_code=200'}`,
).join('\n')}
`;

test('D12 and D13 know retries by old HTTP names, where no span has a status', () => {
  const view = viewOf(received(times(12, attempts(3), 's')), received(times(30, attempts(1), 'b')));
  expect(seenBy('D12', view)).toMatchObject([{ component: { from: 'shop', to: 'pay' }, support: 12 }]);
  expect(seenBy('D13', view)).toMatchObject([{ mechanism: 'retry-amplification', support: 12 }]);
});

const queued = (delay: number) => `
shop  POST /orders   server    0..20
  shop  orders send  producer  5..6   messaging.system=kafka messaging.destination=orders messaging.operation=publish
    desk  orders process  consumer  ${6 + delay}..${16 + delay}  messaging.system=kafka messaging.destination=orders messaging.operation=process
`;

test('D07 knows messages by old names', () => {
  const view = viewOf(received(times(12, queued(400), 's')), received(times(20, queued(5), 'b')));
  expect(seenBy('D07', view)).toMatchObject([
    { detector: 'D07 queue-delay', component: { kind: 'operation', service: 'desk' } },
  ]);
});
