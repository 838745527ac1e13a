import { expect, test } from 'vitest';
import { seenBy, times, viewOf } from './seen.ts';

const once = `
door  GET /page      server  0..60
  door  GET          client  2..52  server.address=desk url.full=http://desk/seat
    desk  GET /seat  server  4..50
`;

test('D13 counts attempts that a proxy made behind one span of the caller', () => {
  const proxied = `
door  GET /page      server  0..200
  door  GET          client  2..190  server.address=desk url.full=http://desk/seat
    desk  GET /seat  server  4..50     ! http.response.status_code=503
    desk  GET /seat  server  60..110   ! http.response.status_code=503
    desk  GET /seat  server  120..188
`;
  const [finding] = seenBy('D13', viewOf(times(12, proxied, 's'), times(30, once, 'b')));
  expect(finding).toMatchObject({
    component: { kind: 'edge', from: 'door', to: 'desk' },
    role: 'amplifier',
    support: 12,
  });
});

test('D13 believes Envoy about attempts of which no span is left', () => {
  const stated = once.replace('server  4..50', 'server  4..50  http.request.header.x-envoy-attempt-count=["3"]');
  const [finding] = seenBy('D13', viewOf(times(12, stated, 's'), times(30, once, 'b')));
  expect(finding?.evidence.find(({ claim }) => claim === 'retry.layer')?.values).toMatchObject({
    factor: { value: 3 },
    most: { value: 3 },
  });
});

test('D13 counts a hedge as a second attempt of one call, and parallel calls as calls', () => {
  const hedged = (second: string) => `
door  GET /page      server  0..60
  door  GET          client  2..52   server.address=desk url.full=http://desk/seat
    desk  GET /seat  server  4..50
  door  GET          client  20..53  server.address=desk url.full=http://desk/seat ${second}
    desk  GET /seat  server  22..51
`;
  const view = viewOf(times(12, hedged('! error.type=AbortError'), 's'), times(30, once, 'b'));
  expect(seenBy('D13', view)).toMatchObject([{ component: { to: 'desk' } }]);
  expect(seenBy('D13', viewOf(times(12, hedged(''), 's'), times(30, once, 'b')))).toEqual([]);
});

const pooled = (wait: number, query: number) => `
list  GET /items  server  0..${30 + wait + query}
  list  pg-pool.connect  internal  2..${4 + wait}
  list  SELECT items  client  ${5 + wait}..${15 + wait + query}  db.system.name=postgresql db.namespace=stock db.query.summary="SELECT items"
`;

test('D06 calls a dry pool an effect where the store behind it became slow', () => {
  const both = viewOf(times(12, pooled(120, 200), 's'), times(20, pooled(0, 0), 'b'));
  expect(seenBy('D06', both)).toMatchObject([{ role: 'effect' }]);
  const alone = viewOf(times(12, pooled(120, 0), 's'), times(20, pooled(0, 0), 'b'));
  expect(seenBy('D06', alone)).toMatchObject([{ role: 'cause', support: 12 }]);
});
